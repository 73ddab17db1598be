package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"moonlark/engine/install"
)

// A unit file must start the program with flags that exist, and may contain only settings that
// systemd knows. It must not restart the program after an error that would occur again.
func TestTheUnitFilesFitTheProgram(t *testing.T) {
	checkUnit(t, install.SystemUnit, "/etc/moonlark")
	checkUnit(t, install.UserUnit, "%h/.config/moonlark")
	project := newCommand{Name: "lobby", Template: "kiosk"}
	unit := project.files()["lobby.service"]
	checkUnit(t, unit, "/etc/lobby")
	if rest := strings.NewReplacer("/usr/local/bin/moonlark", "", "moonlark.toml", "", "man:moonlark", "").Replace(unit); strings.Contains(rest, "moonlark") {
		t.Errorf("the unit of a project has the names of moonlark's own:\n%s", rest)
	}
}

// checkUnit checks the text of a unit file. folder is the folder in which the program runs.
func checkUnit(t *testing.T, text, folder string) {
	t.Helper()
	unit := readUnit(t, text)
	for name, want := range map[string]string{
		"Type": "notify", "NotifyAccess": "main", "Restart": "always", "NoNewPrivileges": "yes",
		"RestartPreventExitStatus": fmt.Sprint(exitUsage, " ", exitConfig), "ExecReload": "/bin/kill -HUP $MAINPID",
	} {
		if got := unit["[Service]"+name]; got != want {
			t.Errorf("%s=%s, want %s", name, got, want)
		}
	}
	line := strings.Fields(unit["[Service]ExecStart"])
	parser, err := kong.New(new(commands))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append(line[1:], "main.lua")); err != nil { // moonlark.toml can name the scripts
		t.Errorf("%q: %v", line, err)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return
	}
	installed := strings.NewReplacer(line[0], os.Args[0], "/bin/kill", os.Args[0], "="+folder, "="+t.TempDir())
	file := filepath.Join(t.TempDir(), "moonlark.service")
	if err := os.WriteFile(file, []byte(installed.Replace(text)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput(); err != nil || bytes.Contains(out, []byte(file)) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// readUnit returns the settings of a unit file. Its keys have the form "[Service]Type".
func readUnit(t *testing.T, text string) map[string]string {
	t.Helper()
	unit, section := make(map[string]string), ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, "=")
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = line
		case ok && section != "":
			unit[section+name] = value
		default:
			t.Errorf("%q is neither a section nor a setting", line)
		}
	}
	return unit
}
