package engine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheProgramOfTheManualRuns builds the program in docs/embedding.md with the commands of that page
// and compares its output.
func TestTheProgramOfTheManualRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "embedding.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	dir := t.TempDir()
	copyTo := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	copyTo("lamp.lua", block(t, page, "```lua\n-- lamp.lua\n"))
	copyTo("main.go", block(t, page, "```go\n// main.go\n"))

	output := ""
	for _, line := range regexp.MustCompile(`(?m)^    go .*`).FindAllString(page, -1) {
		args := strings.Fields(strings.ReplaceAll(line, "/path/to/moonlark", root))
		if args[1] == "mod" && args[2] == "tidy" {
			// go mod tidy would download the tests of other modules
			useModulesOf(t, root, copyTo)
			continue
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		cmd.Stderr = new(strings.Builder)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, cmd.Stderr)
		}
		output = string(out)
	}
	if want := block(t, page, "```\nagent: "); output != "agent: "+want {
		t.Errorf("got\n%s\nwant\nagent: %s", output, want)
	}
}

// block returns the rest of the block of a Markdown page that has this beginning.
func block(t *testing.T, page, beginning string) string {
	t.Helper()
	_, text, found := strings.Cut(page, "\n"+beginning)
	text, _, ended := strings.Cut(text, "```\n")
	if !found || !ended {
		t.Fatalf("the page has no block that begins with %q", beginning)
	}
	return text
}

// useModulesOf gives the program the checksums of the modules of Moonlark, which are in the cache.
func useModulesOf(t *testing.T, root string, copyTo func(name, text string)) {
	t.Helper()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	copyTo("go.sum", string(sums))
}
