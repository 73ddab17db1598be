package script

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// A SourceView is a Lua file of a script, for a person who reads or edits it.
type SourceView struct {
	Scripts []string `json:"scripts"` // all scripts, as Script names them
	Script  string   `json:"script"`  // the file name of the script, or its path if two scripts have the same name
	File    string   `json:"file"`    // the path of the file, relative to the folder of the script, with slashes
	Files   []string `json:"files"`   // the paths of all Lua files of the script, its own file first
	Text    string   `json:"text"`    // the file as it is on the disk, with a byte order mark if it has one
	Version string   `json:"version"` // stands for this content of the file
	// Errors are the errors of the latest load, and the newest errors of functions, which belong to the
	// content Text. Those of other files of the script are there too.
	Errors []SourceError `json:"errors"`
}

// A SourceError is a mistake in a Lua file of a script.
type SourceError struct {
	File string `json:"file,omitempty"` // as SourceView.File; empty if the error has no place
	Line int    `json:"line,omitempty"` // 0 if the error is not at a line
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
	// In is the function that raised the error, such as "tool light". It is empty for an error that a
	// load has found.
	In string `json:"in,omitempty"`
}

// Error returns the text with the place, as a load error has it.
func (e *SourceError) Error() string {
	switch {
	case e.File == "":
		return e.Text
	case e.Line == 0:
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
}

// A sourceFileError says why a file of a script cannot be read or saved. It is no mistake in the file.
type sourceFileError struct {
	File string // as SourceView.File
	Err  error  // the reason
}

// Error returns the path of the file and the reason.
func (e *sourceFileError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *sourceFileError) Unwrap() error { return e.Err }

var (
	// errSourceChanged is the reason why a file is not saved that is not as the person has read it.
	errSourceChanged = errors.New("changed on disk since it was read")
	// ErrNoSource is the reason why a file is neither read nor saved that no script was loaded from.
	ErrNoSource = errors.New("the script was not loaded from such a file")

	errSourceLink     = errors.New("a link in the path leads out of the folder of the script")
	errSourceEncoding = errors.New("the file is not UTF-8")
	errSourceSigned   = errors.New("the file belongs to a signed bundle: change it there, and make a new version")
	errSourceSize     = fmt.Errorf("longer than %d bytes", maxSource)
)

// SourceVersion returns the text that stands for a content of a file: SourceView.Version.
func SourceVersion(text []byte) string {
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}

// Source returns a Lua file of a script. scriptName is the file name of the script or its path. file is
// one of SourceView.Files; empty means the script's own file. An error is a *sourceFileError, or says
// that there is no such script. Any goroutine may call Source.
func (s *Scripts) Source(scriptName, file string) (SourceView, error) {
	o, err := s.openSource(scriptName, file)
	if err != nil {
		return SourceView{}, err
	}
	defer o.root.Close()
	text, err := o.read()
	if err != nil {
		return SourceView{}, o.wrap(err)
	}
	o.onDisk[o.file] = SourceVersion(text)
	view := SourceView{Scripts: s.sourceNames(), Script: o.shown, File: o.file, Files: o.files(), Text: string(text), Version: o.onDisk[o.file]}
	view.Errors = append(o.failures(), o.faults()...)
	return view, nil
}

// FindSource returns the script and the file, as Source takes them, of a Lua file whose path is in an
// error message or in the place of a tool. If no file has this path, FindSource looks for one with the
// same name. ok is false if there is none. Any goroutine may call it.
func (s *Scripts) FindSource(path string) (scriptName, file string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, matches := range []func(p string) bool{
		func(p string) bool { return p == filepath.Clean(path) },
		func(p string) bool { return filepath.Base(p) == filepath.Base(path) },
	} {
		for _, sc := range s.list {
			o := s.sourceOf(sc)
			for _, f := range o.files() {
				if matches(filepath.Join(o.folder, filepath.FromSlash(f))) {
					return o.shown, f, true
				}
			}
		}
	}
	return "", "", false
}

// PathOf returns the path of a script that SourceView.Script, or health.Script.Name, names. ok is false if
// there is none. Any goroutine may call it.
func (s *Scripts) PathOf(scriptName string) (path string, ok bool) {
	o := s.sourceNamed(scriptName)
	if o == nil {
		return "", false
	}
	return o.path, true
}

// LoadFailure returns why the latest load of the script at path failed, or nil if it did not. Any
// goroutine may call it.
func (s *Scripts) LoadFailure(path string) *SourceError {
	o := s.sourceNamed(path)
	if o == nil || o.failure == nil {
		return nil
	}
	e := o.loadError()
	return &e
}

// A scriptSource is the source of one script at one moment.
type scriptSource struct {
	shown   string // SourceView.Script
	path    string // the path of the script
	folder  string // its folder
	current *generation
	failed  map[string]string // script.failedVersions
	failure error             // script.failure
	// the versions of files on the disk that were read, by SourceView.File; "" if a file cannot be read
	onDisk map[string]string

	file string   // the chosen file, as SourceView.File
	root *os.Root // the folder; nil until openSource has opened it
}

// sourceOf returns the source of sc. The caller must hold s.mu.
func (s *Scripts) sourceOf(sc *script) *scriptSource {
	return &scriptSource{
		shown: s.shownName(sc), path: sc.path, folder: filepath.Dir(sc.path),
		current: sc.current, failed: sc.failedVersions, failure: sc.failure, onDisk: make(map[string]string),
	}
}

// sourceNames returns SourceView.Scripts.
func (s *Scripts) sourceNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, sc := range s.list {
		names = append(names, s.shownName(sc))
	}
	return names
}

// shownName returns SourceView.Script of sc. The caller must hold s.mu.
func (s *Scripts) shownName(sc *script) string {
	name := filepath.Base(sc.path)
	if slices.ContainsFunc(s.list, func(other *script) bool { return other != sc && filepath.Base(other.path) == name }) {
		return sc.path
	}
	return name
}

// sourceNamed returns the source of the script with this path, or with this file name. It returns nil if
// there is none.
func (s *Scripts) sourceNamed(name string) *scriptSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, isIt := range []func(sc *script) bool{
		func(sc *script) bool { return sc.path == name },
		func(sc *script) bool { return filepath.Base(sc.path) == name },
	} {
		if i := slices.IndexFunc(s.list, isIt); i >= 0 {
			return s.sourceOf(s.list[i])
		}
	}
	return nil
}

// openSource returns the source of a script, with the chosen file and the open folder.
func (s *Scripts) openSource(scriptName, file string) (*scriptSource, error) {
	o := s.sourceNamed(scriptName)
	if o == nil {
		return nil, fmt.Errorf("no script is called %.100s", scriptName)
	}
	o.file = cmp.Or(file, o.files()[0])
	if !slices.Contains(o.files(), o.file) {
		return nil, &sourceFileError{fmt.Sprintf("%.100s", o.file), ErrNoSource}
	}
	root, err := os.OpenRoot(o.folder)
	if err != nil {
		return nil, o.wrap(err)
	}
	o.root = root
	return o, nil
}

// wrap returns a *sourceFileError for err, without the path that is in err.
func (o *scriptSource) wrap(err error) error { return &sourceFileError{o.file, withoutPath(err)} }

// withoutPath returns the cause of err, an error of package os.
func withoutPath(err error) error {
	if strings.Contains(err.Error(), "escapes from parent") { // the error of package os is not exported
		return errSourceLink
	}
	switch err := err.(type) {
	case *fs.PathError:
		return err.Err
	case *os.LinkError:
		return err.Err
	}
	return err
}

// files returns SourceView.Files: the files that the current generation was loaded from, and those that
// the latest load has read if it failed.
func (o *scriptSource) files() []string {
	var names []string
	for path := range o.readFiles() {
		if name, ok := o.nameOf(path); ok && path != o.path {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append([]string{filepath.Base(o.path)}, names...)
}

// readFiles returns the versions of the files that the current generation was loaded from, and of those
// that the latest load has read if it failed, by path.
func (o *scriptSource) readFiles() map[string]string {
	all := o.current.readVersions()
	maps.Copy(all, o.failed)
	return all
}

// nameOf returns the path of a file relative to the folder of the script, with slashes. ok is false if
// the file is not below the folder.
func (o *scriptSource) nameOf(path string) (name string, ok bool) {
	name, err := filepath.Rel(o.folder, path)
	return filepath.ToSlash(name), err == nil && filepath.IsLocal(name)
}

// read returns the content of the chosen file.
func (o *scriptSource) read() ([]byte, error) {
	text, err := o.bytesOf(o.file)
	if err == nil && !utf8.Valid(text) {
		err = errSourceEncoding
	}
	return text, err
}

// bytesOf returns the content of a file, which is one of SourceView.Files.
func (o *scriptSource) bytesOf(file string) ([]byte, error) {
	name := filepath.FromSlash(file)
	switch info, err := o.root.Stat(name); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > maxSource:
		return nil, errSourceSize
	}
	return o.root.ReadFile(name)
}

// failures returns the error of the latest load, if that failed. It returns nothing if the file with the
// error has changed since, because another load will come.
func (o *scriptSource) failures() []SourceError {
	if o.failure == nil {
		return []SourceError{}
	}
	e := o.loadError()
	if !o.isCurrent(e.File, o.failed) {
		return []SourceError{}
	}
	return []SourceError{e}
}

// loadError returns the error of the latest load, which has failed.
func (o *scriptSource) loadError() SourceError {
	var load *LoadError
	hint := ""
	if errors.As(o.failure, &load) {
		hint = load.Hint
	}
	return o.locate(o.failure.Error(), hint)
}

// faults returns the errors of functions, the newest first, that are in files that have not changed since
// they were loaded.
func (o *scriptSource) faults() []SourceError {
	var all []SourceError
	versions := o.current.readVersions()
	for _, f := range o.current.notedFaults() {
		if e := o.locate(f.text, ""); o.isCurrent(e.File, versions) {
			e.In = f.in
			all = append(all, e)
		}
	}
	return all
}

// isCurrent reports whether the file has the version of a load.
func (o *scriptSource) isCurrent(file string, versions map[string]string) bool {
	if file == "" {
		return true
	}
	version, ok := o.onDisk[file]
	if !ok {
		if text, err := o.bytesOf(file); err == nil {
			version = SourceVersion(text)
		}
		o.onDisk[file] = version
	}
	return version != "" && versions[filepath.Join(o.folder, filepath.FromSlash(file))] == version
}

// locate returns the SourceError for an error message, which may begin with the path of a file and a line.
// If the message begins with several places, as that of a mistake in a module does, the last one counts.
func (o *scriptSource) locate(text, hint string) SourceError {
	e := SourceError{Text: text, Hint: hint}
	for {
		file, line, rest, ok := cutPlace(e.Text)
		name, below := o.nameOf(file)
		if !ok || !below || !slices.Contains(o.files(), name) {
			return e
		}
		e.File, e.Line, e.Text = name, line, rest
	}
}
