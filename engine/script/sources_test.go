package script

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A sourceFixture has a script main.lua, and other files in its folder.
type sourceFixture struct{ *fixture }

func newSourceFixture(t *testing.T, files map[string]string) *sourceFixture {
	t.Helper()
	f := &sourceFixture{newFixture(t, Options{})}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		f.write(name, text)
	}
	if _, err := f.Load(f.path("main.lua")); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *sourceFixture) read(name string) string {
	f.t.Helper()
	text, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

func (f *sourceFixture) source(file string) SourceView {
	f.t.Helper()
	view, err := f.Source("main.lua", file)
	if err != nil {
		f.t.Fatal(err)
	}
	return view
}

// save saves a text over the file as it is now.
func (f *sourceFixture) save(file, text string) error {
	f.t.Helper()
	_, err := f.SaveSource(SourceEdit{"main.lua", file, text, f.source(file).Version})
	return err
}

const usesModules = `local lamp = require "lib.lamp"
register_tool("light", function(a)
  return lamp.set(a.room)
end)`

func TestTheSourceOfAScriptIsAllItsLuaFiles(t *testing.T) {
	f := newSourceFixture(t, map[string]string{
		"main.lua": usesModules, "lib/lamp.lua": "return { set = function(room) return room:upper() end }\n", "other.lua": "", "data.json": "{}",
	})
	view := f.source("")
	if view.Script != "main.lua" || view.File != "main.lua" || view.Text != usesModules || len(view.Errors) != 0 {
		t.Errorf("got %+v", view)
	}
	if want := []string{"main.lua", "lib/lamp.lua"}; !slices.Equal(view.Files, want) {
		t.Errorf("the files are %q, want %q", view.Files, want)
	}
	if view := f.source("lib/lamp.lua"); !strings.HasPrefix(view.Text, "return { set") || view.Version == f.source("").Version {
		t.Errorf("got %+v", view)
	}
	for _, at := range []string{f.path("lib/lamp.lua"), "lamp.lua", "elsewhere/lamp.lua"} {
		if name, file, ok := f.FindSource(at); !ok || name != "main.lua" || file != "lib/lamp.lua" {
			t.Errorf("%s is in %s %s, %v", at, name, file, ok)
		}
	}
	if _, _, ok := f.FindSource("other.lua"); ok {
		t.Error("other.lua was found, which no script uses")
	}
}

func TestErrorsAreAtTheirLines(t *testing.T) {
	f := newSourceFixture(t, map[string]string{
		"main.lua": usesModules, "lib/lamp.lua": "return { set = function(room)\n  return room:upper()\nend }\n",
	})
	for range 2 { // the same error counts once
		f.call("light", "{}")
	}
	want := []SourceError{{File: "lib/lamp.lua", Line: 2, Text: "attempt to index 'room' (a nil value)", In: "tool light"}}
	if got := f.source("").Errors; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f.write("lib/lamp.lua", "return {\n  set = function(room) return room:upper( end\n}\n")
	if got := f.source("").Errors; len(got) != 0 {
		t.Errorf("the error is shown at a line of another text: %+v", got)
	}
	if _, err := f.Reload(f.path("main.lua")); err == nil {
		t.Fatal("a script with a syntax error was loaded")
	}
	got := f.source("lib/lamp.lua").Errors
	if len(got) != 1 || got[0].File != "lib/lamp.lua" || got[0].Line != 2 || !strings.Contains(got[0].Text, "near 'end'") || got[0].In != "" {
		t.Errorf("got %+v", got)
	}
	f.write("main.lua", usesModules+"\nprnt(1)")
	f.write("lib/lamp.lua", "return {}")
	if _, err := f.Reload(f.path("main.lua")); err == nil {
		t.Fatal("a script with an unknown function was loaded")
	}
	if got := f.source("").Errors; len(got) != 1 || got[0].Line != 5 || got[0].Hint != "did you mean 'print'?" {
		t.Errorf("got %+v", got)
	}
	if failed := f.LoadFailure(f.path("main.lua")); failed == nil || !strings.HasPrefix(failed.Error(), "main.lua:5: attempt to call") {
		t.Errorf("got %v", failed)
	}
}

func TestTheScriptsOfASourceAreNamedAsTheyCanBeAskedFor(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "", "b/main.lua": "-- the other", "c.lua": ""})
	for _, name := range []string{"b/main.lua", "c.lua"} {
		if _, err := f.Load(f.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{f.path("main.lua"), f.path("b/main.lua"), "c.lua"}
	for _, name := range want {
		view, err := f.Source(name, "")
		if err != nil || view.Script != name || !slices.Equal(view.Scripts, want) {
			t.Errorf("%s: got %+v, %v, want %q", name, view, err, want)
		}
	}
}

// A module that a script requires for the first time can be mended too.
func TestAModuleThatCouldNotBeLoadedIsASourceOfTheScript(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "", "new.lua": "x = = 1"})
	f.write("main.lua", `require "new"`)
	if _, err := f.Reload(f.path("main.lua")); err == nil {
		t.Fatal("the module was loaded")
	}
	if got := f.source("new.lua").Errors; len(got) != 1 || got[0].File != "new.lua" || got[0].Line != 1 {
		t.Errorf("got %+v", got)
	}
	if err := f.save("new.lua", "x = 1"); err != nil {
		t.Error(err)
	}
}

func TestACheckFindsMistakesAndSavesNothing(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "-- empty"})
	got, err := f.CheckSource(SourceEdit{Script: "main.lua", Text: "local a = 1\nif a then\n"})
	if err != nil || len(got) != 1 || got[0].Line != 3 || !strings.Contains(got[0].Hint, "'end'") {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = f.CheckSource(SourceEdit{Script: "main.lua", Text: "error('not run')"})
	if err != nil || len(got) != 0 || f.read("main.lua") != "-- empty" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Any text that is UTF-8 is on the disk byte for byte, and is read again so.
func FuzzASavedTextIsOnTheDiskByteForByte(f *testing.F) {
	for _, text := range []string{
		"-- one\r\n-- two\r\n", "-- no newline at the end", "\ufeff-- with a byte order mark\n", "\t-- tabs\t\n\t\n", "-- mixed\r\nlines\nand\rothers",
		"", "\n\n\n", "-- \x00 \x7f \u2028 \u202e 👩‍👧\n", "\xff", "#!/usr/bin/env moonlark\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newSourceFixture(t, map[string]string{"main.lua": "-- first\n"})
		err := s.save("", text)
		if !utf8.ValidString(text) || len(text) > maxSource {
			if err == nil || s.read("main.lua") != "-- first\n" {
				t.Errorf("%q: got %v, and %q is on the disk", text, err, s.read("main.lua"))
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got, again := s.read("main.lua"), s.source("").Text; got != text || again != text {
			t.Errorf("%q is on the disk, and %q is read, want %q", got, again, text)
		}
		if err := s.save("", text+" "); err != nil {
			t.Fatalf("%q: %v", text+" ", err)
		}
		if got := s.read("main.lua~"); got != "-- first\n" && text != "-- first\n" {
			t.Errorf("the copy has %q, want the file as it was before the first change", got)
		}
	})
}

func TestASavedFileKeepsItsMode(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "-- a"})
	if err := os.Chmod(f.path("main.lua"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := f.save("", "-- b"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.lua", "main.lua~"} {
		if info, err := os.Stat(f.path(name)); err != nil || info.Mode() != 0o640 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("temporary files are left: %v, %v", entries, err)
	}
}

func TestAFileThatHasChangedIsNotOverwritten(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "-- a"})
	read := f.source("").Version
	f.write("main.lua", "-- of somebody else")
	_, err := f.SaveSource(SourceEdit{"main.lua", "main.lua", "-- mine", read})
	if !errors.Is(err, errSourceChanged) || f.read("main.lua") != "-- of somebody else" {
		t.Errorf("got %v, and %s is on the disk", err, f.read("main.lua"))
	}
	if err := os.Remove(f.path("main.lua")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SaveSource(SourceEdit{"main.lua", "main.lua", "-- mine", read}); !errors.Is(err, errSourceChanged) {
		t.Errorf("got %v for a file that was removed", err)
	}
}

func TestOnlyFilesOfTheScriptAreReadAndSaved(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "", "other.lua": "-- secret", "sub/x.lua": ""})
	outside := filepath.Join(t.TempDir(), "outside.lua")
	if err := os.WriteFile(outside, []byte("-- outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{
		"other.lua", "./main.lua", "sub/../main.lua", "../" + filepath.Base(f.dir) + "/main.lua", outside, f.path("main.lua"),
		"main.lua\x00", "main.lua/", "\x00", "..", ".", "sub", `..\main.lua`, "main.lua~", strings.Repeat("x", 1<<16),
	} {
		_, readErr := f.Source("main.lua", file)
		_, saveErr := f.SaveSource(SourceEdit{"main.lua", file, "-- changed", f.source("").Version})
		_, checkErr := f.CheckSource(SourceEdit{Script: "main.lua", File: file, Text: "x"})
		if !errors.Is(readErr, ErrNoSource) || !errors.Is(saveErr, ErrNoSource) || !errors.Is(checkErr, ErrNoSource) {
			t.Errorf("%.50q: read %v, saved %v, checked %v", file, readErr, saveErr, checkErr)
		}
	}
	if _, err := f.Source("nobody.lua", ""); err == nil {
		t.Error("a script that does not exist has a source")
	}
}

func TestALinkThatLeadsOutOfTheFolderIsNotFollowed(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "-- a", "inside.lua": "-- b"})
	outside := filepath.Join(t.TempDir(), "outside.lua")
	if err := os.WriteFile(outside, []byte("-- a"), 0o600); err != nil {
		t.Fatal(err)
	}
	version := f.source("").Version // that of the file outside too
	for _, target := range []string{outside, "../" + filepath.Base(filepath.Dir(outside)) + "/outside.lua"} {
		os.Remove(f.path("main.lua"))
		if err := os.Symlink(target, f.path("main.lua")); err != nil {
			t.Skip(err)
		}
		_, err := f.Source("main.lua", "")
		if err == nil || !strings.Contains(err.Error(), "leads out of the folder") {
			t.Errorf("%s: read: %v", target, err)
		}
		if _, err := f.SaveSource(SourceEdit{"main.lua", "", "-- changed", version}); err == nil {
			t.Errorf("%s: saved", target)
		}
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "-- a" {
		t.Errorf("the file outside has %q, %v", text, err)
	}
	os.Remove(f.path("main.lua"))
	if err := os.Symlink("inside.lua", f.path("main.lua")); err != nil {
		t.Fatal(err)
	}
	if err := f.save("", "-- c"); err != nil || f.read("inside.lua") != "-- c" {
		t.Errorf("a link inside of the folder: %v, and %s is on the disk", err, f.read("inside.lua"))
	}
	if info, err := os.Lstat(f.path("main.lua")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link has been replaced")
	}
}

func TestAFolderThatCannotBeWrittenLosesNothing(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root can write everywhere")
	}
	f := newSourceFixture(t, map[string]string{"main.lua": "-- a"})
	if err := os.Chmod(f.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(f.dir, 0o700)
	if err := f.save("", "-- b"); err == nil || !strings.Contains(err.Error(), "permission denied") || f.read("main.lua") != "-- a" {
		t.Errorf("got %v, and %s is on the disk", err, f.read("main.lua"))
	}
}

func TestTextsThatCannotBeASourceAreRefused(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "-- a"})
	for text, want := range map[string]string{"\xff\xfe": "not UTF-8", strings.Repeat("-", maxSource+1): "longer than"} {
		if err := f.save("", text); err == nil || !strings.Contains(err.Error(), want) || f.read("main.lua") != "-- a" {
			t.Errorf("%.10q: %v", text, err)
		}
	}
	f.write("main.lua", "-- Gr\xfc\xdfe")
	if _, err := f.Source("main.lua", ""); err == nil || err.Error() != "main.lua: the file is not UTF-8" {
		t.Errorf("got %v", err)
	}
}

func TestTwoScriptsWithTheSameNameAreToldApart(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "-- first", "other/main.lua": "-- second"})
	if _, err := f.Load(f.path("other/main.lua")); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"main.lua": "-- first", "other/main.lua": "-- second"} {
		if view, err := f.Source(f.path(path), ""); err != nil || view.Text != text || view.Script != f.path(path) {
			t.Errorf("%s: got %+v, %v", path, view, err)
		}
	}
}

func TestASharedModuleReloadsAllScriptsThatUseIt(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": `require "shared"`, "second.lua": `require "shared"`, "third.lua": "", "shared.lua": "return 1"})
	for _, name := range []string{"second.lua", "third.lua"} {
		if _, err := f.Load(f.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := f.SaveSource(SourceEdit{"second.lua", "shared.lua", "return 2", f.source("shared.lua").Version})
	if want := []string{f.path("main.lua"), f.path("second.lua")}; err != nil || !slices.Equal(paths, want) {
		t.Errorf("got %q, %v, want %q", paths, err, want)
	}
}

// A Switch forgets what the load before it, which failed, has read.
func TestASwitchForgetsTheFilesOfALoadThatFailed(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "", "new.lua": "x = = 1"})
	f.write("main.lua", `require "new"`)
	if _, err := f.Reload(f.path("main.lua")); err == nil {
		t.Fatal("the module was loaded")
	}
	f.write("main.lua", "x = 1")
	if _, err := f.Switch(f.path("main.lua")); err != nil {
		t.Fatal(err)
	}
	if got, want := f.source("").Files, []string{"main.lua"}; !slices.Equal(got, want) {
		t.Errorf("the files are %q, want %q", got, want)
	}
}
