package script

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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

// compile reads a Lua file and returns its function and its text. It touches no
// Lua state, so any goroutine may call it. Its errors are LoadErrors.
func compile(path string) (*lua.FunctionProto, []byte, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, missing(path, err)
	}
	if len(source) > mostSource {
		return nil, nil, &LoadError{Text: fmt.Sprintf("%s: longer than %d bytes", path, mostSource), Hint: "large data belongs in a JSON file"}
	}
	source = bytes.TrimPrefix(source, []byte("\xEF\xBB\xBF"))
	if bytes.HasPrefix(source, []byte("#")) {
		source = append([]byte("--"), source...) // #!/usr/bin/env moonlark
	}
	chunk, err := lint.Parse(source, path)
	if err != nil {
		return nil, nil, syntaxError(path, source, err)
	}
	proto, err := lua.Compile(chunk, path)
	if err != nil {
		return nil, nil, syntaxError(path, source, err)
	}
	return proto, source, nil
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

// loadError is what a script's top level raised.
func (g *generation) loadError(err error) error {
	var load *LoadError
	if errors.As(err, &load) {
		return load
	}
	text := g.inWords(errorText(err))
	if !place.MatchString(text) {
		text = g.path + ": " + text
	}
	e := &LoadError{Text: text}
	if name := aNil.FindStringSubmatch(text); name != nil {
		if near := guess.Nearest(name[1], g.globals); near != "" {
			e.Hint = "did you mean '" + near + "'?"
		}
	}
	return e
}

var (
	place = regexp.MustCompile(`^(.+?):(\d+): `)
	// What may be put better; the rest is not worth reading the source for.
	gophers = regexp.MustCompile(`attempt to (call|index|compare)|cannot perform|__(unm|len) undefined|for statement`)
	aNil    = regexp.MustCompile(`'(\w+)' \(a nil value\)$`)
)

// inWords puts a message of gopher-lua's into those of Lua 5.1, with the name of
// what was called, indexed or computed with where that can be known from the
// source. Any goroutine may call it.
func (g *generation) inWords(message string) string {
	at := place.FindStringSubmatch(message)
	if at == nil || !gophers.MatchString(message) {
		return message
	}
	g.filesMu.Lock()
	source := g.sources[at[1]]
	g.filesMu.Unlock()
	line, _ := strconv.Atoi(at[2])
	chunk, err := parse.Parse(bytes.NewReader(source), at[1])
	if err != nil || source == nil {
		return message
	}
	return lint.Explain(chunk, line, message)
}

// warnOfGlobals says which globals the script's own file reads though nothing
// sets them. Its top level has run, so those of the modules are set.
func (g *generation) warnOfGlobals(source []byte) {
	chunk, err := parse.Parse(bytes.NewReader(source), g.path)
	if err != nil {
		return
	}
	var known []string
	g.x.between(func() {
		g.x.root.G.Global.ForEach(func(k, _ lua.LValue) { known = append(known, k.String()) })
	})
	g.filesMu.Lock()
	sources := maps.Clone(g.sources)
	g.filesMu.Unlock()
	for path, source := range sources {
		if module, err := parse.Parse(bytes.NewReader(source), path); err == nil && path != g.path {
			known = append(known, lint.Assigned(module)...)
		}
	}
	for _, w := range lint.Globals(chunk, g.path, known) {
		g.log(slog.LevelWarn, w.Text)
	}
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
func (g *generation) explain(err error) string {
	var raised *lua.ApiError
	if !errors.As(err, &raised) || raised.StackTrace == "" {
		return g.inWords(errorText(err))
	}
	var b strings.Builder
	b.WriteString(g.inWords(errorText(err)))
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
