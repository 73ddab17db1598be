package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// root is the path of the repository.
const root = "../.."

// pages returns the paths of all Markdown pages of the repository, relative to root, except the
// templates of the command new.
func pages(t *testing.T) (paths []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "templates" || path != "." && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case filepath.Ext(path) == ".md":
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d pages, %v", len(paths), err)
	}
	return paths
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// prose returns the text of a page without its code.
func prose(page string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			b.WriteString(inlineCode.ReplaceAllString(line, ""))
		}
	}
	return b.String()
}

var inlineCode = regexp.MustCompile("`[^`\n]*`")

// anchors returns the names of the headings of a page, as GitHub and other programs make them: lower
// case letters, digits, "_" and "-", with "-" in place of a space. A second heading of the same name
// gets "-1".
func anchors(page string) map[string]bool {
	names := make(map[string]bool)
	fenced := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if fenced || !strings.HasPrefix(line, "#") {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(strings.TrimLeft(line, "#")))
		if names[name] {
			name += "-1"
		}
		names[name] = true
	}
	return names
}

// link matches a link or a picture in Markdown, possibly with a title.
var link = regexp.MustCompile(`\]\(<?([^)<>\s]+)>?(?:\s+"[^"]*")?\)`)

func TestTheLinksOfAllPagesLeadSomewhere(t *testing.T) {
	checked := 0
	for _, path := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(prose(readPage(t, path)), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, ":") {
				continue // another site
			}
			checked++
			at := filepath.Join(filepath.Dir(path), target)
			if target == "" {
				at = path
			}
			if _, err := os.Stat(filepath.Join(root, at)); err != nil {
				t.Errorf("%s: %s: %v", path, match[1], err)
			} else if anchor != "" && !anchors(readPage(t, at))[anchor] {
				t.Errorf("%s: %s: %s has no heading with that name", path, match[1], at)
			}
		}
	}
	if checked < 150 {
		t.Errorf("only %d links were found", checked)
	}
}

// A page that nothing leads to is not read.
func TestEveryPageIsLinkedFromAnother(t *testing.T) {
	linked := map[string]bool{"README.md": true}
	for _, path := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(readPage(t, path), -1) {
			target, _, _ := strings.Cut(match[1], "#")
			linked[filepath.Join(filepath.Dir(path), target)] = true
		}
	}
	for _, path := range pages(t) {
		if !linked[path] {
			t.Errorf("no page has a link to %s", path)
		}
	}
}

func TestAnchorsAreMadeFromHeadings(t *testing.T) {
	got := anchors("# A page\n## timer:cancel, `timer:next`\n```\n# no heading\n```\n## on_start\n## on_start\n")
	for _, name := range []string{"a-page", "timercancel-timernext", "on_start", "on_start-1"} {
		if !got[name] {
			t.Errorf("no anchor %s in %v", name, got)
		}
	}
	if len(got) != 4 {
		t.Errorf("got %v", got)
	}
	if text := prose("a `[x](y)`\n    [x](y)\n```\n[x](y)\n```\n"); strings.Contains(text, "](") {
		t.Errorf("code counts as text: %q", text)
	}
}
