package terminal

import (
	"runtime"
	"strings"
)

// A style is how a piece of text looks. There are few, and they have to do on
// a light background as well as on a dark one.
type style int

const (
	normal style = iota
	dim          // machinery
	accent       // the person's turn
	bad          // the mark of what went wrong
)

var styleCodes = [...]string{dim: "\x1b[2m", accent: "\x1b[36m", bad: "\x1b[31m"}

// A span is a piece of text in one style.
type span struct {
	style style
	text  string
}

// A look is what the terminal can show.
type look struct {
	color bool

	pointer string // after who speaks
	arrow   string // before a result
	dots    string // for what was left out
	dot     string // between things
	cross   string // before what went wrong
}

func lookFor(opts Options) look {
	l := look{pointer: "›", arrow: "→", dots: "…", dot: "·", cross: "✗"}
	if !unicodeLocale(opts.Env) {
		l = look{pointer: ">", arrow: "->", dots: "...", dot: "-", cross: "!"}
	}
	_, tty := terminalOf(opts.Stdout)
	l.color = tty && !opts.NoColor && opts.Env("NO_COLOR") == "" && opts.Env("TERM") != "dumb"
	return l
}

// unicodeLocale says whether the terminal shows UTF-8. Windows always does,
// and has no such variables.
func unicodeLocale(env func(string) string) bool {
	if runtime.GOOS == "windows" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// appendRow writes r to b, with its colours where there are any.
func (l look) appendRow(b []byte, r row) []byte {
	for _, s := range r {
		if code := styleCodes[s.style]; code != "" && l.color {
			b = append(b, code...)
			b = append(b, s.text...)
			b = append(b, "\x1b[m"...)
		} else {
			b = append(b, s.text...)
		}
	}
	return b
}
