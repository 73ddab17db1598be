package permit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Place is a file or folder that a script has named and may reach. It may not exist.
//
// Use only the methods of Place and of Root to work with the file, because they do not leave the
// folder, whatever symbolic links are in it. Pass the errors of Root to Explain.
type Place struct {
	Root *os.Root // the granted folder
	Name string   // path relative to Root
	Path string   // absolute path, for messages

	broker *Broker
	folder *folder // the granted folder
	write  bool
}

// Resolve returns the place that path stands for, if the script may read it, or change it if write
// is true. A path that begins with ./ or ../ is relative to the script's folder. Other relative
// paths are relative to the data folder, which Resolve creates if write is true. The error is a
// *Denied if a grant is missing. It wraps fs.ErrNotExist if the data folder does not exist; the
// Place then has only its Path.
func (b *Broker) Resolve(path string, write bool) (Place, error) {
	p, err := b.resolve(path, write, write)
	switch {
	case err != nil || !p.folder.granted:
	case write:
		b.used(Write, "read and change files at", filepath.Join(p.folder.path, p.folder.file))
	default:
		b.used(Read, "read files at", filepath.Join(p.folder.path, p.folder.file))
	}
	return p, err
}

// CheckFile returns a *Denied if Resolve returns one. It creates nothing.
func (b *Broker) CheckFile(path string, write bool) error {
	_, err := b.resolve(path, write, false)
	var denied *Denied
	if errors.As(err, &denied) {
		return err
	}
	return nil
}

// resolve is Resolve, but creates the data folder only if create is true.
func (b *Broker) resolve(path string, write, create bool) (Place, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return Place{}, fmt.Errorf("%q is not a path", path)
	}
	inData := false
	switch slashed := filepath.ToSlash(path); {
	case filepath.IsAbs(path):
	case slashed == "." || slashed == ".." || strings.HasPrefix(slashed, "./") || strings.HasPrefix(slashed, "../"):
		path = filepath.Join(b.opts.Folder, path)
	case b.opts.Data == "":
		return Place{}, b.refuse(&Denied{What: "use " + path + ", because the script has no data folder"})
	default:
		if inData = filepath.IsLocal(path); !inData {
			return Place{}, b.refuse(&Denied{What: "leave its data folder with the path " + path})
		}
		path = filepath.Join(b.opts.Data, path)
	}
	p := Place{Path: filepath.Clean(path), broker: b, write: write}
	if denied := b.protection(p.Path, write); denied != nil {
		return Place{}, b.refuse(denied)
	}
	if b.opts.Data != "" {
		if name, ok := below(b.opts.Data, p.Path); ok {
			data, err := b.dataFolder(create)
			if err != nil {
				return p, err
			}
			p.Root, p.Name, p.folder = data.root, name, data
			return p, nil
		}
	}
	for _, f := range b.folders {
		name, ok := f.relative(p.Path)
		if !ok || write && !f.writable || f.own && isHidden(name) {
			continue
		}
		if p.Root == nil || len(name) < len(p.Name) { // the innermost folder
			p.Root, p.Name, p.folder = f.root, name, f
		}
	}
	if p.Root == nil {
		return Place{}, b.refuseFile(p.Path, write)
	}
	return p, nil
}

func (b *Broker) refuseFile(path string, write bool) error {
	kind, verb := Read, "read"
	if write {
		kind, verb = Write, "change"
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		folder = path
	}
	return b.refuse(&Denied{What: verb + " " + path, Flag: flag(kind, folder)})
}

// dataFolder returns the data folder: see openData.
func (b *Broker) dataFolder(create bool) (*folder, error) {
	return b.openData(b.opts.Data, &b.data, create)
}

// openData returns the folder for data with this path, which is kept in *open. If it does not
// exist, openData creates it if create is true, and returns an error that wraps fs.ErrNotExist
// otherwise. It opens the folder again if somebody has removed or replaced it, for example by a
// backup.
func (b *Broker) openData(path string, open **folder, create bool) (*folder, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed { // the work of a task that has been killed can come this late
		return nil, fs.ErrClosed
	}
	if *open != nil {
		now, err := os.Stat(path)
		was, openErr := (*open).root.Stat(".")
		if err == nil && openErr == nil && os.SameFile(now, was) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return *open, nil
		}
		(*open).root.Close()
		*open = nil
	}
	if create {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, fmt.Errorf("the data folder cannot be created: %w", err)
		}
	}
	f := &folder{path: path, writable: true}
	if err := f.open(); err != nil {
		return nil, err
	}
	*open = f
	return f, nil
}

// ResolveShared returns the place of the file called name in the folder of the data that all
// scripts share. It is like Resolve for a name in the data folder. The file is not part of the data
// folder, so Reserve has no effect; the module that uses the file limits its size.
func (b *Broker) ResolveShared(name string, write bool) (Place, error) {
	if b.opts.Shared == "" {
		return Place{}, b.refuse(&Denied{What: "use " + name + ", because the script has no data folder"})
	}
	p := Place{Path: filepath.Join(b.opts.Shared, name), broker: b, write: write}
	if !filepath.IsLocal(name) {
		return Place{}, b.refuse(&Denied{What: "leave the shared data folder with the path " + name})
	}
	if denied := b.protection(p.Path, write); denied != nil {
		return Place{}, b.refuse(denied)
	}
	shared, err := b.openData(b.opts.Shared, &b.shared, write)
	if err != nil {
		return p, err
	}
	p.Root, p.Name, p.folder = shared.root, name, shared
	return p, nil
}

// SharedPath returns the path of the folder of the data that all scripts share, which may not
// exist. It returns "" if the script has none.
func (b *Broker) SharedPath() string { return b.opts.Shared }

// DataPath returns the path of the script's data folder, which may not exist. It returns "" if the
// script has none.
func (b *Broker) DataPath() string { return b.opts.Data }

// Folder returns the path of the script's folder.
func (b *Broker) Folder() string { return b.opts.Folder }

// DataFolder returns the path of the script's data folder, and creates the folder. It returns an
// error if the script has none.
func (b *Broker) DataFolder() (string, error) {
	if b.opts.Data == "" {
		return "", b.refuse(&Denied{What: "use a data folder, because it has none"})
	}
	_, err := b.dataFolder(true)
	return b.opts.Data, err
}

// isHidden reports whether a path relative to the script's folder is that of a file that the script
// may read only with a grant.
func isHidden(name string) bool {
	for element := range strings.SplitSeq(filepath.ToSlash(name), "/") {
		if element != "." && strings.HasPrefix(element, ".") {
			return true
		}
	}
	return strings.EqualFold(filepath.Base(name), settingsFile)
}

// The names of files that no script may change. No script may read the second one either.
const (
	settingsFile = "moonlark.toml"
	secretsFile  = "secrets.toml"
)

// protection returns the refusal of a file that no script may change, or read. It returns nil if
// there is no such rule for the file with this path.
func (b *Broker) protection(path string, write bool) *Denied {
	base := filepath.Base(path)
	if strings.EqualFold(base, secretsFile) {
		return &Denied{What: "use " + path + ", because it may have secrets"}
	}
	if !write {
		return nil
	}
	if strings.EqualFold(base, settingsFile) {
		return &Denied{What: "change " + path + ", because it may have permissions"}
	}
	if info, err := os.Stat(path); err == nil && b.isProtected(info) {
		return &Denied{What: "change " + path}
	}
	return nil
}

func (b *Broker) isProtected(info fs.FileInfo) bool {
	return slices.ContainsFunc(b.protected, func(p os.FileInfo) bool { return os.SameFile(p, info) })
}
