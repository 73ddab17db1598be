package yaml

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"go.yaml.in/yaml/v3"

	"moonlark/engine/safetext"
)

// A failure is an error that decode returns to the script.
type failure struct{ code, why string }

func (f *failure) Error() string { return f.why }

func tooLarge(format string, args ...any) error {
	return &failure{"too_large", fmt.Sprintf(format, args...)}
}

func invalid(n *yaml.Node, format string, args ...any) error {
	return &failure{"invalid", fmt.Sprintf("line %d: ", n.Line) + fmt.Sprintf(format, args...)}
}

// countParts returns how many characters and line ends of text could separate two values. Text has
// at most three values for each of them: a mapping, a key and a value.
func countParts(text string) int {
	parts := -strings.Count(text, "\r\n")
	for _, separator := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029", ",", ":", "?", "[", "{", "- ", "-\t"} {
		parts += strings.Count(text, separator)
	}
	return parts
}

// version matches the directive of a document that says which YAML it is.
var version = regexp.MustCompile(`(?m)^%YAML 1\.[2-9]`)

// parse returns the documents in text as trees of nodes, in which aliases are not expanded.
func (m module) parse(L *lua.LState, text string) (documents []*yaml.Node, err error) {
	if err := checkLimits(text); err != nil {
		return nil, err
	}
	utf8, err := safetext.UTF8([]byte(text))
	if err != nil {
		return nil, &failure{"invalid", err.Error()}
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *lua.ApiError: // of Checkpoint
			panic(e)
		default: // a mistake of the library
			err = &failure{"invalid", fmt.Sprintf("the text cannot be read: %v", e)}
		}
	}()
	// the library refuses a document that says that it is YAML 1.2, but reads it without these
	// words
	text = version.ReplaceAllString(string(utf8), "%YAML 1.1")
	decoder := yaml.NewDecoder(&stream{Checkpointer: m, L: L, input: strings.NewReader(text)})
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			return nil, explain(err, text)
		}
		documents = append(documents, &document)
	}
}

// checkLimits returns an error if it would take much time or memory to parse text. The library
// needs about 200 bytes for each value, and refuses more than 10,000 nested values. Its time grows
// with the length of the text, except that it compares all %TAG directives with each other.
func checkLimits(text string) error {
	if len(text) > maxText {
		return tooLarge("the text has %d bytes; the maximum is %d", len(text), maxText)
	}
	if parts := countParts(text); parts > maxParts {
		return tooLarge("the text has %d lines, commas, colons and brackets; the maximum is %d", parts, maxParts)
	}
	const maxDirectives = 100
	if n := strings.Count(text, "%TAG"); n > maxDirectives {
		return tooLarge("the text has %d %%TAG directives; the maximum is %d", n, maxDirectives)
	}
	return nil
}

// lineBefore are the messages for which the library names the line before the right one.
var lineBefore = []string{
	"did not find expected <document start>", "did not find expected node content", "did not find expected key",
	"did not find expected '-' indicator", "did not find expected ',' or ']'", "did not find expected ',' or '}'",
}

// explain returns an error of the library as a failure, with the right line.
func explain(err error, text string) error {
	// the library quotes parts of the text as they are
	why := safetext.Line(safetext.Cut(strings.TrimPrefix(err.Error(), "yaml: "), 300, "..."))
	if strings.HasPrefix(why, "exceeded max depth") {
		return tooLarge("more than %d nested lists and mappings", maxDepth)
	}
	line := 1 // the library does not write the number of the first line
	if rest, ok := strings.CutPrefix(why, "line "); ok {
		number, message, _ := strings.Cut(rest, ": ")
		line, _ = strconv.Atoi(number)
		if why = message; slices.Contains(lineBefore, message) {
			line = min(line+1, 1+strings.Count(strings.TrimRight(text, "\r\n"), "\n"))
		}
	} else if !hasPlace(why) {
		return &failure{"invalid", why}
	}
	return &failure{"invalid", fmt.Sprintf("line %d: %s", line, why)}
}

// hasPlace reports whether a message of the library is about a place in the text.
func hasPlace(why string) bool {
	for _, prefix := range []string{"did not find", "could not find", "found", "mapping", "block"} {
		if strings.HasPrefix(why, prefix) {
			return true
		}
	}
	return false
}
