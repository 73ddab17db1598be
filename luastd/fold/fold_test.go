package fold_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"moonlark/luastd/fold"
)

func TestAccents(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"ASCII stays", "plain (text)", "plain (text)"},
		{"accents of Latin letters", "Crème Brûlée, Ångström, Dvořák", "Creme Brulee, Angstrom, Dvorak"},
		{"accents that are runes of their own", "e\u0301a\u0308\u0301", "ea"},
		{"letters without a decomposition", "Straße, Æsir, Øre, Łódź, Þór, cœur", "Strasse, AEsir, Ore, Lodz, THor, coeur"},
		{"Greek", "Αθήνα", "Αθηνα"},
		{"Vietnamese", "Việt Nam", "Viet Nam"},
		{"Cyrillic й is a letter", "чай", "чай"},
		{"Japanese", "がぎ", "がぎ"},
		{"Hindi", "हिन्दी", "हिन्दी"},
		{"Korean", "한국", "한국"},
		{"a byte that is not UTF-8", "\xffé", "\uFFFDe"},
	} {
		if got := fold.Accents(row.text, nil); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestAccentsCallsCheckpoint(t *testing.T) {
	calls := 0
	fold.Accents(strings.Repeat("é", 1<<19), func() { calls++ })
	if calls < 15 {
		t.Errorf("got %d calls for 1 MiB, want 15", calls)
	}
}

// The result must be UTF-8 and in NFC, and must not change when it is folded again.
func FuzzAccents(f *testing.F) {
	for _, text := range []string{"", "é", "e\u0301\u0323", "\u0301a", "й\u0301", "\xff\u0301", "ǻ", "각\u11a8", "\u0344"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := fold.Accents(text, nil)
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
			t.Fatalf("Accents(%q) returned %q, want UTF-8 in NFC", text, got)
		}
		if again := fold.Accents(got, nil); again != got {
			t.Fatalf("Accents(%q) returned %q, and then %q", text, got, again)
		}
	})
}
