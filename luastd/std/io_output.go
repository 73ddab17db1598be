package std

import (
	"log/slog"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// maxLine is the maximal length of a line of io.stdout and io.stderr. A longer line is divided.
const maxLine = 64 << 10

// A lineOutput passes text line by line to the output of the script or to the log. It belongs to
// the executor's goroutine.
type lineOutput struct {
	rt      luastd.Runtime
	log     bool   // the lines go to the log
	release func() // nil if there is no text that waits for the end of its line
	line    string // the beginning of a line whose end has not been written
}

// outputKey is the key of the script's lineOutput in the registry of the Lua state.
const outputKey = "moonlark.output"

// outputOf returns the output of the script, which print and io.stdout share.
func outputOf(L *lua.LState, rt luastd.Runtime) *lineOutput {
	if ud, ok := L.G.Registry.RawGetString(outputKey).(*lua.LUserData); ok {
		return ud.Value.(*lineOutput)
	}
	o := &lineOutput{rt: rt}
	L.G.Registry.RawSetString(outputKey, &lua.LUserData{Value: o})
	return o
}

// newLogOutput returns the output to the log.
func newLogOutput(rt luastd.Runtime) *lineOutput {
	return &lineOutput{rt: rt, log: true}
}

func (o *lineOutput) print(line string) {
	if o.log {
		o.rt.Log(slog.LevelWarn, line)
		return
	}
	o.rt.Print(line)
}

// write writes the lines that are complete. The rest waits for flush, or for the end of the script.
func (o *lineOutput) write(text string) {
	if text == "" {
		return
	}
	lines := strings.Split(o.line+text, "\n")
	o.line = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		o.print(line)
	}
	for len(o.line) > maxLine {
		o.print(o.line[:maxLine])
		o.line = o.line[maxLine:]
	}
	switch {
	case o.line == "" && o.release != nil:
		o.release()
		o.release = nil
	case o.line != "" && o.release == nil:
		o.release = o.rt.Own(func() { o.print(o.line) }) // runs after the executor has ended
	}
}

// flush ends the line.
func (o *lineOutput) flush() {
	if o.line != "" {
		o.write("\n")
	}
}

// printLine writes the rest of a line.
func (o *lineOutput) printLine(text string) {
	if o.line == "" {
		o.print(text)
		return
	}
	o.write(text + "\n")
}
