package permit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A Replacement says how Place.Replace writes a file.
type Replacement struct {
	// Mode is the mode of the new file. 0 means the mode of the old file, or 0644 less the umask of
	// the process if there is no old file.
	Mode fs.FileMode
	// Sync makes Replace wait until the file is on the disk, so that it survives a power failure.
	Sync bool
	// Write writes the content of the file.
	Write func(w io.Writer) error
}

// Replace writes a new file and puts it in the place of the old file in one step: other programs
// find either the old file or the complete new one. It creates missing folders. If p is a symbolic
// link, Replace replaces the file to which the link leads. The new file has the owner of the old
// one if the process may set it.
func (p Place) Replace(r Replacement) error {
	p, old, err := p.target()
	if err != nil {
		return err
	}
	switch {
	case old == nil:
		if err := p.MakeParents(); err != nil {
			return err
		}
	case !old.Mode().IsRegular():
		return p.special()
	default:
		if err := p.checkIdentity(old); err != nil {
			return err
		}
	}
	return p.Explain(p.put(old, r))
}

// ReplaceIn is like Place.Replace, for a file that the program itself writes: it checks no permission of
// a script. name is relative to root. The file must exist, unless r.Mode is set, and be a regular file.
func ReplaceIn(root *os.Root, name string, r Replacement) error {
	old, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.Mode != 0:
		old = nil
	case err != nil:
		return err
	case !old.Mode().IsRegular():
		return &fs.PathError{Op: "replace", Path: name, Err: ErrSpecial}
	}
	return Place{Root: root, Name: name, Path: name}.put(old, r)
}

// put writes a new file and puts it in the place of the old file, which old describes. old is nil if
// there is no file. The errors of Root are not explained.
func (p Place) put(old fs.FileInfo, r Replacement) error {
	temp := p.temporary()
	if err := p.writeTemporary(temp, old, r); err != nil {
		p.Root.Remove(temp)
		return err
	}
	if err := p.Root.Rename(temp, p.Name); err != nil {
		p.Root.Remove(temp)
		return err
	}
	if r.Sync {
		return p.syncFolder()
	}
	return nil
}

// writeTemporary writes the new content of the file to the file temp. old describes the file that
// temp is to replace. It may be nil.
func (p Place) writeTemporary(temp string, old fs.FileInfo, r Replacement) (err error) {
	created := fs.FileMode(0o600) // not readable for others before it has its final mode
	if r.Mode == 0 && old == nil {
		created = 0o644
	}
	f, err := p.Root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, created)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	if err := r.Write(f); err != nil {
		return err
	}
	if old != nil {
		keepOwner(f, old)
	}
	switch {
	case r.Mode != 0:
		err = f.Chmod(r.Mode)
	case old != nil:
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil && r.Sync {
		err = f.Sync()
	}
	return err
}

// The beginning and the end of the names of temporary files.
const (
	temporaryPrefix = ".moonlark-"
	temporarySuffix = ".tmp"
)

// temporary returns the name of a new temporary file in the folder of p.
func (p Place) temporary() string {
	folder, _ := filepath.Split(p.Name)
	return folder + temporaryPrefix + strings.ToLower(rand.Text()[:16]) + temporarySuffix
}

// MakeParents creates the folders above p that do not exist.
func (p Place) MakeParents() error {
	folder, _ := filepath.Split(p.Name)
	if folder = strings.TrimRight(folder, string(filepath.Separator)); folder == "" {
		return nil
	}
	return p.Explain(p.Root.MkdirAll(folder, 0o755))
}

// syncFolder waits until the entries of the folder of p are on the disk.
func (p Place) syncFolder() error {
	folder, _ := filepath.Split(p.Name)
	if folder == "" {
		folder = "."
	}
	f, err := p.Root.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return nil // some file systems, and Windows, cannot sync folders
	}
	if err != nil {
		return fmt.Errorf("the folder of %s: %w", p.Path, err)
	}
	return nil
}
