package script

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/safetext"
	"moonlark/engine/script/source"
)

// maxSource is the maximal size of a Lua file in bytes.
const maxSource = 1 << 20

// compile reads a Lua file of the script. It returns the compiled function and the source text. The
// error is a *LoadError or ErrCancelled. Any goroutine may call it.
func (g *generation) compile(path string) (*lua.FunctionProto, []byte, error) {
	text, err := g.scripts.readFile(path)
	if err != nil {
		return nil, nil, err
	}
	g.addVersion(path, SourceVersion(text))
	proto, text, err := compile(path, text)
	if err == nil && g.scripts.emptied(path, text) {
		err = &LoadError{
			Text: path + ": the file is empty, but was not empty before: the save has probably failed",
			Hint: "if the file has to be empty, write a comment into it",
		}
	}
	g.addSource(path, text)
	if err == nil {
		g.scripts.opts.Coverage.add(path, proto)
		g.scripts.opts.Debugger.AddFile(path, text, proto)
	}
	return proto, text, err
}

// emptied reports whether a Lua file has become empty: text has nothing but white space, but the
// same file had more when it was read before. A full disk or a crash of an editor leaves such files.
// Any goroutine may call it.
func (s *Scripts) emptied(path string, text []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	blank := len(bytes.TrimSpace(text)) == 0
	if !blank {
		s.filled[path] = true
	}
	return blank && s.filled[path]
}

// readFile returns the content of a file. It does not wait for a file that does not come, such as a
// pipe that nobody writes to, or a file of a server that does not respond: then the error is
// ErrCancelled after Cancel, and a *LoadError after Options.LoadTimeout. Any goroutine may call it.
func (s *Scripts) readFile(path string) ([]byte, error) {
	type content struct {
		text []byte
		err  error
	}
	read := make(chan content, 1) // has room, so that the goroutine ends although nobody receives
	go func() {
		text, err := os.ReadFile(path)
		read <- content{text, err}
	}()
	timer := time.NewTimer(s.opts.LoadTimeout)
	defer timer.Stop()
	select {
	case c := <-read:
		if c.err != nil {
			return nil, readError(path, c.err)
		}
		return c.text, nil
	case <-s.cancelled:
		return nil, ErrCancelled
	case <-timer.C:
		return nil, &LoadError{Text: fmt.Sprintf("%s: the file could not be read within %v", path, s.opts.LoadTimeout)}
	}
}

// compile compiles text, the content of the Lua file at path. It returns the compiled function and
// the source text. The error is a *LoadError. compile uses no Lua state, so any goroutine may call
// it.
func compile(path string, text []byte) (*lua.FunctionProto, []byte, error) {
	if len(text) > maxSource {
		return nil, nil, &LoadError{Text: fmt.Sprintf("%s: longer than %d bytes", path, maxSource), Hint: "large data belongs in a JSON file"}
	}
	text, err := safetext.UTF8(text)
	if err != nil {
		return nil, nil, &LoadError{Text: fmt.Sprintf("%s:1: %v", path, err)}
	}
	if bytes.HasPrefix(text, []byte("#")) {
		// makes the line #!/usr/bin/env moonlark a Lua comment
		text = append([]byte("--"), text...)
	}
	proto, err := source.Compile(text, path)
	if err != nil {
		return nil, nil, syntaxError(path, text, err)
	}
	return proto, text, nil
}

// syntaxError returns a *LoadError for err, an error of the parser or compiler. Its text has the
// form "file:line: message". text is the source of the file.
func syntaxError(path string, text []byte, err error) error {
	line, message, atEnd := source.DescribeError(text, err)
	if atEnd {
		return &LoadError{
			Text: fmt.Sprintf("%s:%d: %s near the end of the file", path, line, message),
			Hint: "is an 'end' or a bracket missing?",
		}
	}
	return &LoadError{Text: fmt.Sprintf("%s:%d: %s", path, line, message)}
}

// readError returns the *LoadError for a script file that cannot be read.
func readError(path string, err error) error {
	e := &LoadError{Text: fmt.Sprintf("%s: %v", path, errors.Unwrap(err))}
	if errors.Is(err, os.ErrNotExist) {
		e.Text = path + ": no such file"
		if near := guess.Nearest(filepath.Base(path), luaFiles(filepath.Dir(path))); near != "" {
			e.Hint = "there is a " + near
		}
	}
	return e
}
