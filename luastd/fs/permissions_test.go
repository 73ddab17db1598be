//go:build unix

package fs_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"moonlark/luastd/luastdtest"
)

// What the script itself has named, and may not use, raises an error with the flag that grants it.
// What a link has led to is a failure.
func TestFilesThatAScriptMayNotUse(t *testing.T) {
	top := realTempDir(t)
	dir, outside := filepath.Join(top, "granted"), filepath.Join(top, "outside")
	for _, name := range []string{"a", "moonlark.toml", "sub/moonlark.toml", "sub/secrets.toml", "secrets.toml"} {
		write(t, filepath.Join(dir, name), "old")
	}
	write(t, filepath.Join(outside, "a"), "old")
	for name, target := range map[string]string{"file": "../outside/a", "folder": "../outside", "absolute": filepath.Join(dir, "a"), "secret": "sub/secrets.toml", "settings": "sub/moonlark.toml"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := granted(t, dir, false)
	s.Run(`out = ` + quote(outside))
	write(t, filepath.Join(s.Folder, ".env"), "old")
	write(t, filepath.Join(s.Folder, "moonlark.toml"), "old")
	write(t, filepath.Join(s.DataFolder, "a"), "old")
	for _, source := range []string{
		`fs.read(out .. "/a")`, `fs.read(dir .. "/../outside/a")`, `fs.read("../../../../../../etc/passwd")`, `fs.read("/etc/passwd")`, `fs.read("a/../../a")`,
		`fs.write(out .. "/a", "x")`, `fs.append(out .. "/a", "x")`, `fs.open(out .. "/a")`, `fs.open(out .. "/a", "w")`, `fs.lines(out .. "/a")`,
		`fs.list(out)`, `fs.glob(out .. "/*")`, `fs.stat(out .. "/a")`, `fs.exists(out .. "/a")`, `fs.mkdir(out .. "/b")`, `fs.remove(out .. "/a")`,
		`fs.rename(out .. "/a", "x")`, `fs.rename("a", out .. "/x")`, `fs.copy(out .. "/a", "x")`, `fs.copy("a", out .. "/x")`, `fs.watch(out, print)`, `fs.free(out)`,
		`fs.read("./.env")`, `fs.read("./moonlark.toml")`, `fs.write("./x", "x")`,
		`fs.read(dir .. "/secrets.toml")`, `fs.write(dir .. "/secrets.toml", "x")`, `fs.rename(dir .. "/secrets.toml", "x")`, `fs.copy(dir .. "/secrets.toml", "x")`,
		`fs.write(dir .. "/moonlark.toml", "x")`, `fs.append(dir .. "/MOONLARK.toml", "x")`, `fs.open(dir .. "/moonlark.toml", "r+")`, `fs.remove(dir .. "/moonlark.toml")`,
		`fs.rename(dir .. "/moonlark.toml", dir .. "/x")`, `fs.rename(dir .. "/a", dir .. "/moonlark.toml")`, `fs.copy(dir .. "/a", dir .. "/moonlark.toml")`,
		`fs.remove(dir .. "/sub", {recursive = true})`, `fs.rename(dir .. "/sub", dir .. "/sub2")`,
	} {
		name := source[:strings.IndexByte(source, '(')]
		if got := s.Run("return " + source); !strings.HasPrefix(got, "a.lua:1: "+name+": test.lua may not ") {
			t.Errorf("%s: got %s, want an error", source, got)
		}
	}
	if got, want := s.Run(`fs.read(out .. "/a")`), "Start with --allow-read="+outside; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want the flag %s", got, want)
	}
	for _, source := range []string{
		`fs.read(dir .. "/file")`, `fs.read(dir .. "/folder/a")`, `fs.read(dir .. "/absolute")`, `fs.read(dir .. "/secret")`,
		`fs.write(dir .. "/file", "x")`, `fs.append(dir .. "/file", "x")`, `fs.open(dir .. "/file", "w")`, `fs.write(dir .. "/settings", "x")`, `fs.append(dir .. "/settings", "x")`,
		`fs.stat(dir .. "/file")`, `fs.exists(dir .. "/folder/a")`, `fs.list(dir .. "/folder")`, `fs.mkdir(dir .. "/folder/b")`, `fs.remove(dir .. "/folder/a")`,
		`fs.rename(dir .. "/a", dir .. "/folder/a")`, `fs.copy(dir .. "/a", dir .. "/folder/a")`, `fs.watch(dir .. "/file", print)`,
	} {
		if got := s.Run("return " + source); !strings.HasPrefix(got, "nil, denied: test.lua may not ") || !strings.HasSuffix(got, ", denied") || strings.Contains(got, "--allow") {
			t.Errorf("%s: got %s, want a failure", source, got)
		}
	}
	for _, path := range []string{filepath.Join(outside, "a"), filepath.Join(dir, "a"), filepath.Join(dir, "moonlark.toml"), filepath.Join(dir, "sub/moonlark.toml"), filepath.Join(dir, "sub/secrets.toml")} {
		if text(path) != "old" {
			t.Errorf("%s has changed: %s", path, text(path))
		}
	}
	// a link itself can be removed and renamed, and its folder can be searched
	if got := s.Run(`return fs.rename(dir .. "/file", dir .. "/file2"), fs.remove(dir .. "/file2"), #fs.glob(dir .. "/*/a"), #fs.glob(dir .. "/**/a")`); got != "true, true, 0, 1" {
		t.Errorf("links: %s", got)
	}
	if text(filepath.Join(outside, "a")) != "old" {
		t.Error("the target of a link was removed")
	}
}

func TestListsLeaveOutWhatAScriptMayNotUse(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, name := range []string{".env", ".git/config", "moonlark.toml", "secrets.toml", "a.txt"} {
		write(t, filepath.Join(s.Folder, name), "old")
	}
	got := s.Run(`
		local names = {}
		for _, e in ipairs(fs.list(".", {recursive = true})) do names[#names + 1] = e.path end
		return table.concat(names, " "), table.concat(fs.glob("./**"), " "), table.concat(fs.glob("./.*"), " ")`)
	if want := "./a.txt ./test.lua, ./a.txt ./test.lua, "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSpecialFiles(t *testing.T) {
	dir := realTempDir(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := granted(t, dir, true)
	for _, row := range []struct{ source, want string }{
		{`fs.read(dir .. "/pipe")`, "not_a_file"}, {`fs.open(dir .. "/pipe")`, "not_a_file"}, {`fs.copy(dir .. "/pipe", "x")`, "not_a_file"},
		{`fs.write(dir .. "/pipe", "x")`, "not_a_file"}, {`fs.append(dir .. "/pipe", "x")`, "not_a_file"}, {`fs.open(dir .. "/pipe", "w")`, "not_a_file"},
		{`fs.rename(dir .. "/pipe", "x")`, "not_a_file"},
		{`fs.read("/dev/zero")`, "not_a_file"}, {`fs.read("/dev/tty")`, "not_a_file"},
	} {
		if got := s.Run("return " + row.source); !strings.HasSuffix(got, ", "+row.want) || !strings.HasPrefix(got, "nil, ") {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
	if got := s.Run(`return fs.stat(dir .. "/pipe").type, fs.stat("/dev/zero").type, fs.list(dir)[1].type`); got != "other, other, other" {
		t.Errorf("types: %s", got)
	}
}

func TestFilesOfProcesses(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc")
	}
	s := granted(t, realTempDir(t), true)
	for _, source := range []string{`fs.read("/proc/self/environ")`, `fs.open("/proc/self/environ")`, `fs.copy("/proc/self/environ", "x")`, `fs.lines("/proc/1/environ")`, `fs.read("/proc/self/mem")`, `fs.list("/proc/self/fd")`} {
		if got := s.Run("return " + source); !strings.Contains(got, "denied: ") {
			t.Errorf("%s: got %s", source, got)
		}
	}
	// files without a size are read to their end
	if got := s.Run(`return #fs.read("/proc/meminfo") > 100, fs.lines("/proc/meminfo")():match("^MemTotal") ~= nil, fs.stat("/proc/meminfo").size`); got != "true, true, 0" {
		t.Errorf("/proc/meminfo: %s", got)
	}
	if got := s.Run(`return fs.read("/proc/meminfo", {max = 10})`); got != "nil, too_large: there are more than 10 bytes, too_large" {
		t.Errorf("a limit: %s", got)
	}
}

func TestTheProgramCannotBeChanged(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := realTempDir(t)
	if err := os.Link(program, filepath.Join(dir, "program")); err != nil {
		t.Skip(err) // another file system
	}
	write(t, filepath.Join(dir, "a"), "")
	s := granted(t, dir, false)
	for _, source := range []string{`fs.write(dir .. "/program", "x")`, `fs.append(dir .. "/program", "x")`, `fs.open(dir .. "/program", "w")`, `fs.remove(dir .. "/program")`, `fs.rename(dir .. "/a", dir .. "/program")`} {
		if got := s.Run("return " + source); !strings.Contains(got, "test.lua may not change ") {
			t.Errorf("%s: got %s", source, got)
		}
	}
}

// Errors of the system that have no code of their own.
func TestFilesThatTheSystemDoesNotAllow(t *testing.T) {
	dir := realTempDir(t)
	s := granted(t, dir, false)
	if got := s.Run(`return fs.read(dir .. "/" .. ("x"):rep(300))`); !strings.HasSuffix(got, ", io") || !strings.Contains(got, "file name too long") {
		t.Errorf("a long name: %s", got)
	}
	if got := s.Run(`return fs.read(dir .. "/\27[31mred\n")`); strings.ContainsAny(got, "\x1b\n") || !strings.HasPrefix(got, "nil, not_found: ") {
		t.Errorf("control characters in a name: %q", got)
	}
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	write(t, filepath.Join(dir, "a"), "")
	os.Chmod(filepath.Join(dir, "a"), 0)
	if got := s.Run(`return fs.read(dir .. "/a")`); !strings.HasSuffix(got, ", denied") {
		t.Errorf("got %s, want denied", got)
	}
}

// Between two folders that are granted separately, a file is moved by a copy.
func TestRenameBetweenFolders(t *testing.T) {
	dir := realTempDir(t)
	s := granted(t, dir, false)
	for _, row := range []struct{ source, want string }{
		{`fs.write("a", "x", {mode = "0640"}), fs.rename("a", dir .. "/b/c")`, "true, true"},
		{`fs.read(dir .. "/b/c"), fs.exists("a"), fs.stat(dir .. "/b/c").mode`, "x, false, 0640"},
		{`fs.rename(dir .. "/b/c", "d")`, "true"},
		{`fs.read("d"), fs.exists(dir .. "/b/c")`, "x, false"},
		{`fs.rename(dir .. "/b", "e")`, "nil, unsupported: the folder " + dir + "/b cannot be moved"},
	} {
		if got := s.Run("return " + row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}
