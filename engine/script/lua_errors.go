package script

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"moonlark/engine/script/source"
	"moonlark/engine/script/vm"
)

var (
	fileAndLine = regexp.MustCompile(`^(.+?):(\d+): `)

	// vagueMessage matches the error messages of gopher-lua that source.Explain can make clearer.
	vagueMessage = regexp.MustCompile(`attempt to (call|index|compare)|cannot perform|__(unm|len) undefined|for statement`)
)

// errorText returns the message of an error from Lua code, without the stack trace. For a task that
// was killed, the message is the kill reason, with the file and line of the script if they are
// known.
func errorText(err error) string {
	var killed *vm.KilledError
	if errors.As(err, &killed) {
		if killed.Raised == nil || killed.HasLine {
			return killed.Reason
		}
		// its text is "file:line: " and the kill reason
		err = killed.Raised
	}
	var raised *lua.ApiError
	if !errors.As(err, &raised) || raised.Object == nil {
		return err.Error()
	}
	return errorResult(raised.Object).Text
}

// explain rewrites a message of gopher-lua in the words of Lua 5.1. It adds the name of the
// variable that was called, indexed or used in arithmetic, if the source shows which one that was.
// Other messages are returned unchanged. Any goroutine may call it.
func (g *generation) explain(message string) string {
	place := fileAndLine.FindStringSubmatch(message)
	if place == nil || !vagueMessage.MatchString(message) {
		return message
	}
	text := g.source(place[1])
	line, _ := strconv.Atoi(place[2])
	chunk, err := parse.Parse(bytes.NewReader(text), place[1])
	if err != nil || text == nil {
		return message
	}
	return source.Explain(chunk, line, message, g.library.Functions())
}

// explainWithFrames returns the explained message of err. If err has a stack trace, the lines of
// the trace that are in Lua files follow, each on a new line.
func (g *generation) explainWithFrames(err error) string {
	var raised *lua.ApiError
	if !errors.As(err, &raised) || raised.StackTrace == "" {
		return g.explain(errorText(err))
	}
	var b strings.Builder
	b.WriteString(g.explain(errorText(err)))
	for frame := range strings.Lines(raised.StackTrace) {
		if frame = strings.TrimSpace(frame); strings.Contains(frame, ".lua:") {
			b.WriteString("\n  " + frame)
		}
	}
	return b.String()
}
