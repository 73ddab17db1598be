package fs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// watched opens a script that watches dir and prints the events, with dir replaced by DIR.
func watched(t *testing.T, dir, arguments string) *luastdtest.Script {
	t.Helper()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Write, Value: dir}}}})
	got := s.Run(fmt.Sprintf(`dir = %q
		function show(e) print("event " .. e.event .. " " .. e.path:gsub(dir, "DIR", 1)) end
		w = assert(fs.watch(%s)) return tostring(w)`, dir, arguments))
	if !strings.HasPrefix(got, "watch ") {
		t.Fatal(got)
	}
	return s
}

// events waits until the script has printed as many events as want has, and compares them.
func events(t *testing.T, s *luastdtest.Script, want ...string) {
	t.Helper()
	var got []string
	testkit.Until(t, strings.Join(want, ", "), func() bool {
		got = nil
		for _, line := range s.Output() {
			if e, ok := strings.CutPrefix(line, "event "); ok {
				got = append(got, e)
			}
		}
		return len(got) >= len(want)
	})
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("got %q, want %q", got, want)
	}
}

const pause = 300 * time.Millisecond // longer than the watch waits until nothing changes any more

func TestTheChangesOfAFolder(t *testing.T) {
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "old"), "1")
	write(t, filepath.Join(dir, "sub/old"), "1")
	s := watched(t, dir, "dir, show")
	rec := watched(t, dir, "dir, show, {recursive = true}")
	write(t, filepath.Join(dir, "old"), "22")
	write(t, filepath.Join(dir, "new"), "1")
	write(t, filepath.Join(dir, "sub/old"), "22")
	write(t, filepath.Join(dir, "deep/new/file"), "1")
	first := []string{"create DIR/deep", "create DIR/new", "change DIR/old"}
	firstRec := []string{"create DIR/deep", "create DIR/deep/new", "create DIR/deep/new/file", "create DIR/new", "change DIR/old", "change DIR/sub/old"}
	events(t, s, first...)
	events(t, rec, firstRec...)
	os.Remove(filepath.Join(dir, "new"))
	write(t, filepath.Join(dir, "deep/new/file"), "22") // in a folder that is new
	events(t, s, append(first, "remove DIR/new")...)
	events(t, rec, append(firstRec, "change DIR/deep/new/file", "remove DIR/new")...)
	os.Chmod(filepath.Join(dir, "old"), 0o600) // no change
	s.Run("w:close() w:close()")
	if got := s.Run("return tostring(w)"); got != "watch "+dir+" (closed)" {
		t.Errorf("got %s", got)
	}
	write(t, filepath.Join(dir, "later"), "1")
	events(t, rec, append(firstRec, "change DIR/deep/new/file", "remove DIR/new", "create DIR/later")...)
	events(t, s, append(first, "remove DIR/new")...)
}

func TestOneSaveIsOneEvent(t *testing.T) {
	const before, after = "before", "after the file was saved in an editor"
	for _, row := range []struct {
		editor string
		save   func(path string) error
	}{
		{"writes the file", func(path string) error { return os.WriteFile(path, []byte(after), 0o644) }},
		{"renames another file over it", func(path string) error {
			if err := os.WriteFile(path+".tmp", []byte(after), 0o644); err != nil {
				return err
			}
			return os.Rename(path+".tmp", path)
		}},
		{"moves the file away and writes a new one", func(path string) error {
			if err := os.Rename(path, path+"~"); err != nil {
				return err
			}
			time.Sleep(20 * time.Millisecond)
			return os.WriteFile(path, []byte(after), 0o644)
		}},
		{"empties the file and writes in pieces", func(path string) error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			defer f.Close()
			for i := range after {
				f.WriteString(after[i : i+1])
				time.Sleep(10 * time.Millisecond)
			}
			return nil
		}},
	} {
		t.Run(row.editor, func(t *testing.T) {
			t.Parallel()
			dir := realTempDir(t)
			path := filepath.Join(dir, "file")
			write(t, path, before)
			s := watched(t, dir, `dir .. "/file", show`)
			if err := row.save(path); err != nil {
				t.Fatal(err)
			}
			events(t, s, "change DIR/file")
			os.Remove(path)
			write(t, filepath.Join(dir, "other"), "1")
			events(t, s, "change DIR/file", "remove DIR/file")
			write(t, path, before)
			events(t, s, "change DIR/file", "remove DIR/file", "create DIR/file")
		})
	}
}

func TestChangesWhileAFileIsBeingWrittenAreReported(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 2 s")
	}
	t.Parallel()
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "log"), "")
	s := watched(t, dir, "dir, show")
	f, err := os.OpenFile(filepath.Join(dir, "log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for end := time.Now().Add(time.Minute); len(s.Output()) == 0; time.Sleep(20 * time.Millisecond) {
		f.WriteString("x")
		if time.Now().After(end) {
			t.Fatal("no event while the file is being written")
		}
	}
}

func TestAFolderThatDoesNotExistIsWatched(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a poll")
	}
	t.Parallel()
	dir := realTempDir(t)
	s := watched(t, dir, `dir .. "/not/yet", show`) // the system can notify nobody of this folder
	data := watched(t, dir, `"data", show`)
	write(t, filepath.Join(dir, "not/yet/file"), "1")
	write(t, filepath.Join(data.DataFolder, "data"), "1")
	events(t, s, "create DIR/not/yet/file")
	events(t, data, "create data")
	write(t, filepath.Join(dir, "not/yet/file"), "22")
	began := time.Now()
	events(t, s, "create DIR/not/yet/file", "change DIR/not/yet/file")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the second change was noticed after %v, so only by a poll", took)
	}
	os.RemoveAll(filepath.Join(dir, "not"))
	events(t, s, "create DIR/not/yet/file", "change DIR/not/yet/file", "remove DIR/not/yet/file")
	write(t, filepath.Join(dir, "not/yet/file"), "1")
	events(t, s, "create DIR/not/yet/file", "change DIR/not/yet/file", "remove DIR/not/yet/file", "create DIR/not/yet/file")
}

// The function of a watch may wait, fail and be killed. It runs for one event at a time.
func TestTheFunctionOfAWatch(t *testing.T) {
	dir := realTempDir(t)
	s := watched(t, dir, `dir, function(e)
		local name = fs.basename(e.path)
		running = (running or 0) + 1
		if running > 1 then print("two at a time") end
		sleep(0.01)
		running = running - 1
		if name == "b" then error("an error of the function") end
		if name == "c" then local t = nil; t.x = 1 end
		if name == "k" then task.self():cancel() end
		show(e)
	end`)
	for _, name := range []string{"a", "b", "c", "d", "k", "l"} {
		write(t, filepath.Join(dir, name), "1")
	}
	events(t, s, "create DIR/a", "create DIR/d", "create DIR/l")
	output := strings.Join(s.Output(), "\n")
	if !strings.Contains(output, "ERROR: fs.watch: a.lua:9: an error of the function") || !strings.Contains(output, "WARN: fs.watch: stopped: ") || strings.Contains(output, "two at a time") {
		t.Errorf("output: %s", output)
	}
	write(t, filepath.Join(dir, "e"), "1")
	events(t, s, "create DIR/a", "create DIR/d", "create DIR/l", "create DIR/e")
}

func TestOldEventsAreDroppedIfTheFunctionIsTooSlow(t *testing.T) {
	dir := realTempDir(t)
	s := watched(t, dir, `dir, function(e) while not go do sleep(0.01) end show(e) end`)
	write(t, filepath.Join(dir, "000"), "1")
	time.Sleep(2 * pause) // the function waits with the first event
	for i := range 300 {
		write(t, filepath.Join(dir, fmt.Sprintf("%03d", i+1)), "1")
	}
	time.Sleep(2 * pause)
	s.Run("go = true")
	testkit.Until(t, "the last event", func() bool { return strings.Contains(strings.Join(s.Output(), "\n"), "create DIR/300") })
	output := strings.Join(s.Output(), "\n")
	if n := strings.Count(output, "event create"); n != 257 || strings.Contains(output, "DIR/044") || !strings.Contains(output, "DIR/045") ||
		!strings.Contains(output, "WARN: fs: events of watches are dropped, because the script does not take them fast enough: 44 so far") {
		t.Errorf("%d events: %s", n, output)
	}
}

func TestTheNumberOfWatchesIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	check(t, s,
		[2]string{`(function() ws = {} for i = 1, 16 do ws[i] = assert(fs.watch("a", print)) end return #ws end)()`, "16"},
		[2]string{`fs.watch("a", print)`, "a.lua:1: fs.watch: there are 16 watches: close those that are not needed any more"},
		[2]string{`ws[1]:close(), ws[1]:close(), pcall(fs.watch, "/etc", print) == false, tostring(fs.watch("a", print))`, "true, true, true, watch a"},
		[2]string{`fs.watch("a", print)`, "a.lua:1: fs.watch: there are 16 watches: close those that are not needed any more"},
		[2]string{`fs.watch("a")`, "a.lua:1: bad argument #2 to watch (function expected, got nil)"},
		[2]string{`ws[2].close(1)`, "a.lua:1: bad argument #1 to close (a watch expected: use a colon, as in watch:close())"},
	)
}

// The system refuses a watch that was made while the script was loading.
func TestAWatchThatCannotStartEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	dir := realTempDir(t)
	for i := range 10_001 {
		write(t, filepath.Join(dir, fmt.Sprint(i)), "")
	}
	s := luastdtest.Open(t, luastdtest.Options{
		Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Read, Value: dir}}},
		Source:      fmt.Sprintf(`w = fs.watch(%q, print) for i = 2, 16 do fs.watch("a", print) end`, dir),
	})
	want := "WARN: fs.watch " + dir + ": the watch has ended: too_large: there are more than 10000 files"
	testkit.Until(t, want, func() bool { return strings.Contains(strings.Join(s.Output(), "\n"), want) })
	check(t, s, [2]string{`tostring(w), tostring(fs.watch("a", print))`, "watch " + dir + " (closed), watch a"})
}
