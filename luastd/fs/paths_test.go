package fs

import (
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// A name that join accepts leads to a place below the base, for Moonlark and for package filepath.
func FuzzJoin(f *testing.F) {
	for _, name := range []string{"a", "a/b", "", ".", "./a", "a//b/", "a..b", "..", "../a", "a/../..", `..\a`, "/a", "c:a", "a\x00"} {
		f.Add("notes", name)
		f.Add("./x", name)
		f.Add("..", name)
		f.Add("a/../..", name)
		f.Add("/", name)
	}
	f.Fuzz(func(t *testing.T, base, name string) {
		if whyNotBelow(name) != "" {
			return
		}
		joined := joinPath(base, path.Join(name))
		if base == "" {
			if joined != "" && !filepath.IsLocal(joined) {
				t.Fatalf("join(%q, %q) is %q, which is not below the data folder", base, name, joined)
			}
			return
		}
		if rel, err := filepath.Rel(base, joined); err == nil && !filepath.IsLocal(rel) {
			t.Fatalf("join(%q, %q) is %q, which is not below the base", base, name, joined)
		}
		if isBelowScript(base) != isBelowScript(joined) {
			t.Fatalf("join(%q, %q) is %q, which is in another folder", base, name, joined)
		}
	})
}

func FuzzSplitPattern(f *testing.F) {
	for _, pattern := range []string{"", "/", "a", "a/*.txt", "**", "**/**/x", "a/[b-c]/d", "[", "*/..", "./*", "/*", `a\*`} {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		base, elements, why := splitPattern(pattern)
		if why != "" {
			return
		}
		if strings.ContainsAny(base, `*?[\`) || strings.HasPrefix(base, "/") != strings.HasPrefix(pattern, "/") {
			t.Fatalf("the base of %q is %q", pattern, base)
		}
		for _, e := range elements {
			if _, err := path.Match(e, "x"); err != nil || e == ".." || strings.Contains(e, "/") {
				t.Fatalf("an element of %q is %q", pattern, e)
			}
		}
	})
}
