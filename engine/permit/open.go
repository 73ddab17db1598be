package permit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrSpecial is the error for a file that is neither a regular file nor a folder, such as a device
// or a pipe.
var ErrSpecial = errors.New("it is not a regular file")

// OpenFile opens the file, like os.OpenFile. It never waits for the other end of a pipe. It returns
// an error that wraps ErrSpecial if the file is neither a regular file nor a folder. Such a file is
// not opened, because opening a device can have an effect.
func (p Place) OpenFile(flags int, mode fs.FileMode) (*os.File, error) {
	if flags&os.O_EXCL == 0 {
		target, info, err := p.target()
		switch {
		case err != nil:
			return nil, err
		case info != nil && !isUsable(info):
			return nil, p.special()
		}
		p = target
	}
	// The file is emptied when it is known that the script may change it.
	f, err := p.Root.OpenFile(p.Name, flags&^os.O_TRUNC|nonblock, mode)
	if err != nil {
		return nil, p.Explain(err)
	}
	if err = p.checkOpened(f); err == nil && flags&os.O_TRUNC != 0 {
		err = f.Truncate(0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// RealPath returns the path of the file without symbolic links, for libraries that open a file by
// its path. It opens the file as OpenFile does, with all checks, and closes it again. flags must
// contain os.O_CREATE if the file may have to be created.
func (p Place) RealPath(flags int) (string, error) {
	f, err := p.OpenFile(flags, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return filepath.EvalSymlinks(realPath(f))
}

func isUsable(info fs.FileInfo) bool { return info.Mode().IsRegular() || info.IsDir() }

func (p Place) special() error { return &fs.PathError{Op: "open", Path: p.Path, Err: ErrSpecial} }

// SameFile is os.SameFile, for modules, which do not import package os.
func SameFile(a, b fs.FileInfo) bool { return os.SameFile(a, b) }

// target returns the place to which p leads if p is a symbolic link, and p otherwise. info
// describes the file at that place. It is nil if there is no file.
func (p Place) target() (target Place, info fs.FileInfo, err error) {
	for range maxLinks {
		info, err = p.Root.Lstat(p.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return p, nil, nil
		case err != nil:
			return p, nil, p.Explain(err)
		case info.Mode()&fs.ModeSymlink == 0:
			return p, info, nil
		}
		link, err := p.Root.Readlink(p.Name)
		if err != nil {
			return p, nil, p.Explain(err)
		}
		if p, err = p.follow(link); err != nil {
			return p, nil, err
		}
	}
	return p, nil, fmt.Errorf("%s: too many symbolic links", p.Path)
}

// follow returns the place to which the text of a symbolic link at p leads.
func (p Place) follow(link string) (Place, error) {
	if filepath.IsAbs(link) {
		return p, p.refuseLink()
	}
	// The name is not made shorter: if the folder is a link itself, ".." is the folder above its
	// target.
	folder, _ := filepath.Split(p.Name)
	p.Name = folder + link
	p.Path = filepath.Join(filepath.Dir(p.Path), link)
	denied := p.broker.protection(p.Path, p.write)
	if denied == nil {
		return p, nil
	}
	denied.Led = true
	return p, p.broker.refuse(denied)
}

// checkOpened returns an error if the script may not use the file that has been opened.
func (p Place) checkOpened(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !isUsable(info):
		return p.special()
	}
	if !info.IsDir() {
		if err := p.checkIdentity(info); err != nil {
			return err
		}
	}
	real := realPath(f)
	refused := isOfProcess(real)
	if name, ok := below(p.folder.real, real); ok && p.folder.own {
		refused = refused || isHidden(name)
	}
	if refused {
		return p.broker.refuse(&Denied{What: "use " + real, Led: true})
	}
	return nil
}

// protectedNames returns the names of files that the script may not use, in whatever folder they
// are.
func (p Place) protectedNames() []string {
	if p.write || p.folder.own {
		return []string{secretsFile, settingsFile}
	}
	return []string{secretsFile}
}

// checkIdentity returns an error if the script may not use the file that info describes, whatever
// its name is. The file can have another name by a hard link, or by a file system that takes
// different names for equal.
func (p Place) checkIdentity(info fs.FileInfo) error {
	refused := p.write && p.broker.isProtected(info)
	folder, _ := filepath.Split(p.Name)
	for _, name := range p.protectedNames() {
		kept, err := p.Root.Stat(folder + name)
		refused = refused || err == nil && os.SameFile(kept, info)
	}
	if !refused {
		return nil
	}
	verb := "use "
	if p.write {
		verb = "change "
	}
	return p.broker.refuse(&Denied{What: verb + p.Path, Led: true})
}

// isOfProcess reports whether path is a file of Linux with the memory, the environment or the open
// files of a process.
func isOfProcess(path string) bool {
	rest, ok := strings.CutPrefix(path, "/proc/")
	if !ok {
		return false
	}
	for element := range strings.SplitSeq(rest, "/") {
		switch element {
		case "environ", "mem", "fd", "fdinfo", "map_files", "root", "cwd", "exe", "kcore", "cmdline", "maps", "auxv":
			return true
		}
	}
	return false
}

// Explain returns a *Denied for an error of Root that says that a symbolic link leads out of the
// folder, and other errors unchanged.
func (p Place) Explain(err error) error {
	if err == nil || !strings.Contains(err.Error(), "escapes from parent") { // the error is not exported
		return err
	}
	return p.refuseLink()
}

func (p Place) refuseLink() error {
	return p.broker.refuse(&Denied{
		What: fmt.Sprintf("use %s, because a link in the path leads out of %s or is absolute", p.Path, p.Root.Name()), Led: true,
	})
}
