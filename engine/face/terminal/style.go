package terminal

import (
	"runtime"
	"strings"
)

// A style says how a text is coloured. Each style must be readable on a light and on a dark
// background.
type style int

const (
	normal style = iota
	dim          // for text about connections, tools and files
	accent       // for the label before a text of the user
	bad          // for the mark before an error
)

var styleCodes = [...]string{dim: "\x1b[2m", accent: "\x1b[36m", bad: "\x1b[31m"}

// A span is a text in one style.
type span struct {
	style style
	text  string
}

// A theme says which symbols are used in the output, and whether colours are used.
type theme struct {
	color bool

	pointer  string // the symbol after the label "you" or "agent"
	arrow    string // the symbol before a tool result
	ellipsis string // the symbol in place of text that was cut off
	dot      string // the symbol between two facts in one row
	cross    string // the symbol before an error
}

// newTheme returns the theme for opts.Stdout. It depends on whether opts.Stdout is a terminal and
// on environment variables.
func newTheme(opts Options) theme {
	t := theme{pointer: "›", arrow: "→", ellipsis: "…", dot: "·", cross: "✗"}
	if !unicodeLocale(opts.Env) {
		t = theme{pointer: ">", arrow: "->", ellipsis: "...", dot: "-", cross: "!"}
	}
	_, tty := terminalOf(opts.Stdout)
	t.color = tty && opts.Env("NO_COLOR") == "" && opts.Env("TERM") != "dumb"
	return t
}

// unicodeLocale reports whether the output may contain Unicode symbols: the environment variables
// say that the locale uses UTF-8, or the system is Windows, which has no such variables.
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

// appendRow appends the row r to b. If the theme has colours, it adds the escape sequences of the
// styles.
func (t theme) appendRow(b []byte, r row) []byte {
	for _, s := range r {
		if code := styleCodes[s.style]; code != "" && t.color {
			b = append(b, code...)
			b = append(b, s.text...)
			b = append(b, "\x1b[m"...)
		} else {
			b = append(b, s.text...)
		}
	}
	return b
}
