package files

import (
	"context"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"moonlark/engine/permit"
)

const (
	// MaxRead is the maximal size of a file that is read as a whole, in bytes.
	MaxRead = 64 << 20

	// The texts that are read at the same time have at most largeFile bytes each, but for one of
	// them.
	largeFile = 1 << 20
)

// A File is an open file.
type File interface {
	io.ReadWriteSeeker
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
	ReadDir(n int) ([]fs.DirEntry, error)
	SetReadDeadline(t time.Time) error
}

// OpenToRead opens the file at p, which must be a regular file. A read that has to wait, which
// happens with a few files below /proc, ends when ctx is cancelled.
func OpenToRead(ctx context.Context, p permit.Place) (f File, info fs.FileInfo, err error) {
	file, err := p.OpenFile(syscall.O_RDONLY, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err = file.Stat()
	if err == nil && info.IsDir() {
		err = ErrFolder
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { file.SetReadDeadline(time.Unix(1, 0)) })
	return &reading{file, stop}, info, nil
}

// A reading is a file whose reads end when a context is cancelled.
type reading struct {
	File
	stop func() bool
}

// Close closes the file.
func (r *reading) Close() error {
	r.stop()
	return r.File.Close()
}

// ReadAll returns the rest of f, which has about size bytes. It returns a Failure with the code
// "too_large" if there are more than limit bytes.
func (r *Runner) ReadAll(ctx context.Context, f File, size, limit int64) (string, error) {
	if size > limit {
		return "", tooLarge(size, limit)
	}
	text, err := r.ReadUpTo(ctx, f, size, limit+1)
	if err == nil && int64(len(text)) > limit {
		err = tooLarge(-1, limit)
	}
	return text, err
}

// ReadUpTo returns the next n bytes of f, or all bytes if there are fewer. size is about how many
// there are.
func (r *Runner) ReadUpTo(ctx context.Context, f File, size, n int64) (string, error) {
	first := min(n, largeFile)
	var b strings.Builder
	b.Grow(int(min(size+1, first)))
	got, err := io.CopyN(&b, f, first)
	if err == io.EOF || err == nil && got == n {
		return b.String(), nil
	}
	if err != nil {
		return "", err
	}
	select {
	case r.large <- struct{}{}:
		defer func() { <-r.large }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	b.Grow(int(max(min(size, n)-got+1, 0)))
	if _, err := io.CopyN(&b, Reader(ctx, f), n-got); err != nil && err != io.EOF {
		return "", err
	}
	return b.String(), nil
}

func tooLarge(size, limit int64) error {
	if size < 0 {
		return Fail("too_large", "there are more than %d bytes", limit)
	}
	return Fail("too_large", "there are %d bytes; the maximum is %d", size, limit)
}

// A contextReader reads from r until ctx is done: see Reader.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Reader returns a reader that reads from r. When ctx is done, its Read returns the error of ctx.
func Reader(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }

// Seconds returns t in seconds since 1970, as scripts use times.
func Seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
