package script

import (
	"regexp"
	"slices"
	"strconv"

	"moonlark/engine/safetext"
)

const (
	maxFaults    = 20   // maximum number of faults that a generation keeps
	maxFaultText = 2000 // maximum length of the text of a fault, in bytes
)

// A fault is an error that a function of a script has raised, and whose message names the line.
type fault struct {
	in   string // the function, such as "tool light"
	text string // the error message, which begins with the file and the line
}

// messagePlace matches an error message that begins with the name of a Lua file, such as "a.lua: " or
// "a.lua:3: ". The first group is the name of the file. The second group is the number of the line, or empty
// if the message has none.
var messagePlace = regexp.MustCompile(`^((?:[A-Za-z]:)?[^:\n]+\.lua):(?:(\d+):)? `)

// cutPlace returns the file and the line with which an error message begins, and the rest of the message.
// line is 0 if the message begins with a file but no line. ok is false if it does not begin with a file.
func cutPlace(message string) (file string, line int, rest string, ok bool) {
	m := messagePlace.FindStringSubmatch(message)
	if m == nil {
		return "", 0, message, false
	}
	line, _ = strconv.Atoi(m[2]) // "" is 0
	return m[1], line, message[len(m[0]):], true
}

// noteFault keeps an error that a function of the script has raised. It ignores an error whose message does
// not begin with a file and a line. in names the function, such as "tool light". Any goroutine may call it.
func (g *generation) noteFault(in, message string) {
	if _, line, _, ok := cutPlace(message); !ok || line == 0 {
		return
	}
	f := fault{in, safetext.Cut(g.permit.Mask(message), maxFaultText, "…")}
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	g.faults = slices.DeleteFunc(g.faults, func(other fault) bool { return other == f })
	if g.faults = append(g.faults, f); len(g.faults) > maxFaults {
		g.faults = slices.Delete(g.faults, 0, 1)
	}
}

// notedFaults returns the errors that noteFault has kept, the newest first. Any goroutine may call it.
func (g *generation) notedFaults() []fault {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	faults := slices.Clone(g.faults)
	slices.Reverse(faults)
	return faults
}
