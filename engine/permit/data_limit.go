package permit

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// MaxData is the maximal size of the data folder of a script, in bytes. Each file counts as
	// whole blocks of dataBlock bytes, and each folder as one block, so that the number of files
	// has a limit too.
	MaxData   = 256 << 20
	dataBlock = 4 << 10

	// The size of a data folder is measured again after measureInterval, because other programs and
	// other modules also write files there.
	measureInterval = time.Minute

	// A temporary file in the data folder that has not changed for this time is left from a process
	// that has been killed.
	abandonedAfter = time.Hour
)

// ErrFull is the error of Reserve when the data folder is full.
var ErrFull = fmt.Errorf("the data folder of the script is full (the maximum is %d MiB)", MaxData>>20)

// A dataUsage is the size of a data folder.
type dataUsage struct {
	mu       sync.Mutex // guards the fields below
	bytes    int64      // size when it was measured, and what has been written since then
	measured time.Time  // zero if the folder has not been measured
}

// Reserve returns ErrFull if the data folder has no room for a file p that grows from old to size
// bytes. old is -1 if the file is new. Reserve returns nil if p is not in the data folder. Call it
// before writing to p.
func (p Place) Reserve(old, size int64) error {
	if p.folder.path != p.broker.opts.Data {
		return nil
	}
	u := &p.broker.usage
	u.mu.Lock()
	defer u.mu.Unlock()
	growth := blocks(size) - blocks(old)
	if time.Since(u.measured) > measureInterval || u.bytes+growth > MaxData {
		u.bytes, u.measured = measure(p.folder.root), time.Now()
	}
	if growth > 0 && u.bytes+growth > MaxData {
		return ErrFull
	}
	u.bytes += growth
	return nil
}

// Room returns how many bytes more the data folder has room for. It returns false if p is not in
// the data folder. If measured is false, the folder may have been measured up to a minute ago.
func (p Place) Room(measured bool) (bytes int64, limited bool) {
	if p.folder.path != p.broker.opts.Data {
		return 0, false
	}
	u := &p.broker.usage
	u.mu.Lock()
	defer u.mu.Unlock()
	if measured || time.Since(u.measured) > measureInterval {
		u.bytes, u.measured = measure(p.folder.root), time.Now()
	}
	return max(0, MaxData-u.bytes), true
}

// blocks returns the size of the blocks that a file of size bytes counts as. size is -1 if there is
// no file.
func blocks(size int64) int64 {
	if size < 0 {
		return 0
	}
	return max(1, (size+dataBlock-1)/dataBlock) * dataBlock
}

// measure returns the size of the files below root. It removes abandoned temporary files.
func measure(root *os.Root) int64 {
	var sum int64
	fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // the file has been removed, or the folder cannot be read
		}
		info, err := entry.Info()
		switch {
		case err != nil:
		case entry.IsDir():
			sum += dataBlock
		case isTemporary(entry.Name()) && time.Since(info.ModTime()) > abandonedAfter:
			root.Remove(path)
		default:
			sum += blocks(info.Size())
		}
		return nil
	})
	return sum
}

func isTemporary(name string) bool {
	return strings.HasPrefix(name, temporaryPrefix) && strings.HasSuffix(name, temporarySuffix)
}
