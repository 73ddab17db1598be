package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The types for editors fit the example scripts, the scripts of the command new and their tests: the Lua
// language server finds no mistake in them. In wrong scripts, it finds the mistakes.

func TestTheLanguageServerFindsNoMistakeInTheScripts(t *testing.T) {
	for _, template := range []string{"kiosk", "home", "api"} {
		project := newCommand{Name: "first", Template: template}
		for _, found := range checkWithServer(t, project.files()) {
			t.Errorf("%s: %s", template, found)
		}
	}
	files := editorFiles()
	scripts, err := filepath.Glob(root + "/scripts/*.lua")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = string(text)
	}
	for _, found := range checkWithServer(t, files) {
		t.Error(found)
	}
}

func TestTheLanguageServerFindsMistakes(t *testing.T) {
	files := editorFiles()
	files["wrong.lua"] = `
on("interruption", function(e) print(e.evnt_id) end)
on("silent", function(e) print(e.interrupted .. "", e.event_id) end)
on("doorbell", function(e) print(e.data.door, e.pin) end)
on(7, print)
session.send(7)
session.strat()
register_tool { name = "a", timeout = "long", handler = print }
register_tool("b", { parameters = { n = { type = "int" } } }, print)
local page = http.get("http://localhost")
print(page.body)
sleep("a")
`
	got := checkWithServer(t, files)
	want := []string{
		"wrong.lua:2: undefined-field", "wrong.lua:5: param-type-mismatch", "wrong.lua:6: param-type-mismatch", "wrong.lua:7: undefined-field",
		"wrong.lua:8: assign-type-mismatch", "wrong.lua:9: assign-type-mismatch", "wrong.lua:11: need-check-nil", "wrong.lua:12: param-type-mismatch",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// editorFiles returns the files of a project that are for editors.
func editorFiles() map[string]string {
	files := (&newCommand{Name: "a", Template: "kiosk"}).files()
	for path := range files {
		if path != ".luarc.json" && !strings.HasPrefix(path, "types/") {
			delete(files, path)
		}
	}
	return files
}

// checkWithServer runs the Lua language server on a folder with these files. It returns what the server
// has found, as "FILE:LINE: CODE", sorted. It skips the test if the server is not installed.
func checkWithServer(t *testing.T, files map[string]string) (found []string) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs another program")
	}
	server, err := exec.LookPath("lua-language-server")
	if err != nil {
		t.Skip("lua-language-server is not installed")
	}
	folder := t.TempDir()
	for path, text := range files {
		path = filepath.Join(folder, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "found.json")
	command := exec.Command(server, "--check="+folder, "--checklevel=Warning", "--check_format=json", "--check_out_path="+out, "--logpath="+t.TempDir())
	if printed, err := command.CombinedOutput(); err != nil && command.ProcessState.ExitCode() > 1 {
		t.Fatalf("lua-language-server: %v\n%s", err, printed)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(text)) == "[]" {
		return nil // an empty table of Lua, which is not an object
	}
	var all map[string][]struct {
		Code  string
		Range struct{ Start struct{ Line int } }
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for file, list := range all {
		for _, d := range list {
			found = append(found, fmt.Sprintf("%s:%d: %s", filepath.Base(file), d.Range.Start.Line+1, d.Code))
		}
	}
	slices.Sort(found)
	slices.SortStableFunc(found, func(a, b string) int { return lineOf(a) - lineOf(b) })
	return slices.Compact(found)
}

// lineOf returns the line in a text "FILE:LINE: CODE".
func lineOf(found string) (line int) {
	_, rest, _ := strings.Cut(found, ":")
	fmt.Sscanf(rest, "%d", &line)
	return line
}
