//go:build unix

package permit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeProgram writes an executable file and returns its path.
func writeProgram(t *testing.T, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, target, path string) string {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func runGrants(values ...string) []Grant {
	var grants []Grant
	for _, value := range values {
		grants = append(grants, Grant{Kind: Run, Value: value})
	}
	return grants
}

// checkDenied fails the test unless err is a *Denied with these texts.
func checkDenied(t *testing.T, err error, what, flag string) {
	t.Helper()
	var denied *Denied
	if !errors.As(err, &denied) || denied.What != what || denied.Flag != flag || denied.Led {
		t.Errorf("got %v, want that the script may not %s without %s", err, what, flag)
	}
}

func TestAProgramIsComparedByItsPath(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	tool, same := writeProgram(t, folder, "tool"), writeProgram(t, other, "tool")
	alias := link(t, tool, filepath.Join(folder, "alias"))
	t.Setenv("PATH", other) // PATH does not count
	b := newBroker(t, Options{Folder: folder, Grants: runGrants(tool, "cat")})
	for name, want := range map[string]string{
		tool: tool, "./tool": tool, "../" + filepath.Base(folder) + "/tool": tool, folder + "//x/../tool": tool, "cat": "/usr/bin/cat", "/usr/bin/cat": "/usr/bin/cat",
	} {
		if got, err := b.Program(name); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	for name, path := range map[string]string{same: same, alias: alias, "./alias": alias, "ls": "/usr/bin/ls"} {
		_, err := b.Program(name)
		value := name
		if name == "./alias" {
			value = alias
		}
		checkDenied(t, err, "run "+path, "--allow-run="+value)
	}
}

func TestAProgramThatIsReplacedByALinkIsStillNamedByItsPath(t *testing.T) {
	folder := t.TempDir()
	tool := writeProgram(t, folder, "tool")
	b := newBroker(t, Options{Grants: runGrants(tool)})
	sh := link(t, "/bin/sh", filepath.Join(folder, "other"))
	if _, err := b.Program(sh); err == nil {
		t.Error("a link to another program may be run")
	}
	if _, err := b.Program("/bin/sh"); err == nil {
		t.Error("another program may be run")
	}
}

func TestProgramsRunInTheDataFolder(t *testing.T) {
	folder, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	for _, row := range []struct{ data, want string }{{data, data}, {"", folder}} {
		got, err := newBroker(t, Options{Folder: folder, Data: row.data}).WorkingFolder()
		if got != row.want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, row.want)
		}
		if _, err := os.Stat(got); err != nil {
			t.Error(err)
		}
	}
}

func TestProgramsThatAreNotThere(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	granted := newBroker(t, Options{Folder: folder, Grants: runGrants("")})
	for name, want := range map[string]error{"no-such-program": fs.ErrNotExist, folder + "/none": fs.ErrNotExist, plain: fs.ErrPermission} {
		_, err := granted.Program(name)
		var denied *Denied
		if !errors.Is(err, want) || errors.As(err, &denied) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	for _, name := range []string{"", ".", "..", folder, "/dev/null"} {
		if path, err := granted.Program(name); err == nil {
			t.Errorf("%q is the program %s", name, path)
		}
	}
	none := newBroker(t, Options{})
	_, err := none.Program("no-such-program")
	checkDenied(t, err, "run no-such-program", "--allow-run=no-such-program")
	checkDenied(t, none.CheckAnyProgram(), "run programs", "--allow-run=PROGRAM")
	for _, b := range []*Broker{granted, newBroker(t, Options{Grants: runGrants("cat")})} {
		if err := b.CheckAnyProgram(); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]string{
		"no-such-program": `--allow-run=no-such-program: there is no program "no-such-program" in /usr/local/bin, /usr/bin, /bin`,
		plain:             "--allow-run=" + plain + ": " + plain + " is not executable: permission denied",
	} {
		if _, err := tryBroker(t, Options{Grants: runGrants(name)}); err == nil || err.Error() != want {
			t.Errorf("a grant of %s: got %v, want %s", name, err, want)
		}
	}
}

func TestAProgramThatTheScriptCouldChangeIsAnError(t *testing.T) {
	dir := t.TempDir()
	folders := map[string]string{}
	for _, name := range []string{"writable", "readable", "data"} {
		folders[name] = filepath.Join(dir, name)
		if err := os.Mkdir(folders[name], 0o755); err != nil {
			t.Fatal(err)
		}
		writeProgram(t, folders[name], "tool")
	}
	link(t, "../writable/tool", filepath.Join(folders["readable"], "link"))
	link(t, "link", filepath.Join(folders["readable"], "link2"))
	link(t, folders["readable"]+"/tool", filepath.Join(folders["writable"], "out"))
	link(t, folders["writable"]+"/out", filepath.Join(folders["readable"], "through"))
	link(t, folders["writable"], filepath.Join(folders["readable"], "folder"))
	link(t, folders["data"]+"/tool", filepath.Join(folders["readable"], "data"))
	for program, want := range map[string]string{
		"readable/tool":        "",
		"writable/tool":        "--allow-write=" + folders["writable"],
		"readable/link":        "--allow-write=" + folders["writable"],
		"readable/link2":       "--allow-write=" + folders["writable"],
		"readable/through":     "--allow-write=" + folders["writable"],
		"readable/folder/tool": "--allow-write=" + folders["writable"],
		"data/tool":            "its data folder",
		"readable/data":        "its data folder",
	} {
		grants := append(runGrants(filepath.Join(dir, program)), Grant{Kind: Write, Value: folders["writable"]}, Grant{Kind: Read, Value: folders["readable"]})
		_, err := tryBroker(t, Options{Data: folders["data"], Grants: grants})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", program, err, want)
		}
	}
	writable := filepath.Join(folders["writable"], "tool")
	for name, grants := range map[string][]Grant{
		"the file alone":   {{Kind: Write, Value: writable}},
		"all files":        {{Kind: Write}},
		"the outer folder": {{Kind: Write, Value: dir}},
	} {
		if _, err := tryBroker(t, Options{Grants: append(grants, runGrants(writable)...)}); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
	if _, err := tryBroker(t, Options{Grants: append(All(""), runGrants(writable)...)}); err != nil {
		t.Errorf("with all permissions: %v", err)
	}
}

func TestAGrantOfAProgramThatCanRunOthersIsAWarning(t *testing.T) {
	folder := t.TempDir()
	var grants []Grant
	for _, name := range []string{"sh", "python3.11", "lua5.4", "git", "moonlark", "env", "apt-get", "player", "python-config", "fish-tank", "busybox"} {
		grants = append(grants, runGrants(writeProgram(t, folder, name))...)
	}
	grants = append(grants, runGrants(
		link(t, folder+"/python3.11", folder+"/snake"), link(t, folder+"/busybox", folder+"/ls"),
	)...)
	b := newBroker(t, Options{Grants: grants})
	var names []string
	for _, warning := range b.Warnings() {
		name, ok := strings.CutPrefix(warning, "--allow-run="+folder+"/")
		name, rest, _ := strings.Cut(name, " ")
		if !ok || !strings.HasPrefix(rest, "lets a script run any program, because ") {
			t.Errorf("got the warning %s", warning)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if want := "[apt-get busybox env git lua5.4 moonlark python3.11 sh snake]"; fmt.Sprint(names) != want {
		t.Errorf("got warnings about %s, want %s", names, want)
	}
}

func TestVariablesThatMakeAProgramRunOtherCodeNeedTheGrantOfAll(t *testing.T) {
	one, all := newBroker(t, Options{Grants: runGrants("cat")}), newBroker(t, Options{Grants: runGrants("")})
	for name, refused := range map[string]bool{
		"LD_PRELOAD": true, "LD_LIBRARY_PATH": true, "DYLD_INSERT_LIBRARIES": true, "BASH_ENV": true, "ENV": true, "IFS": true,
		"PYTHONPATH": true, "PERL5LIB": true, "RUBYOPT": true, "NODE_OPTIONS": true, "GIT_SSH_COMMAND": true, "PATH": true, "Path": true,
		"ld_preload": true, "BASH_FUNC_x%%": true,
		"LANG": false, "HOME": false, "LDAP": false, "ENVIRONMENT": false, "X": false, "DISPLAY": false, "DIGIT": false,
	} {
		err := one.CheckProgramVariable(name)
		if refused {
			checkDenied(t, err, "set the variable "+name+" of a program", "--allow-run")
		} else if err != nil {
			t.Error(err)
		}
		if err := all.CheckProgramVariable(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "A=B", "A B", "A\x00"} {
		if err := all.CheckProgramVariable(name); err == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestBatchFilesOfWindowsAreRefused(t *testing.T) {
	for path, want := range map[string]string{
		`C:\x\tool.exe`: "", `C:\x\TOOL.EXE`: "", `C:\x\more.com`: "",
		`C:\x\tool.bat`: "is a batch file", `C:\x\tool.CMD`: "is a batch file", `C:\x\tool`: "does not have the extension",
		`C:\x\tool.bat `: "does not have the extension", `C:\x\tool.bat.`: "does not have the extension", `C:\x\tool.ps1`: "does not have the extension",
	} {
		err := checkExtension(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}
