package script

import (
	"regexp"
	"slices"
	"strconv"

	"moonlark/engine/safetext"
)

const (
	maxFaults    = 20   // maximal number of errors that a generation keeps
	maxFaultText = 2000 // maximal length of the text of one, in bytes
)

// A fault is an error at a line of a script, which one of its functions has raised.
type fault struct {
	in   string // the function, such as "tool light"
	text string // begins with the file and the line
}

// messagePlace matches the file, and maybe the line, at the beginning of an error message.
var messagePlace = regexp.MustCompile(`^((?:[A-Za-z]:)?[^:\n]+\.lua):(?:(\d+):)? `)

// cutPlace returns the file and the line that an error message begins with, and the rest of the message.
// line is 0 if the message begins only with a file.
func cutPlace(message string) (file string, line int, rest string, ok bool) {
	m := messagePlace.FindStringSubmatch(message)
	if m == nil {
		return "", 0, message, false
	}
	line, _ = strconv.Atoi(m[2]) // "" is 0
	return m[1], line, message[len(m[0]):], true
}

// noteFault keeps an error that a function of the script has raised, if message says at which line. Any
// goroutine may call it.
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
