package permit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A folder is a folder whose files the script may reach. It is opened once, so that it stays the
// same folder when its path later leads elsewhere.
type folder struct {
	path     string // the absolute path that was granted
	real     string // the same without symbolic links
	file     string // the name of the only file that is granted; "" if all files below the folder are
	writable bool
	own      bool // the folder of the script, which may be read without a grant
	granted  bool // a person has granted the folder or the file
	root     *os.Root
}

// addFolder opens f.path, which may also be the path of a file, and adds it to the folders.
func (b *Broker) addFolder(f folder) error {
	info, err := os.Stat(f.path)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, withoutPath(err))
	}
	if !info.IsDir() {
		f.path, f.file = filepath.Dir(f.path), filepath.Base(f.path)
	}
	if err := f.open(); err != nil {
		return err
	}
	b.folders = append(b.folders, &f)
	return nil
}

// open sets f.root and f.real.
func (f *folder) open() error {
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return err
	}
	f.root, f.real = root, withoutLinks(f.path)
	return nil
}

// withoutLinks returns path without symbolic links, or path if the links cannot be read.
func withoutLinks(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// contains reports whether the file or folder with this absolute path is granted by f.
func (f *folder) contains(path string) bool {
	_, ok := f.relative(path)
	return ok
}

// relative returns path relative to f. ok is false if f does not grant it.
func (f *folder) relative(path string) (name string, ok bool) {
	for _, base := range []string{f.path, f.real} {
		if name, ok = below(base, path); ok {
			return name, f.file == "" || name == f.file
		}
	}
	return "", false
}

// below returns path relative to the folder base. ok is false if path is not in base. Both are
// absolute and clean.
func below(base, path string) (name string, ok bool) {
	if path == base {
		return ".", true
	}
	if !strings.HasSuffix(base, string(filepath.Separator)) {
		base += string(filepath.Separator)
	}
	return strings.CutPrefix(path, base)
}

// withoutPath returns the cause of err, which the functions of package os wrap with the path.
func withoutPath(err error) error {
	if wrapped, ok := err.(*fs.PathError); ok {
		return wrapped.Err
	}
	return err
}
