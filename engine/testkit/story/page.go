package story

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func (s *story) code(ts *testscript.TestScript, args []string) {
	var code strings.Builder
	for _, block := range luaBlocks(ts.ReadFile(args[0])) {
		if len(args) < 3 || strings.HasPrefix(block, "-- "+args[2]+"\n") {
			code.WriteString(block)
		}
	}
	if code.Len() == 0 {
		ts.Fatalf("%s has no Lua code %s", args[0], strings.Join(args[2:], ""))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(code.String()), 0o666))
}

// luaBlocks returns the blocks of Lua code in a Markdown page.
func luaBlocks(page string) []string {
	var blocks []string
	inside := false
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "```"):
			if inside = strings.HasPrefix(line, "```lua"); inside {
				blocks = append(blocks, "")
			}
		case inside:
			blocks[len(blocks)-1] += line
		}
	}
	return blocks
}

func (s *story) covers(ts *testscript.TestScript, args []string) {
	commands := moonlarkCommands(ts.ReadFile(args[0]))
	if len(commands) == 0 {
		ts.Fatalf("%s has no moonlark commands", args[0])
	}
	for _, command := range commands {
		if !slices.ContainsFunc(s.ran, func(ran []string) bool { return isContained(command, ran) }) {
			ts.Fatalf("the story does not run this command of %s: %s", args[0], strings.Join(command, " "))
		}
	}
}

var (
	// word matches a word of a shell command, with its quotes.
	word   = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)
	quoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)
)

// moonlarkCommands returns the words of each indented line of a Markdown page that begins with
// "moonlark". Two spaces, or a #, begin an explanation, which is not part of the command.
func moonlarkCommands(page string) [][]string {
	var commands [][]string
	for line := range strings.Lines(page) {
		command, ok := strings.CutPrefix(line, "    moonlark ")
		if !ok {
			continue
		}
		command, _, _ = strings.Cut(command, "  ")
		command, _, _ = strings.Cut(command, " #")
		words := []string{"moonlark"}
		for _, w := range word.FindAllString(command, -1) {
			words = append(words, quoted.ReplaceAllStringFunc(w, func(q string) string { return q[1 : len(q)-1] }))
		}
		commands = append(commands, words)
	}
	return commands
}

// isContained reports whether ran has all words of command, in the same order.
func isContained(command, ran []string) bool {
	for _, word := range ran {
		if len(command) > 0 && word == command[0] {
			command = command[1:]
		}
	}
	return len(command) == 0
}
