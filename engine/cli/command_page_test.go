package cli

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// eachCommand calls yield for each command, with the words that run it.
func eachCommand(node *kong.Node, words []string, yield func(node *kong.Node, words []string)) {
	for _, child := range node.Children {
		if !child.Hidden {
			path := append(words[:len(words):len(words)], child.Name)
			yield(child, path)
			eachCommand(child, path, yield)
		}
	}
}

func TestEveryFlagAndCommandHasHelp(t *testing.T) {
	eachCommand(newParser(newConsole()).Model.Node, nil, func(node *kong.Node, words []string) {
		if node.Help == "" {
			t.Errorf("moonlark %s has no help", strings.Join(words, " "))
		}
		for _, flag := range node.Flags {
			if flag.Help == "" {
				t.Errorf("moonlark %s --%s has no help", strings.Join(words, " "), flag.Name)
			}
		}
		for _, argument := range node.Positional {
			if argument.Help == "" {
				t.Errorf("moonlark %s: the argument %s has no help", strings.Join(words, " "), argument.Name)
			}
		}
	})
}

// docs/command.md mentions every command and every flag, or a page that it refers to does.
func TestTheManualMentionsEveryFlagAndCommand(t *testing.T) {
	page := readPage(t, "docs/command.md")
	text := page + readPage(t, "docs/permissions.md") + readPage(t, "docs/device.md") + readPage(t, "docs/http.md")
	eachCommand(newParser(newConsole()).Model.Node, nil, func(node *kong.Node, words []string) {
		command := "moonlark " + strings.Join(words, " ")
		if node.Leaf() && !strings.Contains(page, "    "+command) {
			t.Errorf("docs/command.md does not list %s", command)
		}
		for _, flag := range node.Flags {
			if !flag.Hidden && !mentions(text, "--"+flag.Name) {
				t.Errorf("docs/command.md does not mention --%s of %s", flag.Name, command)
			}
		}
	})
}

// mentions reports whether the text has the flag, and not only another flag that begins like it.
func mentions(text, flag string) bool {
	for rest := text; ; {
		i := strings.Index(rest, flag)
		if i < 0 {
			return false
		}
		rest = rest[i+len(flag):]
		if rest == "" || rest[0] != '-' && (rest[0] < 'a' || rest[0] > 'z') {
			return true
		}
	}
}
