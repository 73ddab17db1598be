package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
)

const (
	maxOggHeaders = 16 << 20 // bytes of the headers of an Ogg file; they can contain pictures
	maxBookValues = 1 << 22  // values of all codebooks
)

var errDamaged = errors.New("the sound file is damaged")

// checkOggHeaders reads the three headers of a Vorbis stream, and returns a reader for the whole
// stream. It returns an error for headers with which the library would use gigabytes of memory, or
// never return.
func checkOggHeaders(in io.Reader) (io.Reader, error) {
	var read bytes.Buffer
	packets, err := oggPackets(io.TeeReader(in, &read), 3)
	if err != nil {
		return nil, err
	}
	if comments, setup := packets[1], packets[2]; !validComments(comments) || !validCodebooks(setup) {
		return nil, errDamaged
	}
	return io.MultiReader(&read, in), nil
}

// oggPackets returns the first n packets of an Ogg stream.
func oggPackets(in io.Reader, n int) (packets [][]byte, err error) {
	var packet []byte
	for total := 0; len(packets) < n; {
		var head [27]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return nil, err
		}
		table := make([]byte, head[26])
		if _, err := io.ReadFull(in, table); err != nil {
			return nil, err
		}
		if total += len(head) + 255*len(table); string(head[:4]) != "OggS" || total > maxOggHeaders {
			return nil, errDamaged
		}
		for _, size := range table {
			piece := make([]byte, size)
			if _, err := io.ReadFull(in, piece); err != nil {
				return nil, err
			}
			if packet = append(packet, piece...); size < 255 {
				packets, packet = append(packets, packet), nil
			}
		}
	}
	return packets, nil
}

// validComments reports whether a comment header has room for as many comments as it says.
func validComments(packet []byte) bool {
	if len(packet) < 11 {
		return false
	}
	rest := packet[7:] // after the type and "vorbis"
	vendor := uint64(binary.LittleEndian.Uint32(rest))
	if uint64(len(rest)) < 8+vendor {
		return false
	}
	count := binary.LittleEndian.Uint32(rest[4+vendor:])
	return uint64(count) <= uint64(len(rest))/4
}

// validCodebooks reports whether the codebooks of a setup header are complete and small enough: see
// "Codebook Setup" in the specification of Vorbis.
func validCodebooks(packet []byte) bool {
	if len(packet) < 8 {
		return false
	}
	r := &bitReader{data: packet[7:]} // after the type and "vorbis"
	values := uint64(0)
	for range r.read(8) + 1 {
		r.read(24) // the library checks this pattern
		dimensions, entries := r.read(16), r.read(24)
		if values += uint64(max(dimensions, 1)) * uint64(entries); values > maxBookValues || entries == 0 || dimensions == 0 {
			return false
		}
		if !r.skipLengths(entries) {
			return false
		}
		switch r.read(4) {
		case 0:
		case 1:
			r.skipMultiplicands(lookupValues(entries, dimensions))
		case 2:
			r.skipMultiplicands(entries * dimensions)
		default:
			return false
		}
		if r.ended {
			return false
		}
	}
	return true
}

// lookupValues returns the largest number whose power with the exponent dimensions is not more than
// entries.
func lookupValues(entries, dimensions uint32) uint32 {
	for n := uint32(1); ; n++ {
		power := uint64(1)
		for i := uint32(0); i < dimensions && power <= uint64(entries); i++ {
			power *= uint64(n + 1)
		}
		if power > uint64(entries) {
			return n
		}
	}
}

// A bitReader reads bits as Vorbis packs them: the lowest bit of a byte first.
type bitReader struct {
	data  []byte
	at    int  // number of bits that were read
	ended bool // more bits were to be read than there are
}

// read returns the next n bits, or 0 if there are not so many.
func (r *bitReader) read(n int) (x uint32) {
	if r.ended = r.ended || r.at+n > 8*len(r.data); r.ended {
		return 0
	}
	for i := range n {
		x |= uint32(r.data[r.at/8]>>(r.at%8)&1) << i
		r.at++
	}
	return x
}

// skipLengths skips the lengths of the code words of a codebook. It returns false if they are not
// complete, or if the codebook has no code word.
func (r *bitReader) skipLengths(entries uint32) bool {
	used := uint32(0)
	if r.read(1) == 1 { // ordered: how many words of each length
		r.read(5)
		for used < entries && !r.ended {
			used += r.read(bits.Len32(entries - used))
		}
		return !r.ended && used == entries
	}
	sparse := r.read(1) == 1
	for i := uint32(0); i < entries && !r.ended; i++ {
		if !sparse || r.read(1) == 1 {
			r.read(5)
			used++
		}
	}
	return !r.ended && used > 0
}

// skipMultiplicands skips n numbers from which the values of a codebook are computed.
func (r *bitReader) skipMultiplicands(n uint32) {
	r.read(32)
	r.read(32)
	width := int(r.read(4)) + 1
	r.read(1)
	for i := uint32(0); i < n && !r.ended; i++ {
		r.read(width)
	}
}
