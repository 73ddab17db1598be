package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"moonlark/engine/permit"
)

// OpenToWrite opens the file at p. It creates missing folders if flags has O_CREAT.
func OpenToWrite(p permit.Place, flags int) (File, error) {
	f, err := p.OpenFile(flags, 0o644)
	if errors.Is(err, fs.ErrNotExist) && flags&syscall.O_CREAT != 0 {
		if err := p.MakeParents(); err != nil {
			return nil, err
		}
		f, err = p.OpenFile(flags, 0o644)
	}
	return f, err
}

// WriteText writes data in parts, until ctx is cancelled.
func WriteText(ctx context.Context, w io.Writer, data string) error {
	_, err := writeText(ctx, w, data)
	return err
}

// writeText is WriteText, and returns how many bytes it has written.
func writeText(ctx context.Context, w io.Writer, data string) (int64, error) {
	return io.Copy(w, Reader(ctx, strings.NewReader(data)))
}

// SizeOf returns the size of the file at p, or -1 if there is none.
func SizeOf(p permit.Place) int64 {
	info, err := p.Root.Stat(p.Name)
	if err != nil {
		return -1
	}
	return info.Size()
}

// Remove removes the file or folder at p, which info describes. It returns ErrNotEmpty for a folder
// that is not empty, unless recursive is true.
func Remove(p permit.Place, info fs.FileInfo, recursive bool) error {
	switch {
	case p.Name == ".":
		return Mistake("%s cannot be removed, only what is in it", p.Path)
	case !info.IsDir():
		return p.Explain(p.Root.Remove(p.Name))
	case !recursive:
		err := p.Root.Remove(p.Name)
		if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
			return ErrNotEmpty
		}
		return p.Explain(err)
	}
	if err := p.CheckTree(); err != nil {
		return err
	}
	return p.Explain(p.Root.RemoveAll(p.Name))
}

// Rename renames source to target. from and to are the paths that the script has passed, for
// messages.
func Rename(ctx context.Context, source, target permit.Place, from, to string) error {
	info, err := source.Root.Lstat(source.Name)
	switch {
	case err != nil:
		return source.Explain(err)
	case source.Name == ".":
		return Mistake("%s cannot be renamed", source.Path)
	}
	if there, err := target.Root.Lstat(target.Name); err == nil && there.IsDir() {
		return Fail("exists", "%s is a folder", to)
	}
	if info.IsDir() {
		if err := source.CheckTree(); err != nil {
			return err
		}
	}
	if err := target.MakeParents(); err != nil {
		return About(to, err)
	}
	if source.Root == target.Root {
		err := source.Root.Rename(source.Name, target.Name)
		if !errors.Is(err, syscall.EXDEV) {
			return source.Explain(err)
		}
	}
	if info.IsDir() {
		return Fail("unsupported", "the folder %s cannot be moved to another disk, or between the data folder and another folder", from)
	}
	if err := Copy(ctx, source, target, to); err != nil {
		return err
	}
	return source.Explain(source.Root.Remove(source.Name))
}

// Copy copies the file at source to target. A new file has the mode of the file at source. to is
// the path of target that the script has passed, for messages.
func Copy(ctx context.Context, source, target permit.Place, to string) error {
	f, info, err := OpenToRead(ctx, source)
	if err != nil {
		return err
	}
	defer f.Close()
	old := SizeOf(target)
	if err := target.Reserve(old, info.Size()); err != nil {
		return err
	}
	r := permit.Replacement{Sync: true, Write: func(w io.Writer) error {
		// A file that grows while it is copied is not copied further, because of the limit of the
		// data folder.
		_, err := io.Copy(w, io.LimitReader(Reader(ctx, f), info.Size()))
		return err
	}}
	if old < 0 {
		r.Mode = info.Mode().Perm()
	}
	return About(to, target.Replace(r))
}

// About returns err as an error that names path, which is the path that the script has passed.
func About(path string, err error) error {
	var denied *permit.Denied
	if err == nil || errors.As(err, &denied) {
		return err
	}
	return Explain(path, err)
}
