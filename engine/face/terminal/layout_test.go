package terminal

import (
	"strings"
	"testing"

	"moonlark/engine/safetext"
)

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

func TestRangesOfWideCharactersAreSorted(t *testing.T) {
	for i := 1; i < len(wide); i++ {
		if wide[i][0] > wide[i][1] || wide[i-1][1] >= wide[i][0] {
			t.Errorf("%x after %x", wide[i], wide[i-1])
		}
	}
}

func TestClippedTextFitsAndEndsInAnEllipsis(t *testing.T) {
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

func TestWrapBreaksBetweenWordsWherePossible(t *testing.T) {
	for _, c := range []struct {
		name, s     string
		first, rest int
		want        string // the expected rows, separated by |
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
		s = safetext.Text(s)
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

func TestTabsReachTheNextMultipleOfEightColumns(t *testing.T) {
	for in, want := range map[string]string{"a\tb": "a       b", "\t|": "        |", "12345678\tb\n\tc": "12345678        b\n        c", "日\tb": "日      b"} {
		if got := expandTabs(in); got != want {
			t.Errorf("expandTabs(%q): got %q, want %q", in, got, want)
		}
	}
}
