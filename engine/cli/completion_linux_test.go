package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// completions has what is typed before the Tab key, and the words of the line after it.
var completions = []struct{ name, typed, want string }{
	{"a command", "moonlark doct", "moonlark doctor"},
	{"a flag", "moonlark run --no-w", "moonlark run --no-watch"},
	{"a value", "moonlark run --echo spe", "moonlark run --echo speex"},
	{"a value after =", "moonlark run --echo=spe", "moonlark run --echo=speex"},
	{"a script", "moonlark run lob", "moonlark run lobby.lua"},
	{"a script in a folder", "moonlark run --text more/", "moonlark run --text more/a b.lua"},
	{"a file", "moonlark run --settings no", "moonlark run --settings notes.txt"},
	{"a file after =", "moonlark run --settings=no", "moonlark run --settings=notes.txt"},
	{"a folder", "moonlark run --data mo", "moonlark run --data more/"},
	{"a function of Lua", "moonlark help lua base64.d", "moonlark help lua base64.decode"},
}

// The shells run as for a user at a terminal: the test types, presses the Tab key, and puts a
// function that prints its arguments before the line.
func TestShellsCompleteCommandLines(t *testing.T) {
	if testing.Short() {
		t.Skip("starts shells")
	}
	program := filepath.Dir(testkit.Moonlark(t))
	for _, shell := range []struct {
		name  string
		args  []string
		start string // a line that makes the shell complete the command lines of moonlark
	}{
		{"bash", []string{"--noprofile", "--norc", "-i"}, `source <(moonlark completion bash)`},
		{"zsh", []string{"-f", "-i"}, `autoload -Uz compinit; compinit -u -D; source <(moonlark completion zsh)`},
	} {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell.name)
			if err != nil {
				t.Skipf("%s is not installed", shell.name)
			}
			folder := completionFolder(t)
			p := testkit.Start(t, testkit.Command{Path: path, Args: shell.args, Dir: folder, Input: testkit.Terminal,
				Env: []string{"PATH=" + program + ":" + os.Getenv("PATH"), "HOME=" + folder, "TERM=dumb", "LC_ALL=C.UTF-8"}})
			p.Enter(shell.start + `; args() { printf '%s\n' "$*" >line; echo 'typed''-line'; }; echo ready''-now`)
			match(t, p, "ready-now")
			for _, row := range completions {
				p.Type(row.typed + "\t\x01args \r") // Ctrl-A goes to the beginning of the line
				match(t, p, "typed-line")
				// zsh removes the slash of a folder when the line is complete.
				text, err := os.ReadFile(filepath.Join(folder, "line"))
				if got := strings.TrimSpace(string(text)); err != nil || strings.TrimSuffix(got, "/") != strings.TrimSuffix(row.want, "/") {
					t.Errorf("%s: %q becomes %q, %v, want %q", row.name, row.typed, got, err, row.want)
				}
			}
			p.Kill()
		})
	}
}

func match(t *testing.T, p *testkit.Process, text string) {
	t.Helper()
	if _, err := p.Stdout.Match(regexp.MustCompile(text), p.Done); err != nil {
		t.Fatalf("%v in\n%s", err, p.Stdout.String())
	}
}

// completionFolder returns a folder with files to complete.
func completionFolder(t *testing.T) string {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "more"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lobby.lua", "lobby.txt", "notes.txt", "more/a b.lua", "more/a b.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// fish has a command that prints how a line can be completed.
func TestFishCompletesCommandLines(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a shell")
	}
	fish, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("fish is not installed")
	}
	folder := completionFolder(t)
	for _, row := range completions {
		cmd := exec.Command(fish, "--no-config", "-c", `moonlark completion fish | source; complete -C $argv[1]`, row.typed)
		cmd.Dir = folder
		cmd.Env = []string{"PATH=" + filepath.Dir(testkit.Moonlark(t)) + ":" + os.Getenv("PATH"), "HOME=" + folder}
		out, err := cmd.CombinedOutput()
		// Each line has a word and its meaning. The word takes the place of the last word of the line.
		word, _, _ := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\t")
		got := row.typed[:strings.LastIndex(row.typed, " ")+1] + word
		if err != nil || got != row.want || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: %q becomes %q, %v, want %q", row.name, row.typed, got, err, row.want)
		}
	}
}
