package permit

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

// Child returns the place of the entry called name in the folder p. ok is false if the script may
// not use the entry.
func (p Place) Child(name string) (child Place, ok bool) {
	child = p
	child.Name = filepath.Join(p.Name, name)
	child.Path = filepath.Join(p.Path, name)
	return child, p.broker.protection(child.Path, p.write) == nil && !(p.folder.own && isHidden(name)) && !isOfProcess(child.Path)
}

// CheckTree returns a *Denied if there is a file below the folder p that no script may change. Call
// it before the folder is removed or renamed.
func (p Place) CheckTree() error {
	return fs.WalkDir(p.Root.FS(), filepath.ToSlash(p.Name), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		refused := strings.EqualFold(entry.Name(), secretsFile) || strings.EqualFold(entry.Name(), settingsFile)
		if info, err := entry.Info(); err == nil {
			refused = refused || p.broker.isProtected(info)
		}
		if refused {
			return p.broker.refuse(&Denied{What: "change " + filepath.Join(p.Root.Name(), path)})
		}
		return nil
	})
}

// Free returns how many bytes can be written to the file system that contains p. p may be the place
// that Resolve returns with an error that wraps fs.ErrNotExist.
func (p Place) Free() (uint64, error) {
	for path := p.Path; ; path = filepath.Dir(path) {
		free, err := freeBytes(path)
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return free, err
		}
	}
}
