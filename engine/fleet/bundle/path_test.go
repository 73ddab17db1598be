package bundle

import (
	"strings"
	"testing"
)

func TestPathsThatSomeSystemsTakeForSomethingElseAreRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []string{
		"", ".", "..", "/etc/passwd", "a/../b", "../a", "a/..", "./a", "a/./b", "a//b", "a/", "C:/a", "c:a", `a\b`, `..\a`, `\\host\a`,
		"a\x00b", "a\nb", "a\u202eb", "a\u200bb", "a\u00a0b", "a\xffb", "u\u0308", "con", "CON.lua", "a/nul.txt", "Com1", "lpt9.wav", "COM¹", "conin$",
		"aux .lua", "a.", "a./b", "a ", " a", "a /b", "a?", "a*", "a|b", "a<b", `a"b`, "a:b",
		strings.Repeat("a", 201), strings.Repeat("a/", 16) + "a",
	} {
		if err := CheckPath(p); err == nil {
			t.Errorf("%q was accepted", p)
		}
	}
}

func TestUsualPathsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, p := range []string{
		"main.lua", "lib/price list.lua", "größe.wav", "a..b", "..a", ".hidden", "console.lua", "com.lua", "com10", "null", "a-b_c(1)+{2}.json", "日本.txt",
		strings.Repeat("a", 200), strings.Repeat("a/", 15) + "a",
	} {
		if err := CheckPath(p); err != nil {
			t.Error(err)
		}
	}
}

func TestPathsThatAreOneFileOnSomeSystemsAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		paths []string
		want  string
	}{
		{"upper and lower case", []string{"Gong.wav", "gong.wav"}, "differ only"},
		{"other letters", []string{"ÄRGER", "ärger"}, "differ only"},
		{"three letters of one kind", []string{"k", "\u212a"}, "differ only"}, // the Kelvin sign
		{"folders", []string{"Sounds/a.wav", "sounds/b.wav"}, "differ only"},
		{"a file and a folder", []string{"a", "a/b"}, "a file and a folder"},
		{"a file and a folder that differ in case", []string{"A", "a/b"}, "differ only"},
		{"a file and an outer folder", []string{"a", "a/b/c"}, "a file and a folder"},
		{"files in one folder", []string{"a/b", "a/c", "a/d/e", "ab"}, ""},
	} {
		var files []File
		for _, p := range row.paths {
			files = append(files, File{Path: p, SHA256: strings.Repeat("0", 64)})
		}
		err := checkCollisions(files)
		if row.want == "" {
			if err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}
