package terminal

import (
	"strings"
	"testing"
)

// completeWord completes the last word of text with these names.
func completeWord(text string) (start int, names []string) {
	start = strings.LastIndexByte(text, ' ') + 1
	for _, name := range []string{"http.get", "http.post", "json", "état"} {
		if strings.HasPrefix(name, text[start:]) {
			names = append(names, name)
		}
	}
	return start, names
}

func TestTabCompletesTheNameBeforeTheCursor(t *testing.T) {
	for _, row := range []struct{ why, typed, want string }{
		{"one name", "print j\t", "print json"},
		{"several names", "ht\t", "http."},
		{"the common part is there already", "http.\t", "http."},
		{"no name", "xyz\t", "xyz"},
		{"text after the cursor", "j)\x1b[D\t", "json)"},
		{"other letters than ASCII", "ö é\t", "ö état"},
		{"a tab in pasted text", "\x1b[200~j\t\x1b[201~", "j "},
	} {
		d := newPromptTest(t, 60, 24)
		d.press(row.typed + "\r")
		if got := d.line(); got != row.want {
			t.Errorf("%s: got %q, want %q", row.why, got, row.want)
		}
	}
}

func TestTabShowsTheNamesIfThereAreSeveral(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	d.press("http.\t")
	d.sees(`        http.get  http.post

  you › http.
`)
}

func TestAHintIsShownWhileThePromptIsEmpty(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	d.Hint("more lines")
	d.Print("{ a = 1 }")
	d.press("")
	d.sees(`        { a = 1 }

  you › more lines
`)
	d.press("x")
	d.sees(`        { a = 1 }

  you › x
`)
	d.Hint("")
}
