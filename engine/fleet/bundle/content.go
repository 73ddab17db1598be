package bundle

import (
	"fmt"
	"io"
)

// NewFrom returns the bundle with this manifest and these signatures, whose files open returns one after
// the other. Its content can be read several times until Close, which closes the file that is open. The
// error is a [*Refusal] with the reason Damaged.
func NewFrom(manifest, signatures []byte, open func(File) (io.ReadCloser, error)) (*Bundle, error) {
	b, err := New(manifest, signatures)
	if err != nil {
		return nil, err
	}
	var last *fileReader
	b.close = func() error {
		if last == nil {
			return nil
		}
		return last.close()
	}
	b.content = func() (io.Reader, error) {
		if err := b.close(); err != nil {
			return nil, err
		}
		last = &fileReader{files: b.Manifest.Files, open: open}
		return last, nil
	}
	return b, nil
}

// A fileReader reads the content of files, one after the other.
type fileReader struct {
	files []File // those that have not been opened yet
	open  func(File) (io.ReadCloser, error)

	file File          // the file that is open
	in   io.ReadCloser // its content; nil if no file is open
	left int64         // how many bytes of it have not been read
}

func (r *fileReader) Read(p []byte) (int, error) {
	for r.left == 0 {
		if err := r.close(); err != nil {
			return 0, err
		}
		if len(r.files) == 0 {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n, err := r.in.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if err == io.EOF && r.left > 0 {
		return n, refuse(Damaged, "%s: the content is incomplete", r.file.Path)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// next opens the next file. It opens no empty ones.
func (r *fileReader) next() (err error) {
	r.file, r.files = r.files[0], r.files[1:]
	if r.file.Size == 0 {
		return nil
	}
	if r.in, err = r.open(r.file); err != nil {
		return fmt.Errorf("%s: %w", r.file.Path, err)
	}
	r.left = r.file.Size
	return nil
}

// close closes the file that is open, if there is one.
func (r *fileReader) close() error {
	if r.in == nil {
		return nil
	}
	in := r.in
	r.in, r.left = nil, 0
	return in.Close()
}
