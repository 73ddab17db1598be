package faults

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"testing"
)

// A diskWrite is a request to a disk, as QEMU's driver blklogwrites has logged it.
type diskWrite struct {
	sector uint64 // of 512 bytes
	data   []byte
	flush  bool // it is no write: the disk has kept all writes before it
}

const (
	sectorSize   = 512
	pageSize     = 4096
	diskLogMagic = 0x6a736677736872
	flushFlag    = 1
	discardFlag  = 4
)

// parseDiskLog returns the requests of a log. The last one may be incomplete, because QEMU was killed.
func parseDiskLog(t *testing.T, log []byte) (writes []diskWrite) {
	little := binary.LittleEndian
	if len(log) < sectorSize || little.Uint64(log) != diskLogMagic {
		t.Fatalf("QEMU has logged no request: the log has %d bytes", len(log))
	}
	for rest := log[sectorSize:]; len(rest) >= sectorSize; {
		w := diskWrite{sector: little.Uint64(rest)}
		size, flags := little.Uint64(rest[8:])*sectorSize, little.Uint64(rest[16:])
		rest = rest[sectorSize:]
		if flags&discardFlag == 0 {
			if size > uint64(len(rest)) || size == 0 && flags == 0 {
				break
			}
			w.data, rest = rest[:size], rest[size:]
			if size > 0 {
				writes = append(writes, w)
			}
		}
		if flags&flushFlag != 0 {
			writes = append(writes, diskWrite{flush: true})
		}
	}
	return writes
}

// cutDisk changes the content of a disk as a power cut at the end of the log would: the disk has all
// writes up to the last flush, and some of those after it. Of some it has only the first pages: disks
// and memory cards write whole pages, on which the journal of ext4 relies. cutDisk returns the number of
// flushes, and how many of the writes after the last one are lost or incomplete.
func cutDisk(t *testing.T, disk []byte, writes []diskWrite, r *rand.Rand) (flushes, lost int) {
	last := 0
	for i, w := range writes {
		if w.flush {
			last = i
			flushes++
		}
	}
	for i, w := range writes {
		data := w.data
		if i > last && r.IntN(2) == 0 {
			data = data[:r.IntN((len(data)+pageSize-1)/pageSize)*pageSize]
			lost++
		}
		if w.sector*sectorSize+uint64(len(data)) > uint64(len(disk)) {
			t.Fatalf("the log has a write to sector %d, which is outside of the disk", w.sector)
		}
		copy(disk[w.sector*sectorSize:], data)
	}
	return flushes, lost
}

func TestADiskLosesOnlyWritesAfterTheLastFlush(t *testing.T) {
	entry := func(sector, sectors, flags uint64, data byte) []byte {
		header := make([]byte, sectorSize)
		for i, n := range []uint64{sector, sectors, flags} {
			binary.LittleEndian.PutUint64(header[8*i:], n)
		}
		return append(header, bytes.Repeat([]byte{data}, int(sectors)*sectorSize)...)
	}
	super := make([]byte, sectorSize)
	binary.LittleEndian.PutUint64(super, diskLogMagic)
	log := bytes.Join([][]byte{super, entry(0, 16, 0, 'a'), entry(8, 8, 0, 'b'), entry(0, 0, flushFlag, 0), entry(16, 16, 0, 'c'), entry(7, 9, 0, 'd')[:1000]}, nil)
	writes := parseDiskLog(t, log)
	if len(writes) != 4 {
		t.Fatalf("got %d requests, want 4", len(writes))
	}
	seen := map[string]bool{}
	for seed := range uint64(100) {
		disk := bytes.Repeat([]byte{'.'}, 4*pageSize)
		if flushes, _ := cutDisk(t, disk, writes, rand.New(rand.NewPCG(seed, 0))); flushes != 1 {
			t.Fatalf("got %d flushes, want 1", flushes)
		}
		content := ""
		for i := 0; i < len(disk); i += pageSize {
			content += string(disk[i])
		}
		seen[content] = true
	}
	if len(seen) != 3 || !seen["abcc"] || !seen["abc."] || !seen["ab.."] {
		t.Errorf("got the disks %v", seen)
	}
}

// readFile returns the content of a file.
func readFile(t *testing.T, path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
