package libraries

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// copyTo makes a working folder for the tests of l: a copy of the checkout, with the modules of l
// and of the libraries that its tests use at the top. It returns the test files, by their paths in
// work.
func (l library) copyTo(work, folder string) (files []string, err error) {
	if err := copyTree(filepath.Join(folder, l.folder()), work); err != nil {
		return nil, err
	}
	for _, modules := range l.modules {
		if err := copyTree(filepath.Join(folder, l.folder(), modules), work); err != nil {
			return nil, err
		}
	}
	with := l.with
	if l.style == busted && !l.bare {
		with = append([]string{"luassert/src:luassert", "say/src/say:say"}, with...)
	}
	for _, w := range with {
		from, to, _ := strings.Cut(w, ":")
		if err := copyTree(filepath.Join(folder, from), filepath.Join(work, to)); err != nil {
			return nil, err
		}
	}
	if err := copyTree(filepath.Join("testdata", "modules"), work); err != nil {
		return nil, err
	}
	for _, pattern := range l.tests {
		err := eachFile(work, pattern, func(name string) error {
			if renamed := moduleFile(name); renamed != name {
				if err := os.Rename(filepath.Join(work, name), filepath.Join(work, renamed)); err != nil {
					return err
				}
				name = renamed
			}
			files = append(files, name)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// moduleFile returns the name that a test file must have so that require finds it: it ends in .lua
// and has no other dot.
func moduleFile(name string) string {
	folder, base := path.Split(name)
	return folder + strings.ReplaceAll(strings.TrimSuffix(base, ".lua"), ".", "_") + ".lua"
}

// eachFile calls f with the path of each file in the folder that matches a pattern, in alphabetical
// order. Paths are relative to the folder and have slashes.
func eachFile(folder, pattern string, f func(name string) error) error {
	names, err := fs.Glob(os.DirFS(folder), pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.IsDir() {
			continue
		}
		if err := f(name); err != nil {
			return err
		}
	}
	return nil
}

// copyTree copies a file, or the files of a folder and of the folders in it, but no link and no
// file that exists already.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return writeNew(target, text)
	})
}

// writeNew writes a file and makes its folder. It does nothing if the file exists.
func writeNew(name string, text []byte) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}
