package safetext

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTextEscapesWhatATerminalActsOn(t *testing.T) {
	for text, want := range map[string]string{
		"plain text, größer, 灯, 👋": "plain text, größer, 灯, 👋",
		"two\nlines\tand a tab":    "two\nlines\tand a tab",
		"from Windows\r\nand on":   "from Windows\nand on",
		"back\rto the start":       `back\x0dto the start`,
		"\x1b[2J\x07":              `\x1b[2J\x07`,
		"c1 \u009b31m":             `c1 \x9b31m`,
		"gnp\u202e.exe":            `gnp\u202e.exe`,
		"\u2066isolated\u2069":     `\u2066isolated\u2069`,
		"a\u2028b":                 `a\u2028b`,
		"not UTF-8: \xff\xc3":      `not UTF-8: \xff\xc3`,
		"a real \uFFFD":            "a real \uFFFD",
	} {
		if got := Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLineReturnsASingleLine(t *testing.T) {
	if got, want := Line("  two\r\n\tlines\x1b and  spaces \n"), `two lines\x1b and spaces`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCutCutsBetweenCharacters(t *testing.T) {
	for _, row := range []struct {
		text string
		max  int
		want string
	}{
		{"short", 5, "short"},
		{"longer", 5, "longe…"},
		{"größer", 3, "gr…"},
		{"größer", 4, "grö…"},
		{"👋", 3, "…"},
		{"👋", 0, "…"},
	} {
		if got := Cut(row.text, row.max, "…"); got != row.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", row.text, row.max, got, row.want)
		}
	}
}

func FuzzTextIsSafe(f *testing.F) {
	f.Add("\x1b]0;title\x07\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		safe := Text(text)
		if !utf8.ValidString(safe) {
			t.Errorf("%q is not UTF-8", safe)
		}
		for _, r := range safe {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Errorf("%q has the control character %q", safe, r)
			}
		}
		if again := Text(safe); again != safe {
			t.Errorf("%q becomes %q", safe, again)
		}
	})
}
