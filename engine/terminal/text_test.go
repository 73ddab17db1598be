package terminal

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatATerminalObeysIsWrittenOut(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text", "good morning, Zoë", "good morning, Zoë"},
		{"newline and tab stay", "a\n\tb", "a\n\tb"},
		{"Windows newline", "a\r\nb", "a\nb"},
		{"carriage return", "a\rb", `a\x0db`},
		{"escape sequence", "\x1b[2J", `\x1b[2J`},
		{"bell and delete", "\a\x7f", `\x07\x7f`},
		{"C1 introducer", "\u009b2J", `\x9b2J`},
		{"the same as a bare byte", "\x9b2J", `\x9b2J`},
		{"half a character", "\xe2\x82", `\xe2\x82`},
		{"direction marks", "\u202eabc\u2066", `\u202eabc\u2066`},
		{"the replacement character is no mistake", "\ufffd", "\ufffd"},
		{"joined pictures", "👨‍👩‍👧", "👨‍👩‍👧"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := neutral(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzNeutralTextIsHarmlessAndStaysAsItIs(f *testing.F) {
	f.Add("\x1b[2J\xff\r\n\u202e\u009b")
	f.Fuzz(func(t *testing.T, s string) {
		n := neutral(s)
		if !utf8.ValidString(n) || strings.ContainsFunc(n, obeyed) {
			t.Errorf("%q is not neutral", n)
		}
		if again := neutral(n); again != n {
			t.Errorf("neutral again: got %q, want %q", again, n)
		}
	})
}

func TestWidthCountsColumns(t *testing.T) {
	for _, c := range []struct {
		s    string
		want int
	}{
		{"", 0}, {"hello", 5}, {"Zoë", 3}, {"Zoe\u0308", 3}, {"日本語", 6}, {"한국어", 6},
		{"ｆｕｌｌ", 8}, {"👍", 2}, {"→ … › ✗ ·", 9}, {"a\u200bb", 2}, {"⌚", 2},
	} {
		if got := width(c.s); got != c.want {
			t.Errorf("width(%q): got %d, want %d", c.s, got, c.want)
		}
	}
}

func TestWideCharactersAreInOrder(t *testing.T) {
	for i := 1; i < len(wide); i++ {
		if wide[i][0] > wide[i][1] || wide[i-1][1] >= wide[i][0] {
			t.Errorf("%x after %x", wide[i], wide[i-1])
		}
	}
}

func TestClipLeavesDotsAndFits(t *testing.T) {
	for _, c := range []struct {
		s           string
		w           int
		right, left string
	}{
		{"hello world", 11, "hello world", "hello world"},
		{"hello world", 8, "hello w…", "…o world"},
		{"hello world", 7, "hello…", "…world"},
		{"日本語です", 6, "日本…", "…です"},
		{"hello", 1, "…", "…"},
		{"hello", 0, "", ""},
		{"hello", -3, "", ""},
	} {
		if got := clip(c.s, c.w, "…"); got != c.right {
			t.Errorf("clip(%q, %d): got %q, want %q", c.s, c.w, got, c.right)
		}
		if got := clipLeft(c.s, c.w, "…"); got != c.left {
			t.Errorf("clipLeft(%q, %d): got %q, want %q", c.s, c.w, got, c.left)
		}
	}
}

func TestWrapCutsBetweenWordsWhereItCan(t *testing.T) {
	for _, c := range []struct {
		name, s     string
		first, rest int
		want        string // the rows, with | between them
	}{
		{"fits", "good morning", 12, 12, "good morning"},
		{"at a space", "good morning", 11, 11, "good|morning"},
		{"several spaces go", "good   morning", 8, 8, "good|morning"},
		{"spaces in front stay", "  good morning", 7, 7, "  good|morning"},
		{"inside a long word", "abcdefgh", 3, 3, "abc|def|gh"},
		{"the first row is wider", "a bc def ghi", 8, 4, "a bc def|ghi"},
		{"paragraphs", "a\n\nb ", 5, 5, "a||b"},
		{"no spaces between wide ones", "日本語です", 5, 5, "日本|語で|す"},
		{"wide and narrow", "ab 日本", 5, 5, "ab 日|本"},
		{"no room at all", "ab", 0, -1, "a|b"},
		{"one wide one in one column", "日", 1, 1, "日"},
		{"nothing", "", 5, 5, ""},
		{"only spaces", "      ", 3, 3, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rows []string
			for _, r := range wrap(c.s, c.first, c.rest) {
				rows = append(rows, c.s[r[0]:r[1]])
			}
			if got := strings.Join(rows, "|"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzWrapLosesOnlySpacesAndIsNeverTooWide(f *testing.F) {
	f.Add("good  morning 日本語 e\u0301\n  x", 7, 5)
	f.Add(" \n\n a", 1, 2)
	f.Fuzz(func(t *testing.T, s string, first, rest int) {
		first, rest = 2+abs(first)%50, 2+abs(rest)%50
		s = neutral(s)
		var all strings.Builder
		for i, r := range wrap(s, first, rest) {
			row, w := s[r[0]:r[1]], rest
			if i == 0 {
				w = first
			}
			if width(strings.ReplaceAll(row, "\t", " ")) > w {
				t.Errorf("%q is wider than %d", row, w)
			}
			all.WriteString(row)
		}
		bare := strings.NewReplacer(" ", "", "\n", "")
		if got, want := bare.Replace(all.String()), bare.Replace(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

func TestTabsGoToTheNextColumnThatEightDivides(t *testing.T) {
	for in, want := range map[string]string{"a\tb": "a       b", "\t|": "        |", "12345678\tb\n\tc": "12345678        b\n        c", "日\tb": "日      b"} {
		if got := untab(in); got != want {
			t.Errorf("untab(%q): got %q, want %q", in, got, want)
		}
	}
}
