package bundle

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// A Folder is a folder whose files go into a bundle.
type Folder struct {
	Files   []File    // sorted by path
	LeftOut []string  // paths of the files and folders that are not among Files, each with its reason
	Newest  time.Time // when the newest of Files was changed
	root    *os.Root
}

// OpenFolder lists the files of a folder and computes their hashes. It leaves out what devices do not
// need, and says so in LeftOut:
//
//   - files and folders whose name begins with a dot
//   - tests, which end with _test.lua
//   - declarations for editors: Lua files that begin with ---@meta
//   - bundles, which end with .mlb
//   - backups of editors, which end with ~
//   - what a pattern of exclude matches: the path, or the name (see path.Match)
//   - files with a name that others contains, for the reason there
//
// It returns an error for links and everything else that is neither file nor folder, for paths that
// some systems do not allow, and if the files exceed the limits of a bundle. Call Close at the end.
func OpenFolder(dir string, exclude []string, others map[string]string) (*Folder, error) {
	for _, pattern := range exclude {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("exclude %q: %w", pattern, err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{root: root}
	err = fs.WalkDir(root.FS(), ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil || p == "." {
			return err
		}
		return f.add(p, entry, exclude, others)
	})
	if err == nil {
		sortFiles(f.Files)
		err = checkFiles(f.Files)
	}
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return f, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Open opens one of Files.
func (f *Folder) Open(file File) (io.ReadCloser, error) { return f.root.Open(file.Path) }

// add adds the file at p, or leaves it out.
func (f *Folder) add(p string, entry fs.DirEntry, exclude []string, others map[string]string) error {
	reason := leftOut(p, exclude)
	if reason == "" && !entry.IsDir() {
		reason = others[path.Base(p)]
	}
	if reason != "" {
		f.LeftOut = append(f.LeftOut, p+" ("+reason+")")
		if entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	if entry.IsDir() {
		return nil
	}
	if !entry.Type().IsRegular() {
		return fmt.Errorf("%s: neither a file nor a folder: a bundle cannot contain links, pipes and devices", p)
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if len(f.Files) == MaxFiles || info.Size() > MaxSize {
		return fmt.Errorf("%s: a bundle has at most %d files, and %d bytes in them", p, MaxFiles, MaxSize)
	}
	file, meta, err := f.hash(p, info.Size())
	if err != nil {
		return err
	}
	if meta {
		f.LeftOut = append(f.LeftOut, p+" (declarations for editors)")
		return nil
	}
	f.Files = append(f.Files, file)
	if info.ModTime().After(f.Newest) {
		f.Newest = info.ModTime()
	}
	return nil
}

// leftOut returns why the name of a file or folder says that it does not go into bundles, or "".
func leftOut(p string, exclude []string) string {
	name := path.Base(p)
	for _, pattern := range exclude {
		byPath, _ := path.Match(pattern, p) // OpenFolder has checked the pattern
		byName, _ := path.Match(pattern, name)
		if byPath || byName {
			return "excluded"
		}
	}
	switch {
	case strings.HasPrefix(name, "."):
		return "begins with a dot"
	case strings.HasSuffix(name, "_test.lua"):
		return "a test"
	case strings.HasSuffix(name, ".mlb"):
		return "a bundle"
	case strings.HasSuffix(name, "~"):
		return "a backup of an editor"
	}
	return ""
}

// hash returns the size and hash of the file at p. meta reports whether it is a Lua file with
// declarations for editors.
func (f *Folder) hash(p string, size int64) (file File, meta bool, err error) {
	in, err := f.root.Open(p)
	if err != nil {
		return file, false, err
	}
	defer in.Close()
	buffered := bufio.NewReader(in)
	if path.Ext(p) == ".lua" {
		start, _ := buffered.Peek(len("---@meta")) // shorter for a shorter file
		meta = string(start) == "---@meta"
	}
	sum := sha256.New()
	n, err := io.CopyN(sum, buffered, size)
	if err == nil && n == size {
		if _, more := buffered.ReadByte(); more == nil {
			err = errChanged
		}
	} else if err == io.EOF {
		err = errChanged
	}
	if err != nil {
		return file, false, fmt.Errorf("%s: %w", p, err)
	}
	return File{Path: p, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, meta, nil
}
