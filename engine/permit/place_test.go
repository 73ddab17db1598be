//go:build unix

package permit_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/permit"
)

// A files is a broker with its folders.
type files struct {
	*permit.Broker
	t       *testing.T
	script  string // the folder of the script
	granted string // a folder that the script may change
	data    string // the data folder
	outside string // a folder that the script may not use
}

// newFiles makes a broker with a grant for files.granted and the given grants, in which DIR stands
// for files.granted and OUTSIDE for files.outside.
func newFiles(t *testing.T, grants ...permit.Grant) *files {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := &files{t: t}
	for name, path := range map[string]*string{"script": &f.script, "granted": &f.granted, "outside": &f.outside} {
		*path = filepath.Join(top, name)
		if err := os.Mkdir(*path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	f.data = filepath.Join(top, "data")
	program := f.write("granted/program", "#!/bin/sh\n")
	grants = append(grants, permit.Grant{Kind: permit.Write, Value: f.granted})
	f.Broker, err = permit.New(permit.Options{
		Script: "test.lua", Folder: f.script, Data: f.data, Grants: grants, Protected: []string{program},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// path returns the path of a file, whose name begins with the name of one of the folders.
func (f *files) path(name string) string { return filepath.Join(filepath.Dir(f.script), name) }

func (f *files) write(name, text string) string {
	f.t.Helper()
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f *files) link(text, name string) {
	f.t.Helper()
	if err := os.Symlink(text, f.path(name)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *files) text(name string) string {
	text, err := os.ReadFile(f.path(name))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// read reads a file as a script does.
func (f *files) read(path string) (string, error) {
	p, err := f.Resolve(path, false)
	if err != nil {
		return "", err
	}
	file, err := p.OpenFile(os.O_RDONLY, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, 100))
	return string(text), err
}

// overwrite empties a file and writes it again, in its place.
func (f *files) overwrite(path string) error {
	p, err := f.Resolve(path, true)
	if err != nil {
		return err
	}
	file, err := p.OpenFile(os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteString("new")
	return err
}

// replace writes a file in one step.
func (f *files) replace(path string) error {
	p, err := f.Resolve(path, true)
	if err != nil {
		return err
	}
	return p.Replace(permit.Replacement{Sync: true, Write: func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}})
}

// checkDenied fails the test unless err is a refusal, with this value of Led.
func checkDenied(t *testing.T, what string, err error, led bool) {
	t.Helper()
	var denied *permit.Denied
	if !errors.As(err, &denied) {
		t.Errorf("%s: got %v, want a refusal", what, err)
	} else if denied.Led != led {
		t.Errorf("%s: Led is %v, want %v (%v)", what, denied.Led, led, err)
	}
}

func TestFilesThatAScriptMayRead(t *testing.T) {
	f := newFiles(t)
	for _, row := range []struct{ name, path string }{
		{"script/a.txt", "./a.txt"},
		{"script/sub/a.txt", "./sub/../sub/a.txt"},
		{"script/b.txt", f.path("script/b.txt")},
		{"granted/a.txt", f.path("granted/a.txt")},
		{"granted/b.txt", "../granted/b.txt"},
		{"granted/.hidden", f.path("granted/.hidden")},
		{"granted/moonlark.toml", f.path("granted/moonlark.toml")},
		{"data/a.txt", "a.txt"},
		{"data/sub/a.txt", "sub/a.txt"},
		{"data/b.txt", f.path("data/b.txt")},
	} {
		f.write(row.name, row.name)
		if text, err := f.read(row.path); text != row.name {
			t.Errorf("%s: got %q, %v", row.path, text, err)
		}
	}
}

func TestFilesThatAScriptMayNotName(t *testing.T) {
	f := newFiles(t)
	for _, name := range []string{"outside/a", "script/.env", "script/.git/config", "script/moonlark.toml", "script/secrets.toml", "granted/secrets.toml", "granted/Secrets.TOML", "granted/moonlark.toml", "granted/a", "a", "script/a", "granted2/a"} {
		f.write(name, "old")
	}
	for _, row := range []struct {
		path        string
		read, write bool // whether the script may do so
	}{
		{"a", true, true},
		{f.path("outside/a"), false, false},
		{f.path("granted2/a"), false, false},
		{f.path("granted/../outside/a"), false, false},
		{"../outside/a", false, false},
		{"../../../../../../../../etc/passwd", false, false},
		{"/etc/passwd", false, false},
		{"x/../../granted/a", false, false}, // granted, but relative paths stay in the data folder
		{"..\\outside", true, true},         // a name like any other on Unix
		{"./.env", false, false},
		{"./.git/config", false, false},
		{"./x/../.env", false, false},
		{"./moonlark.toml", false, false},
		{"./a", true, false},
		{"./secrets.toml", false, false},
		{f.path("granted/secrets.toml"), false, false},
		{f.path("granted/Secrets.TOML"), false, false},
		{f.path("granted/moonlark.toml"), true, false},
		{f.path("granted/MoonLark.toml"), true, false},
		{f.path("granted/program"), true, false},
		{"secrets.toml", false, false},
		{"moonlark.toml", true, false},
	} {
		f.write("data/x", "")
		for _, write := range []bool{false, true} {
			_, err := f.Resolve(row.path, write)
			may := row.read
			if write {
				may = row.write
			}
			if !may {
				checkDenied(t, row.path, err, false)
			} else if err != nil {
				t.Errorf("%s: %v", row.path, err)
			}
		}
	}
	for _, path := range []string{"", "a\x00b"} {
		if _, err := f.Resolve(path, false); err == nil {
			t.Errorf("%q is a path", path)
		}
	}
}

func TestLinksDoNotLeadOutOfAFolder(t *testing.T) {
	f := newFiles(t)
	f.write("outside/a", "old")
	f.write("data/x", "")
	f.link("../outside/a", "granted/file")
	f.link("../outside", "granted/folder")
	f.link("../outside/none", "granted/dangling")
	f.link(f.path("granted/b"), "granted/absolute")
	f.link("../outside/a", "data/file")
	f.link("../outside/a", "script/file")
	f.write("granted/b", "old")
	for _, path := range []string{f.path("granted/file"), f.path("granted/folder/a"), f.path("granted/dangling"), f.path("granted/absolute"), "file", "./file"} {
		_, err := f.read(path)
		checkDenied(t, "read "+path, err, true)
		if !strings.HasPrefix(path, ".") {
			checkDenied(t, "overwrite "+path, f.overwrite(path), true)
			checkDenied(t, "replace "+path, f.replace(path), true)
		}
	}
	if f.text("outside/a") != "old" {
		t.Error("the file outside has changed")
	}
	if _, err := os.Stat(f.path("outside/none")); err == nil {
		t.Error("a file was created outside")
	}
}

func TestLinksWithinAFolderAreFollowed(t *testing.T) {
	f := newFiles(t)
	f.write("granted/sub/deep/a", "old")
	f.write("granted/a", "wrong")
	f.write("granted/sub/b", "old")
	f.link("sub/deep", "granted/folder")
	f.link("a", "granted/sub/deep/link") // folder/link leads to sub/deep/a
	f.link("../b", "granted/sub/deep/up")
	f.link("new", "granted/dangling")
	for _, row := range []struct{ path, target string }{
		{"granted/folder/link", "granted/sub/deep/a"},
		{"granted/folder/up", "granted/sub/b"}, // and not granted/b, which is beside folder
		{"granted/dangling", "granted/new"},
	} {
		if err := f.replace(f.path(row.path)); err != nil || f.text(row.target) != "new" {
			t.Errorf("replace %s: %v, and %s has %q", row.path, err, row.target, f.text(row.target))
		}
		if info, err := os.Lstat(f.path(row.path)); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is not a link any more", row.path)
		}
		if text, err := f.read(f.path(row.path)); text != "new" {
			t.Errorf("read %s: %q, %v", row.path, text, err)
		}
	}
	f.link("loop", "granted/loop")
	if _, err := f.read(f.path("granted/loop")); err == nil || !strings.Contains(err.Error(), "too many symbolic links") {
		t.Errorf("a link to itself: %v", err)
	}
}

// A link to a file that no script may use must not make the file usable. The test of the links uses
// links to the name, and links to a folder that contains the file.
func TestLinksToProtectedFiles(t *testing.T) {
	f := newFiles(t)
	for _, name := range []string{"granted/sub/secrets.toml", "granted/sub/moonlark.toml", "script/.env", "script/.git/config", "script/moonlark.toml", "script/sub/b"} {
		f.write(name, "old")
	}
	f.link("sub/secrets.toml", "granted/s")
	f.link("s", "granted/s2")
	f.link("sub/moonlark.toml", "granted/m")
	f.link("program", "granted/p")
	f.link("sub/moonlark.toml2", "granted/other")
	f.link("moonlark.toml", "granted/new")
	f.link(".env", "script/visible")
	f.link(".git", "script/git")
	f.link("moonlark.toml", "script/m")
	f.link("../sub/b", "script/sub/b2")
	for _, path := range []string{f.path("granted/s"), f.path("granted/s2"), "./visible", "./git/config", "./m"} {
		_, err := f.read(path)
		checkDenied(t, "read "+path, err, true)
	}
	for _, path := range []string{f.path("granted/s"), f.path("granted/m"), f.path("granted/new")} {
		checkDenied(t, "overwrite "+path, f.overwrite(path), true)
		checkDenied(t, "replace "+path, f.replace(path), true)
	}
	checkDenied(t, "overwrite the program", f.overwrite(f.path("granted/p")), false) // found by its identity
	if text, err := f.read("./sub/b2"); text != "old" {
		t.Errorf("a link with .. within the script's folder: %q, %v", text, err)
	}
	if f.text("granted/sub/moonlark.toml") != "old" || !strings.HasPrefix(f.text("granted/program"), "#!") {
		t.Error("a protected file has changed")
	}
	if _, err := os.Stat(f.path("granted/moonlark.toml")); err == nil {
		t.Error("moonlark.toml was created by way of a link")
	}
}

func TestOtherNamesOfProtectedFiles(t *testing.T) {
	f := newFiles(t)
	for name, other := range map[string]string{"granted/secrets.toml": "granted/s", "granted/moonlark.toml": "granted/m", "granted/program": "granted/p"} {
		if name != "granted/program" {
			f.write(name, "old")
		}
		if err := os.Link(f.path(name), f.path(other)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.read(f.path("granted/s"))
	checkDenied(t, "read a hard link to secrets.toml", err, true)
	checkDenied(t, "overwrite a hard link to moonlark.toml", f.overwrite(f.path("granted/m")), true)
	checkDenied(t, "replace a hard link to moonlark.toml", f.replace(f.path("granted/m")), true)
	checkDenied(t, "overwrite a hard link to the program", f.overwrite(f.path("granted/p")), false)
	if f.text("granted/m") != "old" || !strings.HasPrefix(f.text("granted/p"), "#!") {
		t.Error("a protected file has changed")
	}
}

// The rules hold for the file that is opened, even if it took the place of the file that was
// resolved.
func TestAProtectedFileThatTakesThePlaceOfAnother(t *testing.T) {
	f := newFiles(t)
	f.write("granted/secrets.toml", "old")
	for _, name := range []string{"secrets.toml", "program"} {
		for how, use := range map[string]func(p permit.Place) error{
			"open": func(p permit.Place) error {
				file, err := p.OpenFile(os.O_RDWR, 0)
				if err == nil {
					file.Close()
				}
				return err
			},
			"replace": func(p permit.Place) error {
				return p.Replace(permit.Replacement{Write: func(io.Writer) error { return nil }})
			},
		} {
			f.write("granted/x", "")
			p, err := f.Resolve(f.path("granted/x"), true)
			if err != nil {
				t.Fatal(err)
			}
			os.Remove(f.path("granted/x"))
			if err := os.Link(f.path("granted/"+name), f.path("granted/x")); err != nil {
				t.Fatal(err)
			}
			checkDenied(t, how+" "+name, use(p), true)
			os.Remove(f.path("granted/x"))
		}
	}
}

func TestSpecialFilesAreNotOpened(t *testing.T) {
	f := newFiles(t, permit.Grant{Kind: permit.Read})
	pipe := f.path("granted/pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f.link("pipe", "granted/link")
	opened := make(chan struct{})
	go func() { // waits until somebody opens the pipe to read
		if w, err := os.OpenFile(pipe, os.O_WRONLY, 0); err == nil {
			w.Close()
		}
		close(opened)
	}()
	for _, path := range []string{"/dev/zero", "/dev/tty"} { // only read: without the rule, a write would destroy them
		if _, err := f.read(path); !errors.Is(err, permit.ErrSpecial) {
			t.Errorf("read %s: %v, want ErrSpecial", path, err)
		}
	}
	for _, path := range []string{pipe, f.path("granted/link")} {
		if _, err := f.read(path); !errors.Is(err, permit.ErrSpecial) {
			t.Errorf("read %s: %v, want ErrSpecial", path, err)
		}
		if err := f.overwrite(path); !errors.Is(err, permit.ErrSpecial) {
			t.Errorf("overwrite %s: %v, want ErrSpecial", path, err)
		}
		if err := f.replace(path); !errors.Is(err, permit.ErrSpecial) {
			t.Errorf("replace %s: %v, want ErrSpecial", path, err)
		}
	}
	select {
	case <-opened:
		t.Error("the pipe has been opened")
	case <-time.After(50 * time.Millisecond):
	}
	if r, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
		<-opened
		r.Close()
	}
}

func TestFilesOfProcessesAreNotRead(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc")
	}
	f := newFiles(t, permit.Grant{Kind: permit.Read})
	for _, name := range []string{"environ", "cmdline", "maps", "auxv", "mem", "fd", "task/../environ"} {
		_, err := f.read("/proc/self/" + name)
		checkDenied(t, name, err, true)
	}
	for _, name := range []string{"exe", "root/etc/passwd", "cwd/go.mod"} {
		_, err := f.read("/proc/self/" + name)
		checkDenied(t, name, err, true)
	}
	if text, err := f.read("/proc/uptime"); text == "" {
		t.Errorf("/proc/uptime: %v", err)
	}
}

func TestReplaceKeepsTheModeAndLeavesNoTemporaryFile(t *testing.T) {
	f := newFiles(t)
	f.write("granted/a", "old")
	os.Chmod(f.path("granted/a"), 0o640)
	for _, name := range []string{"granted/a", "granted/new/folder/b"} {
		if err := f.replace(f.path(name)); err != nil || f.text(name) != "new" {
			t.Errorf("%s: %v, %q", name, err, f.text(name))
		}
	}
	if info, _ := os.Stat(f.path("granted/a")); info.Mode() != 0o640 {
		t.Errorf("the mode is %v, want 0640", info.Mode())
	}
	p, _ := f.Resolve(f.path("granted/a"), true)
	err := p.Replace(permit.Replacement{Mode: 0o604, Write: func(w io.Writer) error {
		io.WriteString(w, "half")
		if info, _ := w.(*os.File).Stat(); info.Mode() != 0o600 {
			t.Errorf("the mode is %v while the file is written, want 0600", info.Mode())
		}
		return errors.New("stop")
	}})
	if err == nil || f.text("granted/a") != "new" {
		t.Errorf("a write that fails: %v, and the file has %q", err, f.text("granted/a"))
	}
	if err := p.Replace(permit.Replacement{Mode: 0o604, Write: func(io.Writer) error { return nil }}); err != nil {
		t.Error(err)
	}
	if info, _ := os.Stat(f.path("granted/a")); info.Mode() != 0o604 {
		t.Errorf("the mode is %v, want 0604", info.Mode())
	}
	if left, _ := filepath.Glob(f.path("granted/.*")); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
	os.Mkdir(f.path("granted/folder"), 0o755)
	if err := f.replace(f.path("granted/folder")); !errors.Is(err, permit.ErrSpecial) {
		t.Errorf("replace of a folder: %v, want ErrSpecial", err)
	}
}

func TestReplaceKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	f := newFiles(t)
	f.write("granted/a", "old")
	if err := os.Chown(f.path("granted/a"), 1234, 4321); err != nil {
		t.Fatal(err)
	}
	if err := f.replace(f.path("granted/a")); err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(f.path("granted/a"))
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 1234 || s.Gid != 4321 {
		t.Errorf("the owner is %d:%d, want 1234:4321", s.Uid, s.Gid)
	}
}

func TestAFolderWithProtectedFilesIsRefused(t *testing.T) {
	f := newFiles(t)
	f.write("granted/good/sub/a", "")
	f.write("granted/one/sub/moonlark.toml", "")
	f.write("granted/two/Secrets.toml", "")
	os.Mkdir(f.path("granted/three"), 0o755)
	os.Link(f.path("granted/program"), f.path("granted/three/p"))
	for name, denied := range map[string]bool{"good": false, "one": true, "two": true, "three": true} {
		p, err := f.Resolve(f.path("granted/"+name), true)
		if err != nil {
			t.Fatal(err)
		}
		err = p.CheckTree()
		if denied {
			checkDenied(t, name, err, false)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheEntriesOfAFolderThatAScriptMayUse(t *testing.T) {
	f := newFiles(t, permit.Grant{Kind: permit.Read, Value: "/"})
	for _, row := range []struct {
		folder, name string
		write, may   bool
	}{
		{f.script, "a", false, true}, {f.script, ".env", false, false}, {f.script, "moonlark.toml", false, false},
		{f.script, "secrets.toml", false, false}, {f.granted, ".env", false, true}, {f.granted, "moonlark.toml", false, true},
		{"/proc/1", "environ", false, false}, {"/proc/1", "fd", false, false},
		{f.granted, "moonlark.toml", true, false}, {f.granted, "secrets.toml", false, false}, {f.granted, "program", true, false},
	} {
		p, err := f.Resolve(row.folder, row.write)
		if err != nil {
			t.Fatal(err)
		}
		if child, ok := p.Child(row.name); ok != row.may || child.Path != filepath.Join(row.folder, row.name) {
			t.Errorf("%s in %s: got %v, %v, want %v", row.name, row.folder, child.Path, ok, row.may)
		}
	}
}

func TestTheDataFolderHasALimit(t *testing.T) {
	f := newFiles(t)
	reserve := func(path string, old, size int64) error {
		p, err := f.Resolve(path, true)
		if err != nil {
			t.Fatal(err)
		}
		return p.Reserve(old, size)
	}
	const max = permit.MaxData
	if err := reserve("a", -1, max+1); !errors.Is(err, permit.ErrFull) {
		t.Errorf("a file that is too large: %v", err)
	}
	if err := reserve(f.path("granted/a"), -1, max+1); err != nil {
		t.Errorf("a file outside of the data folder: %v", err)
	}
	f.write("data/big", "")
	if err := reserve("big", -1, max-100<<10); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(f.path("data/big"), max-100<<10); err != nil { // a file with a hole
		t.Fatal(err)
	}
	if err := reserve("b", -1, 90<<10); err != nil { // with the folder itself, 6 KiB are left
		t.Errorf("a file that fits: %v", err)
	}
	f.write("data/b", strings.Repeat("x", 90<<10))
	if err := reserve("c", -1, 5<<10); !errors.Is(err, permit.ErrFull) {
		t.Errorf("a file that does not fit: %v", err)
	}
	if err := reserve("b", 90<<10, 91<<10); err != nil {
		t.Errorf("a file that grows within its last block: %v", err)
	}
	if err := reserve("b", 90<<10, 101<<10); !errors.Is(err, permit.ErrFull) {
		t.Errorf("a file that becomes too large: %v", err)
	}
	// what a program has removed meanwhile is seen before a file is refused
	os.Remove(f.path("data/big"))
	if err := reserve("c", -1, max/2); err != nil {
		t.Errorf("after a file was removed: %v", err)
	}
}

func TestSmallFilesCountAsWholeBlocks(t *testing.T) {
	f := newFiles(t)
	for i := range 99 {
		f.write(fmt.Sprintf("data/%d", i), "")
	}
	p, err := f.Resolve("a", true)
	if err != nil {
		t.Fatal(err)
	}
	const room = permit.MaxData - 100*4096 // the files and the folder
	if err := p.Reserve(-1, room+1); !errors.Is(err, permit.ErrFull) {
		t.Errorf("a file that does not fit: %v", err)
	}
	if got, limited := p.Room(true); got != room || !limited {
		t.Errorf("there is room for %d bytes, want %d", got, room)
	}
	if err := p.Reserve(-1, room); err != nil {
		t.Errorf("a file that fits: %v", err)
	}
	f.write("granted/a", "")
	if p, err = f.Resolve(f.path("granted/a"), true); err != nil {
		t.Fatal(err)
	}
	if _, limited := p.Room(true); limited {
		t.Error("the room outside of the data folder is limited")
	}
}

func TestAbandonedTemporaryFilesAreRemoved(t *testing.T) {
	f := newFiles(t)
	for name, age := range map[string]time.Duration{"data/.moonlark-old.tmp": 2 * time.Hour, "data/.moonlark-new.tmp": 0, "data/old": 2 * time.Hour} {
		f.write(name, "x")
		at := time.Now().Add(-age)
		os.Chtimes(f.path(name), at, at)
	}
	p, err := f.Resolve("a", true)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Reserve(-1, 1); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(f.path("data/*"))
	if got := strings.Join(left, " "); got != f.path("data/.moonlark-new.tmp")+" "+f.path("data/old") {
		t.Errorf("left: %s", got)
	}
}

func TestADataFolderThatWasRemovedIsMadeAgain(t *testing.T) {
	f := newFiles(t)
	if _, err := f.Resolve("a", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a read before the first write: %v", err)
	}
	if _, err := os.Stat(f.data); err == nil {
		t.Error("a read has made the data folder")
	}
	for range 2 {
		if err := f.replace("a"); err != nil || f.text("data/a") != "new" {
			t.Errorf("%v, %q", err, f.text("data/a"))
		}
		if info, _ := os.Stat(f.data); info.Mode().Perm() != 0o700 {
			t.Errorf("the mode of the data folder is %v", info.Mode())
		}
		os.RemoveAll(f.data)
	}
	if p, err := f.Resolve("a", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a read after the folder was removed: %v", err)
	} else if free, err := p.Free(); err != nil || free == 0 {
		t.Errorf("the free space of a missing folder: %d, %v", free, err)
	}
}

func TestTheGrantOfAFileGrantsNothingElse(t *testing.T) {
	f := newFiles(t)
	f.write("outside/a", "a")
	f.write("outside/b", "b")
	b, err := permit.New(permit.Options{Script: "test.lua", Folder: f.script, Grants: []permit.Grant{{Kind: permit.Read, Value: f.path("outside/a")}}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	f.Broker = b
	if text, err := f.read(f.path("outside/a")); text != "a" {
		t.Errorf("%q, %v", text, err)
	}
	for _, path := range []string{f.path("outside/b"), f.outside} {
		_, err := b.Resolve(path, false)
		checkDenied(t, path, err, false)
	}
	_, err = b.Resolve("x", true)
	checkDenied(t, "a relative path without a data folder", err, false)
}

// Work that goes on after the end of the script opens no folder again.
func TestAClosedBrokerOpensNothing(t *testing.T) {
	f := newFiles(t)
	f.Close()
	if _, err := f.Resolve("a.txt", true); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(f.data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder: %v", err)
	}
}
