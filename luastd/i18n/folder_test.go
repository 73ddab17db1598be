package i18n_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/permit"
	"moonlark/luastd/i18n"
	"moonlark/luastd/luastdtest"
)

// inFolder loads a script that reads the texts of a folder with these files, by name.
func inFolder(t *testing.T, files map[string]string) *luastdtest.Script {
	t.Helper()
	s := luastdtest.Open(t, luastdtest.Options{})
	folder := filepath.Join(s.Folder, "texts")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestTextsInAFolder(t *testing.T) {
	s := inFolder(t, map[string]string{
		"de.toml":    "greet = \"Hallo {{name}}\"\n[menu]\nclose = \"Schließen\"\n[apples]\none = \"ein Apfel\"\nother = \"{{n}} Äpfel\"\n",
		"pt-BR.json": `{"greet": "Olá {{name}}", "menu": {"close": "Fechar"}}`,
		"README.md":  "no texts", "notes.toml": "= wrong", "fr.toml.bak": "= wrong",
	})
	for source, want := range map[string]string{
		`i18n.load("./texts") return i18n("greet", {name = "Ann"}, {language = "de"})`: "Hallo Ann",
		`return i18n("menu.close", nil, {language = "pt-BR"})`:                         "Fechar",
		`return i18n("apples", {n = 3}, {language = "de-AT"})`:                         "3 Äpfel",
		`return i18n.has("greet", {language = "fr"})`:                                  "false",
	} {
		if got := s.Run(`i18n.load("./texts") ` + source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
	if got := s.Run(`return pcall(i18n.load, "./missing")`); !strings.Contains(got, "./missing") {
		t.Errorf("a folder that does not exist: got %s", got)
	}
	if got := s.Run(`return pcall(i18n.load, "/etc")`); !strings.Contains(got, "Start with --allow-read=/etc") {
		t.Errorf("a folder without a permission: got %s", got)
	}
}

func TestAWrongFileOfTextsIsNamed(t *testing.T) {
	for _, row := range []struct{ name, content, want string }{
		{"de.toml", "a = ", "./texts/de.toml: toml: line 1"},
		{"de.json", `{"a": `, "./texts/de.json: unexpected end of JSON input"},
		{"de.json", `{"a": 5}`, "de.a: a text must be a string, or a table of plural forms or texts, not a number"},
		{"de.json", `{"a": [1]}`, "de.a.[1]: a key must be a string"},
		{"de.json", `{"a": {"one": "x"}}`, "de.a: the plural form other is missing"},
		{"de.json/a.txt", "", "./texts/de.json is a folder"},
		{"notes.txt", "x", "./texts has no file such as de.toml or de.json"},
	} {
		if got := inFolder(t, map[string]string{row.name: row.content}).Run(`i18n.load("./texts")`); !strings.Contains(got, row.want) {
			t.Errorf("%s with %s: got %s, want %s", row.name, row.content, got, row.want)
		}
	}
	s := inFolder(t, map[string]string{"de.toml": `a = "x"`, "de.json": `{"b": "x"}`})
	if got := s.Run(`i18n.load("./texts")`); !strings.Contains(got, "there is another file for this language") {
		t.Errorf("two files for a language: got %s", got)
	}
}

func TestTheFilesOfAFolderAreLimited(t *testing.T) {
	large := `{"a": "` + strings.Repeat(" ", 3<<20) + `"}`
	got := inFolder(t, map[string]string{"de.json": large, "en.json": large}).Run(`i18n.load("./texts")`)
	if !strings.Contains(got, ".json: the files of the folder have more than 4194304 bytes, which is the maximum") {
		t.Errorf("got %s", got)
	}
	many := map[string]string{}
	for i := range 1001 {
		many[fmt.Sprint(i)] = ""
	}
	if got := inFolder(t, many).Run(`i18n.load("./texts")`); !strings.Contains(got, "i18n.load: ./texts has more than 1000 files") {
		t.Errorf("got %s", got)
	}
}

func TestAFolderOfTextsNeedsAPermission(t *testing.T) {
	broker, err := permit.Settings{}.Broker(filepath.Join(t.TempDir(), "test.lua"), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	if err := i18n.Module.Need(broker, "load", "/etc", true); err == nil || !strings.Contains(err.Error(), "--allow-read=/etc") {
		t.Errorf("/etc: got %v", err)
	}
	if err := errors.Join(i18n.Module.Need(broker, "load", "./texts", true), i18n.Module.Need(broker, "load", "", false), i18n.Module.Need(broker, "has", "/etc", true)); err != nil {
		t.Error(err)
	}
}

func TestTextsOfAFolderAtTheTopLevel(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "en.json"), []byte(`{"a": "b"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	opts := luastdtest.Options{Source: `i18n.load("` + filepath.ToSlash(dir) + `")`, Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Read, Value: dir}}}}
	if got := luastdtest.Open(t, opts).Run(`return i18n("a")`); got != "b" {
		t.Errorf("got %s", got)
	}
}
