package cli

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commandLine matches a line of a page, a script or a unit of systemd that runs moonlark.
var commandLine = regexp.MustCompile(`^(?:    +|-- +|\$ |ExecStart=/usr/local/bin/)(?:[A-Z_]+=\S+ )*moonlark ([a-z].*)$`)

// inlineCommand matches a command line with arguments in the text of a page.
var inlineCommand = regexp.MustCompile("`moonlark ([a-z][^`]* [^`]*)`")

// continuedLine matches the end of a line that goes on in the next one.
var continuedLine = regexp.MustCompile(`\s*\\\n\s*`)

// Every command line that a page or an example script shows is one that the parser accepts.
func TestTheCommandLinesOfThePagesAreRight(t *testing.T) {
	files := pages(t)
	for _, pattern := range []string{"scripts/*.lua", "engine/install/units/*.service"} {
		more, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: no files, %v", pattern, err)
		}
		for _, path := range more {
			path, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, path)
		}
	}
	checked := make(map[string]bool) // many lines are the same, and a parser is slow to make
	for _, path := range files {
		if path == "CHANGELOG.md" {
			continue // of earlier versions too
		}
		text := continuedLine.ReplaceAllString(readPage(t, path), " ")
		for line := range strings.Lines(text) {
			match := commandLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
			if match == nil || checked[match[1]] {
				continue
			}
			checked[match[1]] = true
			err := parseCommandLine(match[1])
			// moonlark.toml can name the scripts
			if err != nil && !(strings.HasPrefix(err.Error(), `expected "<script>`) && strings.Contains(text, "moonlark.toml")) {
				t.Errorf("%s: moonlark %s: %v", path, match[1], err)
			}
		}
		for _, match := range inlineCommand.FindAllStringSubmatch(joinLines(text), -1) {
			if checked[match[1]] {
				continue
			}
			checked[match[1]] = true
			// text may leave out the script, and the value of the last flag
			err := parseCommandLine(match[1])
			if err != nil && !strings.HasPrefix(err.Error(), "expected ") && !strings.Contains(err.Error(), `got "EOL"`) {
				t.Errorf("%s: `moonlark %s`: %v", path, match[1], err)
			}
		}
	}
	if len(checked) < 60 {
		t.Errorf("only %d command lines were found", len(checked))
	}
}

// joinLines replaces the line ends within paragraphs by spaces.
func joinLines(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, "\n\n", "\x00"), "\n", " "), "\x00", "\n\n")
}

// describedAfter matches what stands behind a command line: a description after several spaces, a comment,
// or a shell operator and another command.
var describedAfter = regexp.MustCompile(`(?:\s{3,}|\s+(?:#|\||>|&&|<)\s).*$`)

// parseCommandLine parses the arguments of a command line like the program, and returns the error.
func parseCommandLine(text string) error {
	args := splitWords(describedAfter.ReplaceAllString(text, ""))
	if args[len(args)-1] == "--help" {
		args = args[:len(args)-1] // with it, the parser ends the program
	}
	if args[0] == "help" {
		return nil // whose arguments help.txtar tests
	}
	if err := checkGrantWords(args); err != nil {
		return err
	}
	_, err := newParser(newConsole()).Parse(args)
	return err
}

// splitWords splits a command line as a shell does: spaces separate words, except between quotes.
func splitWords(text string) (words []string) {
	var quote rune
	word, begun := "", false
	for _, r := range text + " " {
		switch {
		case quote == 0 && r == ' ':
			if begun {
				words = append(words, word)
			}
			word, begun = "", false
		case quote == 0 && (r == '\'' || r == '"'):
			quote, begun = r, true
		case r == quote:
			quote = 0
		default:
			word, begun = word+string(r), true
		}
	}
	return words
}
