package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxPath   = 200 // bytes of a path
	maxLevels = 16  // folders and the name of the file in a path
)

// reserved lists the names that are devices on Windows, with any extension.
var reserved = map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}

// CheckPath returns an error unless p can be the path of a file in a bundle, on every system: it is
// relative and clean, has slashes, no "..", no characters or names that Windows reserves, no invisible
// characters, and at most 200 bytes.
func CheckPath(p string) error {
	if err := checkPath(p); err != nil {
		return fmt.Errorf("path %.250q: %w", p, err)
	}
	return nil
}

func checkPath(p string) error {
	switch {
	case len(p) > maxPath:
		return fmt.Errorf("longer than %d bytes", maxPath)
	case !utf8.ValidString(p) || !norm.NFC.IsNormalString(p):
		return errors.New("not UTF-8 in normal form C")
	case p == "." || !fs.ValidPath(p):
		return errors.New(`not a relative path, or not clean`)
	}
	for _, r := range p {
		if !unicode.IsPrint(r) || strings.ContainsRune(`\<>:"|?*`, r) {
			return fmt.Errorf("the character %q is not allowed", r)
		}
	}
	names := strings.Split(p, "/")
	if len(names) > maxLevels {
		return fmt.Errorf("more than %d levels", maxLevels)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || strings.HasPrefix(name, " ") {
			return errors.New("a name begins with a space, or ends with a space or a dot")
		}
		if isReserved(name) {
			return fmt.Errorf("%q is the name of a device on Windows", name)
		}
	}
	return nil
}

// isReserved reports whether Windows takes a file of this name for a device.
func isReserved(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	if reserved[base] {
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// checkCollisions returns an error if two paths would be one file on a system that does not
// distinguish upper and lower case, or if a file has the path of a folder.
func checkCollisions(files []File) error {
	spelling := map[string]string{} // of files and their folders, by the folded path
	isFile := map[string]bool{}
	for _, f := range files {
		for p := f.Path; p != "."; p = path.Dir(p) {
			key := fold(p)
			other, known := spelling[key]
			switch {
			case known && other != p:
				return fmt.Errorf("files: %.200q and %.200q differ only in upper and lower case", other, p)
			case known && (isFile[p] || p == f.Path):
				return fmt.Errorf("files: %.200q is a file and a folder", p)
			}
			spelling[key] = p
		}
		isFile[f.Path] = true
	}
	return nil
}

// fold returns s in a form in which letters that differ only in case are equal.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		lowest := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			lowest = min(lowest, next)
		}
		return lowest
	}, s)
}
