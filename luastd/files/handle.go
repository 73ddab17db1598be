package files

import (
	"context"
	"errors"
	"io"
	"sync"
	"syscall"

	"moonlark/engine/permit"
)

// A Handle is an open file of a script. Its methods can block, so call them in the function work of
// Run. Any goroutine may use it, but must hold its lock, except for Close: the work of a task that
// has been killed can still use the file.
//
// The caller keeps the position in the file and passes it to the methods. So a read whose result is
// lost, because its task has been killed meanwhile, does not move the position.
type Handle struct {
	sync.Mutex

	runner *Runner
	place  permit.Place
	file   File
	append bool  // writes go to the end of the file
	at     int64 // the position that the system has for file; -1 if it is not known
}

// Open opens the file at p. flags are those of package syscall. If they have O_CREAT, Open creates
// the file if it does not exist, and if folders is true also the folders above it.
func (r *Runner) Open(p permit.Place, flags int, folders bool) (*Handle, error) {
	f, err := open(p, flags, folders)
	if err != nil {
		return nil, err
	}
	return &Handle{runner: r, place: p, file: f, append: flags&syscall.O_APPEND != 0}, nil
}

func open(p permit.Place, flags int, folders bool) (File, error) {
	if flags == syscall.O_RDONLY {
		f, _, err := OpenToRead(context.Background(), p)
		return f, err
	}
	if flags&syscall.O_CREAT != 0 {
		old := SizeOf(p)
		size := max(old, 0)
		if flags&syscall.O_TRUNC != 0 {
			size = 0
		}
		if err := p.Reserve(old, size); err != nil {
			return nil, err
		}
	}
	if folders {
		return OpenToWrite(p, flags)
	}
	f, err := p.OpenFile(flags, 0o644)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// ReadBlock returns the next size bytes from position on, or fewer at the end of the file.
func (h *Handle) ReadBlock(position int64, size int) ([]byte, error) {
	if err := h.moveTo(position); err != nil {
		return nil, err
	}
	block, err := ReadBlock(h.file, size)
	h.moved(len(block), err)
	return block, err
}

// ReadUpTo returns the next n bytes from position on, or fewer at the end of the file.
func (h *Handle) ReadUpTo(ctx context.Context, position, n int64) (string, error) {
	if err := h.moveTo(position); err != nil {
		return "", err
	}
	text, err := h.runner.ReadUpTo(ctx, h.file, 0, n)
	h.moved(len(text), err)
	return text, err
}

// ReadAll returns the rest of the file from position on. It returns a Failure with the code
// "too_large" if there are more than limit bytes.
func (h *Handle) ReadAll(ctx context.Context, position, limit int64) (string, error) {
	text, err := h.ReadUpTo(ctx, position, limit+1)
	if err == nil && int64(len(text)) > limit {
		return "", tooLarge(-1, limit)
	}
	return text, err
}

// Write writes text at position, or at the end of a file that was opened with O_APPEND. It stops
// when ctx is cancelled. It returns the position after what it has written, also after an error.
func (h *Handle) Write(ctx context.Context, position int64, text string) (end int64, err error) {
	info, err := h.file.Stat()
	if err != nil {
		return position, err
	}
	size := info.Size()
	if h.append {
		position = size
	}
	if err := h.place.Reserve(size, max(size, position+int64(len(text)))); err != nil {
		return position, err
	}
	if !h.append {
		if err := h.moveTo(position); err != nil {
			return position, err
		}
	}
	n, err := writeText(ctx, h.file, text)
	h.at = position + n
	if h.append { // somebody else may have written to the end of the file meanwhile
		if at, failure := h.file.Seek(0, io.SeekCurrent); failure == nil {
			h.at = at
		}
	}
	return h.at, err
}

// SeekFrom returns the position that is offset bytes from the place that whence stands for, as
// io.Seeker does. position is the present position. The error is syscall.EINVAL if the new position
// would be before the beginning of the file.
func (h *Handle) SeekFrom(position, offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent {
		offset, whence = position+offset, io.SeekStart
	}
	at, err := h.file.Seek(offset, whence)
	if err == nil {
		h.at = at
	}
	return at, err
}

// Close closes the file. Reads and writes of other goroutines end soon.
func (h *Handle) Close() error { return h.file.Close() }

// moveTo sets the position that the system has. It makes no system call if the position is right,
// because a few files below /proc and /sys can only be read from their beginning to their end.
func (h *Handle) moveTo(position int64) error {
	if h.at == position {
		return nil
	}
	_, err := h.SeekFrom(0, position, io.SeekStart)
	return err
}

// moved records that n bytes have been read.
func (h *Handle) moved(n int, err error) {
	if h.at += int64(n); err != nil {
		h.at = -1
	}
}

// ReadBlock returns the next size bytes of r, or fewer before its end.
func ReadBlock(r io.Reader, size int) ([]byte, error) {
	block := make([]byte, size)
	n, err := io.ReadFull(r, block)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return block[:n], err
}
