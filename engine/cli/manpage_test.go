package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/cli/manpage"
)

// manualPage returns the roff text of the manual page.
func manualPage(t *testing.T) string {
	t.Helper()
	var page bytes.Buffer
	err := manpage.Page{Version: "v1.2.3", Date: "2026-05-01"}.Write(&page, newParser(newConsole()).Model.Node)
	if err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestTheManualPageHasAllCommandsFlagsAndExitCodes(t *testing.T) {
	page := manualPage(t)
	want := []string{`.TH MOONLARK 1 "2026-05-01" "moonlark v1.2.3"`, `.SS "moonlark tools export [flags] script ..."`, `\fB\-\-agent\fR=\fIID\fR`, `\fB\-\-echo\fR=`}
	for _, command := range newParser(newConsole()).Model.Leaves(true) {
		want = append(want, ".SS \"moonlark "+command.Path())
		for _, flag := range command.Flags {
			if flag.Hidden {
				continue
			}
			want = append(want, `\fB\-\-`+strings.ReplaceAll(flag.Name, "-", `\-`)+`\fR`)
		}
	}
	for _, code := range []int{exitOK, exitFailed, exitUsage, exitConfig} {
		want = append(want, fmt.Sprintf(".B %d\n", code))
	}
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not have %s", text)
		}
	}
	if n := strings.Count(page, `.TP`+"\n"+`\fB\-\-log\-level\fR`); n != 1 {
		t.Errorf("the page describes --log-level %d times, want once", n)
	}
}

// The formatters of several systems read the page without a warning.
func TestTheManualPageIsValid(t *testing.T) {
	if testing.Short() {
		t.Skip("starts programs")
	}
	file := filepath.Join(t.TempDir(), "moonlark.1")
	if err := os.WriteFile(file, []byte(manualPage(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"mandoc", "-Tlint", "-Wwarning", file},
		{"groff", "-man", "-ww", "-z", file},
		{"man", "--warnings", "--local-file", file},
	} {
		t.Run(args[0], func(t *testing.T) {
			program, err := exec.LookPath(args[0])
			if err != nil {
				t.Skipf("%s is not installed", args[0])
			}
			var stdout, stderr bytes.Buffer
			cmd := exec.Command(program, args[1:]...)
			cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=100")
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err = cmd.Run()
			warnings := stderr.String()
			if args[0] == "mandoc" { // it writes them to stdout
				warnings = stdout.String()
			}
			if err != nil || warnings != "" {
				t.Errorf("%v: %v\n%s", args, err, warnings)
			}
			if args[0] == "man" && !strings.Contains(stdout.String(), "--agent=ID") {
				t.Errorf("man shows\n%s", stdout.String())
			}
		})
	}
}
