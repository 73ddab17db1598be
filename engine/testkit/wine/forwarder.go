package wine

import (
	"bytes"
	"encoding/binary"
)

// forwarder returns a library for Windows on amd64 that exports one function, which is a function of
// another library. target is the name of that library without ".dll", a dot, and the name of the
// function. The format is described in "PE Format" of Microsoft's documentation.
func forwarder(library, function, target string) []byte {
	const (
		fileAlignment = 0x200
		exportAddress = 0x1000 // of the only section
		directorySize = 40
		tables        = exportAddress + directorySize // addresses of functions, of names, and ordinals
		texts         = tables + 12
	)
	libraryAt, functionAt := texts, texts+len(library)+1
	targetAt := functionAt + len(function) + 1
	var exports bytes.Buffer
	write := func(b *bytes.Buffer, values ...any) {
		for _, v := range values {
			binary.Write(b, binary.LittleEndian, v) // cannot fail: all values have a fixed size
		}
	}
	write(&exports, [12]byte{}, uint32(libraryAt), uint32(1), uint32(1), uint32(1), uint32(tables), uint32(tables+4), uint32(tables+8))
	write(&exports, uint32(targetAt), uint32(functionAt), uint32(0))
	exports.WriteString(library + "\x00" + function + "\x00" + target + "\x00")
	size := uint32(exports.Len())

	var file bytes.Buffer
	file.WriteString("MZ")
	write(&file, [58]byte{}, uint32(0x40), []byte("PE\x00\x00"))
	// the file header: amd64, one section, size of the optional header, a library with large addresses
	write(&file, uint16(0x8664), uint16(1), [12]byte{}, uint16(240), uint16(0x2022))
	// the optional header: PE32+, sizes, base address, alignments, versions, size of the image and of
	// the headers, a program for the console, flags, sizes of stack and heap, 16 data directories
	write(&file, uint16(0x20b), uint16(14), [3]uint32{0, fileAlignment, 0}, uint32(0), uint32(exportAddress))
	write(&file, uint64(0x180000000), uint32(0x1000), uint32(fileAlignment), [6]uint16{6, 0, 0, 0, 6, 0})
	write(&file, uint32(0), uint32(0x2000), uint32(fileAlignment), uint32(0), uint16(3), uint16(0x160))
	write(&file, [4]uint64{0x100000, 0x1000, 0x100000, 0x1000}, uint32(0), uint32(16))
	write(&file, uint32(exportAddress), size, [15 * 8]byte{})
	// the section
	write(&file, [8]byte{'.', 'e', 'd', 'a', 't', 'a'}, size, uint32(exportAddress), uint32(fileAlignment), uint32(fileAlignment))
	write(&file, [12]byte{}, uint32(0x40000040))
	write(&file, make([]byte, fileAlignment-file.Len()))
	write(&file, exports.Bytes(), make([]byte, fileAlignment-exports.Len()))
	return file.Bytes()
}
