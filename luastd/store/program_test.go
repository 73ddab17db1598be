package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

// call calls a tool of the script and waits for its result.
func call(t *testing.T, s *luastdtest.Script, name string) {
	t.Helper()
	done := make(chan tool.Result, 1)
	s.Scripts.Call(&script.Call{Name: name, Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }})
	select {
	case <-done:
	case <-time.After(testkit.Timeout):
		t.Fatal("the tool does not return")
	}
}

func TestChangesOfAnotherProgramAreSeenWithinASecond(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	path := filepath.Join(s.DataFolder, "store.db")
	s.Want(`return store.set("a", 1), store.get("a")`, "true, 1")
	luastdtest.SQLite3(t, path, `UPDATE kv SET value = '{"x":2}' WHERE key = 'a'`)
	began := time.Now()
	testkit.Until(t, "the change", func() bool { return s.Run(`local a = store.get("a") return type(a) == "table" and a.x`) == "2" })
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("the change was seen after %v", took)
	}
	luastdtest.SQLite3(t, path, `INSERT INTO kv VALUES ('b', 'not JSON', NULL)`)
	s.Want(`return select(3, store.get("b")), select(3, store.list()), select(3, store.update("b", print))`, "corrupt, corrupt, corrupt")
}

func TestAnotherProgramWritesAtTheSameTime(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	path := filepath.Join(s.DataFolder, "store.db")
	s.Want(`return store.set("n", 0)`, "true")
	const rounds = 20
	luastdtest.SQLite3(t, path, "SELECT 1") // skips the test if sqlite3 is not installed
	other := make(chan bool)
	go func() {
		defer close(other)
		for range rounds {
			luastdtest.SQLite3(t, path, `UPDATE kv SET value = value + 1 WHERE key = 'n'`)
		}
	}()
	for range rounds {
		s.Run(`for i = 1, 5 do store.incr("n") store.update("n", function(n) return n + 1 end) end`)
	}
	<-other
	time.Sleep(1100 * time.Millisecond) // the value in the cache may be this old
	s.Want(`return store.get("n")`, "220")
	if got := luastdtest.SQLite3(t, path, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}

func TestAFileThatAnotherProgramLocksIsBusy(t *testing.T) {
	if testing.Short() {
		t.Skip("takes five seconds")
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	path := filepath.Join(s.DataFolder, "store.db")
	s.Want(`return store.set("a", 1)`, "true")
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("the program sqlite3 is not installed")
	}
	other := exec.Command(program, path)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	in.Write([]byte("BEGIN IMMEDIATE;\n.shell touch " + path + ".locked\n"))
	testkit.Until(t, "the lock", func() bool { _, err := os.Stat(path + ".locked"); return err == nil })
	s.Want(`return store.set("a", 2)`, "nil, busy: another program has used the file of the store for 5s, busy")
	s.Want(`return store.get("a")`, "1")
	in.Close()
	other.Wait()
	s.Want(`return store.set("a", 2)`, "true")
}
