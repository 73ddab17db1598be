package filewatch

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/script"
	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) {
	testkit.SetParallel(8) // the tests mostly wait
	goleak.VerifyTestMain(m)
}

// A folder is a temporary folder with the files of some scripts. It takes the place of the program
// that loads the scripts: it knows what each script depends on, and reads all of that at a reload.
type folder struct {
	t       *testing.T
	dir     string
	watcher *Watcher
	reloads chan reload

	mu           sync.Mutex // guards the fields below
	dependencies map[string][]string
	loaded       map[string]script.File // the files as they were when they were read, by path
	warnings     []string               // texts of the watcher's warnings
	scans        int                    // how often the watcher has asked for the files of a script
}

// A reload is what was read when a script was reloaded.
type reload struct {
	script string
	files  map[string]string // the contents by file name; no entry for a missing file
}

// newFolder writes these files. dependencies are the names of the files that each script depends on
// besides itself. The folder is not watched before watch is called.
func newFolder(t *testing.T, files map[string]string, dependencies map[string][]string) *folder {
	t.Helper()
	f := &folder{t: t, dir: t.TempDir(), dependencies: dependencies, reloads: make(chan reload, 100), loaded: make(map[string]script.File)}
	for name, text := range files {
		f.write(name, text)
	}
	for _, path := range f.scripts() {
		f.load(path)
	}
	return f
}

// watch starts the watcher, which ends with the test.
func (f *folder) watch() {
	f.t.Helper()
	w := New(f.scripts(), f.files, func(path string) { f.reloads <- f.load(path) }, f.noteWarning)
	f.watcher = w
	f.t.Cleanup(w.Close)
}

func (f *folder) noteWarning(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.warnings = append(f.warnings, text)
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// scripts returns the paths of the scripts.
func (f *folder) scripts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(f.dependencies)) {
		paths = append(paths, f.path(name))
	}
	return paths
}

// setDependencies changes what a script depends on.
func (f *folder) setDependencies(script string, names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dependencies[script] = names
}

// load reads all files of the script at path.
func (f *folder) load(path string) reload {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := filepath.Base(path)
	r := reload{name, make(map[string]string)}
	for _, file := range append([]string{name}, f.dependencies[name]...) {
		f.loaded[f.path(file)] = script.StatFile(f.path(file))
		if text, err := os.ReadFile(f.path(file)); err == nil {
			r.files[file] = string(text)
		}
	}
	return r
}

// files returns what a script depends on. The watcher calls it.
func (f *folder) files(path string) []script.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scans++
	name := filepath.Base(path)
	var files []script.File
	for _, file := range append([]string{name}, f.dependencies[name]...) {
		read, ok := f.loaded[f.path(file)]
		if !ok { // the file was read by a reload that the watcher does not know of
			read = script.StatFile(f.path(file))
		}
		files = append(files, read)
	}
	return files
}

func (f *folder) write(name, text string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.path(name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) rename(from, to string) {
	f.t.Helper()
	if err := os.Rename(f.path(from), f.path(to)); err != nil {
		f.t.Fatal(err)
	}
}

// next waits for the next reload.
func (f *folder) next() reload {
	f.t.Helper()
	select {
	case r := <-f.reloads:
		return r
	case <-time.After(testkit.Timeout):
		f.t.Fatal("no reload")
		return reload{}
	}
}

// waitFor waits for a reload that reads this text in a file.
func (f *folder) waitFor(name, text string) {
	f.t.Helper()
	for f.next().files[name] != text {
	}
}

func TestASaveIsSeenHoweverTheEditorWrites(t *testing.T) {
	const before, after = "print('before')", "print('after the file was saved in an editor')"
	for _, row := range []struct {
		editor string
		save   func(f *folder)
	}{
		{"writes the file", func(f *folder) { f.write("a.lua", after) }},
		{"renames another file over it", func(f *folder) {
			f.write("a.lua.tmp", after)
			f.rename("a.lua.tmp", "a.lua")
		}},
		{"moves the file away and writes a new one", func(f *folder) {
			f.rename("a.lua", "a.lua~")
			time.Sleep(2 * settleTime)
			f.write("a.lua", after)
		}},
		{"empties the file and writes a little later", func(f *folder) {
			f.write("a.lua", "")
			time.Sleep(3 * settleTime)
			f.write("a.lua", after)
		}},
		{"writes in pieces", func(f *folder) {
			file, err := os.Create(f.path("a.lua"))
			if err != nil {
				f.t.Fatal(err)
			}
			defer file.Close()
			for i := range after {
				file.WriteString(after[i : i+1])
				if i%10 == 0 {
					time.Sleep(2 * time.Millisecond)
				}
			}
		}},
	} {
		t.Run(row.editor, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t, map[string]string{"a.lua": before}, map[string][]string{"a.lua": nil})
			f.watch()
			row.save(f)
			if r := f.next(); r.script != "a.lua" || r.files["a.lua"] != after {
				t.Errorf("reloaded %+v, want the text after the save", r)
			}
			f.watcher.Close()
			for len(f.reloads) > 0 {
				if r := f.next(); r.files["a.lua"] != after {
					t.Errorf("reloaded %+v, want the text after the save", r)
				}
			}
		})
	}
}

func TestAScriptIsNotReloadedWhileOneOfItsFilesIsEmpty(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "m.lua": "1"}, map[string][]string{"a.lua": {"m.lua"}})
	f.watch()
	f.write("m.lua", "")
	f.write("a.lua", "2")
	time.Sleep(2 * settleTime) // long enough for a file that is not empty
	f.write("m.lua", "2")
	if r := f.next(); r.files["a.lua"] != "2" || r.files["m.lua"] != "2" {
		t.Errorf("reloaded %+v, want both files after the save", r)
	}
}

func TestAFileThatStaysEmptyIsReloaded(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1"}, map[string][]string{"a.lua": nil})
	f.watch()
	began := time.Now()
	f.write("a.lua", "")
	if r := f.next(); r.files["a.lua"] != "" {
		t.Errorf("reloaded %+v", r)
	}
	if took := time.Since(began); took < settleTimeEmpty {
		t.Errorf("reloaded after %v, want at least %v", took, settleTimeEmpty)
	}
}

func TestOnlyTheScriptsThatDependOnAFileAreReloaded(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "b.lua": "1", "c.lua": "1", "lib/m.lua": "1"},
		map[string][]string{"a.lua": {"lib/m.lua"}, "b.lua": {"lib/m.lua"}, "c.lua": nil})
	f.watch()
	f.write("lib/m.lua", "2")
	got := map[string]string{}
	for range 2 {
		r := f.next()
		got[r.script] = r.files["lib/m.lua"]
	}
	if want := map[string]string{"a.lua": "2", "b.lua": "2"}; !maps.Equal(got, want) {
		t.Errorf("reloaded %v, want %v", got, want)
	}
	f.write("lib/unused.lua", "1")
	if err := os.Chmod(f.path("a.lua"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.write("c.lua", "2") // its reload is due after any reload for the changes above
	if r := f.next(); r.script != "c.lua" {
		t.Errorf("reloaded %+v, want c.lua", r)
	}
	f.watcher.Close()
	for len(f.reloads) > 0 {
		if r := f.next(); r.script != "c.lua" {
			t.Errorf("reloaded %+v after nothing but its mode had changed", r)
		}
	}
}

func TestAMissingFileIsSeenWhenItIsCreated(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1"}, map[string][]string{"a.lua": {"deep/er/m.lua"}})
	f.watch()
	f.write("deep/er/m.lua", "made") // creates the folders as well
	f.waitFor("deep/er/m.lua", "made")
}

func TestAFileThatAReloadDependsOnIsWatched(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1"}, map[string][]string{"a.lua": nil})
	f.watch()
	f.setDependencies("a.lua", "m.lua")
	f.write("a.lua", "2")
	f.waitFor("a.lua", "2")
	f.write("m.lua", "made")
	f.waitFor("m.lua", "made")
}

func TestRescanFindsTheFilesOfAReloadByOthers(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "lib/m.lua": "1"}, map[string][]string{"a.lua": nil})
	f.watch()
	f.setDependencies("a.lua", "lib/m.lua")
	f.watcher.Rescan()
	testkit.Until(t, "a second scan", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.scans == 2
	})
	f.write("lib/m.lua", "2, which is longer")
	f.waitFor("lib/m.lua", "2, which is longer")
}

func TestAFileThatWasSavedBeforeItWasWatchedIsReloaded(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1"}, map[string][]string{"a.lua": nil})
	f.write("a.lua", "saved after the script was loaded")
	f.watch()
	f.waitFor("a.lua", "saved after the script was loaded")
}

func TestAFileBehindALinkIsWatched(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "m.lua": "1", "other/real.lua": "2"}, map[string][]string{"a.lua": {"m.lua"}})
	f.watch()
	if err := os.Remove(f.path("m.lua")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(f.path("other/real.lua"), f.path("m.lua")); err != nil {
		t.Skip(err)
	}
	f.waitFor("m.lua", "2")
	f.write("other/real.lua", "3")
	f.waitFor("m.lua", "3")
}

// The target of a new link is saved after the reload has read it and before the watcher watches its
// folder.
func TestALinkedFileThatWasSavedBeforeItWasWatchedIsReloaded(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "m.lua": "1", "other/real.lua": "2"}, map[string][]string{"a.lua": {"m.lua"}})
	w := New(f.scripts(), f.files, func(path string) {
		r := f.load(path)
		if r.files["m.lua"] == "2" {
			f.write("other/real.lua", "3, which is longer")
		}
		f.reloads <- r
	}, f.noteWarning)
	t.Cleanup(w.Close)
	os.Remove(f.path("m.lua"))
	if err := os.Symlink(f.path("other/real.lua"), f.path("m.lua")); err != nil {
		t.Skip(err)
	}
	f.waitFor("m.lua", "3, which is longer")
}

func TestManyScriptsAreWatchedAtOnce(t *testing.T) {
	t.Parallel()
	files, dependencies := map[string]string{}, map[string][]string{}
	for i := range 20 {
		name := fmt.Sprintf("s%d.lua", i)
		files[name], dependencies[name] = "1", nil
	}
	f := newFolder(t, files, dependencies)
	f.watch()
	for name := range files {
		f.write(name, "2")
	}
	reloaded := map[string]bool{}
	for len(reloaded) < len(files) {
		r := f.next()
		if reloaded[r.script] = true; r.files[r.script] != "2" {
			t.Errorf("reloaded %+v", r)
		}
	}
}
