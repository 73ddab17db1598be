package cli

import (
	"bytes"
	"strings"
	"testing"
)

// nextWords returns the words that can come after the words of a line, and last the kind of files. A
// line that ends with a space asks for the next word.
func nextWords(line string) []string {
	var out bytes.Buffer
	printNext(&out, newConsole(), strings.Split(line, " "))
	var words []string
	for text := range strings.Lines(out.String()) {
		word, _, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\t")
		words = append(words, word)
	}
	return words
}

func TestCommandLinesAreCompleted(t *testing.T) {
	for _, row := range []struct{ name, line, want string }{
		{"a command", "ver", "version :none"},
		{"a command of a command", "tools ex", "export :none"},
		{"a flag", "run --no-w", "--no-watch :none"},
		{"no flag that was given", "run --no-watch --no-w", ":none"},
		{"a flag that can be given again", "run --var a=1 --var b=2 --var", "--var :none"},
		{"no flag that excludes one that was given", "run --local --url", ":none"},
		{"a value from a list", "run --echo ", "auto server speex gate off :none"},
		{"a value from a list after =", "run --echo=s", "--echo=server --echo=speex :none"},
		{"a text", "run --say ", ":none"},
		{"scripts", "run ", ":lua"},
		{"scripts after a value", "run --say hello ma", ":lua"},
		{"scripts after a flag without a value", "run --no-watch ", ":lua"},
		{"scripts after a permission, which is no value", "run --allow-net ", ":lua"},
		{"no value of a permission", "run --allow-read=", ":none"},
		{"the second script", "run a.lua ", ":lua"},
		{"the script of call", "call ", ":lua"},
		{"no tool of call", "call a.lua ", ":none"},
		{"no second script of repl", "repl a.lua ", ":none"},
		{"tests", "test ", ":lua"},
		{"a file", "run --settings ", ":files"},
		{"a folder", "run --data=", ":folders"},
		{"the folder of the definitions", "tools export --out ", ":folders"},
		{"the folder of a bundle", "bundle make ", ":folders"},
		{"a bundle", "bundle verify ", ":files"},
		{"a bundle to publish", "fleet publish ", ":files"},
		{"a command of a device", "fleet exec kiosk-07 s", "start stop say :none"},
		{"a key", "bundle sign shop.mlb --key ", ":files"},
		{"no second way to sign", "bundle sign shop.mlb --key a.key --manif", ":none"},
		{"an argument after --", "run -- --no-w", ":lua"},
		{"a shell", "completion z", "zsh :none"},
		{"help of a command", "help ver", "version :none"},
		{"help of a module", "help lua base64.d", "base64.decode :none"},
		{"nothing after the module", "help lua base64 ", ":none"},
		{"an unknown flag", "run --unknown ", ":lua"},
		{"a value of an unknown flag", "run --unknown=", ":none"},
		{"an unknown command", "runn ", ":none"},
		{"a single minus sign", "completion -h", ":none"},
	} {
		if got := strings.Join(nextWords(row.line), " "); got != row.want {
			t.Errorf("%s: %q is completed with %q, want %q", row.name, row.line, got, row.want)
		}
	}
	if words := nextWords(""); len(words) < 12 || words[0] != "run" {
		t.Errorf("the commands are %q", words)
	}
	if words := nextWords("run --"); len(words) < 50 {
		t.Errorf("the flags of run are %q", words)
	}
}
