package script

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"moonlark/engine/guess"
	"moonlark/engine/lint"
)

// A LoadError is why a script could not be loaded: the mistake is in a file,
// and trying again will not help.
type LoadError struct {
	Text string // "lights.lua:12: what is wrong"
	Hint string // one guess at the mend, or ""
}

func (e *LoadError) Error() string { return e.Text }

// mostSource is the longest script, in bytes.
const mostSource = 1 << 20

// compile reads a Lua file. It touches no Lua state, so any goroutine may call
// it. Its errors are LoadErrors.
func compile(path string) (*lua.FunctionProto, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, missing(path, err)
	}
	if len(source) > mostSource {
		return nil, &LoadError{Text: fmt.Sprintf("%s: longer than %d bytes", path, mostSource), Hint: "large data belongs in a JSON file"}
	}
	source = bytes.TrimPrefix(source, []byte("\xEF\xBB\xBF"))
	if bytes.HasPrefix(source, []byte("#")) {
		source = append([]byte("--"), source...) // #!/usr/bin/env moonlark
	}
	chunk, err := lint.Parse(source, path)
	if err != nil {
		return nil, syntaxError(path, source, err)
	}
	proto, err := lua.Compile(chunk, path)
	if err != nil {
		return nil, syntaxError(path, source, err)
	}
	return proto, nil
}

// syntaxError puts a parser's complaint in the form of Lua's own.
func syntaxError(path string, source []byte, err error) error {
	line, text := bytes.Count(source, []byte("\n"))+1, err.Error()
	var syntax *parse.Error
	var compile *lua.CompileError
	var bound *lint.Problem
	switch {
	case errors.As(err, &bound):
		line, text = bound.Line, bound.Text
	case errors.As(err, &syntax) && syntax.Pos.Line != parse.EOF:
		line, text = syntax.Pos.Line, fmt.Sprintf("%s near '%s'", lint.SyntaxWords(syntax.Message), syntax.Token)
	case errors.As(err, &syntax):
		text = lint.SyntaxWords(syntax.Message) + " near the end of the file"
	case errors.As(err, &compile):
		line, text = compile.Line, compile.Message
	}
	e := &LoadError{Text: fmt.Sprintf("%s:%d: %s", path, line, text)}
	if strings.Contains(text, "end of the file") {
		e.Hint = "is an 'end' or a bracket missing?"
	}
	return e
}

// missing is the error for a script that cannot be read.
func missing(path string, err error) error {
	e := &LoadError{Text: fmt.Sprintf("%s: %v", path, errors.Unwrap(err))}
	if errors.Is(err, os.ErrNotExist) {
		e.Text = path + ": no such file"
		if near := nearFile(path); near != "" {
			e.Hint = "there is a " + near
		}
	}
	return e
}

var position = regexp.MustCompile(`^(.+?\.lua:\d+:|.+:\d+:) `)

// loadError is what a script's top level raised.
// known are the globals there are.
func loadError(path string, err error, known []string) error {
	var load *LoadError
	if errors.As(err, &load) {
		return load
	}
	text := errorText(err)
	if !position.MatchString(text) {
		text = path + ": " + text
	}
	e := &LoadError{Text: text}
	if name := misspelt(text, known); name != "" {
		e.Text = strings.Replace(text, notAFunction, "there is no function '"+name+"'", 1)
		if near := guess.Nearest(name, known); near != "" {
			e.Hint = "did you mean '" + near + "'?"
		}
	}
	return e
}

// notAFunction is all that gopher-lua says of a call of nil.
const notAFunction = "attempt to call a non-function object"

var (
	place   = regexp.MustCompile(`^(.+):(\d+): `)
	quoted  = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	aCalled = regexp.MustCompile(`(?:^|[^.:\w])([A-Za-z_]\w*)\s*[({"'\[]`)
)

// misspelt is the global that was called at the place of an error and does not
// exist, "" when that cannot be told from the source.
func misspelt(text string, known []string) string {
	at := place.FindStringSubmatch(text)
	if at == nil || !strings.HasSuffix(text, notAFunction) {
		return ""
	}
	source, err := os.ReadFile(at[1])
	line, _ := strconv.Atoi(at[2])
	lines := strings.Split(string(source), "\n")
	if err != nil || line < 1 || line > len(lines) {
		return ""
	}
	found := ""
	code := quoted.ReplaceAllString(lines[line-1], `""`)
	for _, m := range aCalled.FindAllStringSubmatch(code, -1) {
		name := m[1]
		if slices.Contains(known, name) || slices.Contains(keywords, name) || assigned(string(source), name) {
			continue
		}
		if found != "" && found != name {
			return ""
		}
		found = name
	}
	return found
}

// keywords may stand before a bracket.
var keywords = []string{"and", "elseif", "function", "if", "in", "not", "or", "return", "until", "while"}

// assigned says whether the source seems to give name a value.
func assigned(source, name string) bool {
	found, _ := regexp.MatchString(`\bfunction\s+`+name+`\b|\b`+name+`\s*(,[^=\n]*)?=[^=]|\b(local|for|function)\b[^\n]*\b`+name+`\b`, source)
	return found
}

// errorText is the message of an error from Lua, without its traceback.
func errorText(err error) string {
	var raised *lua.ApiError
	if !errors.As(err, &raised) || raised.Object == nil {
		return err.Error()
	}
	return failed(raised.Object).Text
}

// explain is the message with the script's own frames below it.
func explain(err error) string {
	var raised *lua.ApiError
	if !errors.As(err, &raised) || raised.StackTrace == "" {
		return errorText(err)
	}
	var b strings.Builder
	b.WriteString(errorText(err))
	for frame := range strings.Lines(raised.StackTrace) {
		if frame = strings.TrimSpace(frame); strings.Contains(frame, ".lua:") {
			b.WriteString("\n  " + frame)
		}
	}
	return b.String()
}

// nearFile is a file in the same folder whose name is close to path's.
func nearFile(path string) string {
	return guess.Nearest(filepath.Base(path), luaFiles(filepath.Dir(path)))
}
