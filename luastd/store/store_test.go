package store_test

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
	"moonlark/luastd/store"
)

func TestStoreExamples(t *testing.T) {
	luastdtest.ExamplesInUse(t, "testdata/*.lua", luastdtest.Options{})
}

func TestWhileTheScriptLoadsItCanOnlyRead(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		value, keys = store.get("a", "none"), #store.keys()
		failure = {}
		for name, args in pairs{set = {"a", 1}, add = {"a", 1}, delete = {"a"}, incr = {"a"}, clear = {}, transaction = {print}, update = {"a", print}} do
			failure[name] = select(2, pcall(function() store[name](unpack(args)) end))
		end`})
	s.Want("return value, keys", "none, 0")
	for _, name := range []string{"set", "add", "delete", "incr", "clear", "transaction", "update"} {
		s.Want("return (failure."+name+":gsub('^.-:%d+: ', ''))", "store."+name+": the script is still loading: call it in on_start(function() ... end)")
	}
	if _, err := os.Stat(s.DataFolder); !os.IsNotExist(err) {
		t.Errorf("the script has created its data folder (%v)", err)
	}
}

func TestValuesAreThereAfterARestart(t *testing.T) {
	data := permit.Settings{Data: t.TempDir(), ID: "test"}
	for i := range 3 {
		s := luastdtest.Open(t, luastdtest.Options{Permissions: data, Source: `at_load = store.get("count", 0)`})
		s.Want(`return at_load, store.incr("count"), store.incr("lazy", 1, {lazy = true})`, fmt.Sprintf("%d, %d, %d", i, i+1, i+1))
		s.Scripts.Close()
	}
}

func TestTheFileStaysOpenDuringAReload(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	testkit.Until(t, "the files of other tests", func() bool { return store.OpenFiles() == 0 })
	s := luastdtest.Open(t, luastdtest.Options{Source: `on_start(function() store.incr("generations") end)`})
	for i := range 4 {
		if i > 0 {
			s.Reload("")
		}
		testkit.Until(t, "the generation", func() bool { return s.Run(`return store.get("generations")`) == fmt.Sprint(i+1) })
		if n := store.OpenFiles(); n != 1 {
			t.Errorf("%d files are open, want 1", n)
		}
	}
	s.Scripts.Close()
	testkit.Until(t, "the file to be closed", func() bool { return store.OpenFiles() == 0 })
}

func TestALazyChangeWorksInOnUnload(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `on_unload(function() store.set("bye", 1, {lazy = true}) end)`})
	s.Reload("")
	testkit.Until(t, "the change", func() bool { return s.Run(`return store.get("bye")`) == "1" })
}

func TestLazyChangesAreWrittenWithinFiveSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes five seconds")
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`for i = 1, 2000 do store.set("k" .. i, i, {lazy = true}) end return store.get("k2000")`, "2000")
	time.Sleep(5500 * time.Millisecond)
	if got := luastdtest.SQLite3(t, filepath.Join(s.DataFolder, "store.db"), "SELECT count(*) FROM kv"); got != "2000" {
		t.Errorf("the file has %s keys, want 2000", got)
	}
}

func TestManyLazyChangesAreWrittenEarlier(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`for i = 1, 1500 do store.incr("k" .. i, 1, {lazy = true}) end return store.incr("k1", 1, {lazy = true})`, "2")
	testkit.Until(t, "1000 keys in the file", func() bool {
		return luastdtest.SQLite3(t, filepath.Join(s.DataFolder, "store.db"), "SELECT count(*) >= 1000 FROM kv") == "1"
	})
}

// A clock is a clock that a test sets.
type clock struct{ ms int64 }

func (c *clock) now() time.Time { return time.UnixMilli(c.ms) }

func TestKeysExpireOnlyWhileTheClockIsRight(t *testing.T) {
	c := &clock{5000} // 1970
	s := luastdtest.Open(t, luastdtest.Options{}, store.ModuleWithClock(c.now))
	const year2026 = 1_780_000_000_000
	s.Want(`return store.set("early", 1, {ttl = 60}), store.ttl("early")`, "true, 60")
	c.ms += 100_000
	s.Want(`return store.get("early"), store.ttl("early"), #store.keys()`, "1, 60, 1")
	c.ms = year2026
	s.Want(`return store.set("other", 1, {ttl = 1}), store.ttl("early")`, "true, 60")
	c.ms += 59_000
	s.Want(`return store.get("early"), store.ttl("early"), store.get("other"), #store.keys()`, "1, 1, nil, 1")
	c.ms += 1000
	s.Want(`return store.get("early"), store.ttl("early"), #store.keys()`, "nil, nil, 0")
	s.Want(`return store.add("early", 2, {ttl = 60}), store.incr("early"), store.incr("early", 1, {ttl = 5}), store.ttl("early")`, "true, 3, 4, 60")
	c.ms = 6000 // the clock is wrong again
	s.Want(`return store.get("early")`, "4")
	c.ms = year2026 + 3_600_000
	s.Want(`return store.incr("early"), store.ttl("early")`, "1, nil")
}

func TestTheNumberOfKeysIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`store.transaction(function() for i = 1, 100 do store.set("k" .. i, i) end end) return #store.keys()`, "100")
	path := filepath.Join(s.DataFolder, "store.db")
	luastdtest.SQLite3(t, path, "WITH RECURSIVE n(i) AS (SELECT 101 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO kv SELECT 'k' || i, i, NULL FROM n")
	s.Want(`return store.set("one more", 1)`, "nil, full: the store has 100000 keys, which is the maximum, full")
	s.Want(`return store.incr("one more", 1, {lazy = true})`, "1")
	s.Want(`return store.set("k7", 1), store.delete("k8"), store.set("one more", 1), store.set("two more", 1)`,
		"true, true, true, nil, full: the store has 100000 keys, which is the maximum, full")
	s.Want(`return store.clear()`, "100000")
}

func TestTheSizeOfAStoreIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	const full = "full: the store has 64 MiB, which is the maximum, or the disk is full, full"
	s.Want(`return store.set("k1", 1)`, "true")
	luastdtest.SQLite3(t, filepath.Join(s.DataFolder, "store.db"), `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
		INSERT INTO kv SELECT 'k' || i, printf('"%.*c"', 1048574, 'x'), NULL FROM n`)
	s.Want(`
		local mib = ("x"):rep(2^20 - 2)
		for i = 61, 100 do
			local ok, reason, code = store.set("k" .. i, mib)
			if not ok then return i < 66, reason, code end
		end`, "true, "+full)
	s.Want(`return store.get("k1") ~= nil, store.set("small", 1)`, "true, true")
	s.Want(`return store.transaction(function() store.set("small", 2) return store.set("k99", ("x"):rep(2^20 - 2)) end)`, "nil, "+full)
	s.Want(`return store.get("small")`, "1")
	s.Want(`return select(3, store.list())`, "too_large")
	s.Want(`return store.delete("k2"), store.set("k2", ("x"):rep(2^19)), store.clear("k")`, s.Run(`return true, true, #store.keys("k")`))
}

func TestOneOfTwoStoresDoesNotSeeTheOther(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		local other = store.open("other")
		store.set("a", 1)
		other.set("a", 2)
		return store.get("a"), other.get("a"), other:get("a"), store.open("other").get("a"), other.open`, "1, 2, 2, 2, nil")
	s.Want(`for i = 2, 15 do store.open("s" .. i) end return pcall(function() store.open("s16") end)`,
		"false, a.lua:1: store.open: the script has 16 stores, which is the maximum")
}

func TestADamagedFileIsReported(t *testing.T) {
	for name, row := range map[string]struct{ content, want string }{
		"not a database": {strings.Repeat("x", 4096), "nil, corrupt: "},
		"a cut database": {"SQLite format 3\x00" + strings.Repeat("\xff", 100), "nil, corrupt: "},
	} {
		t.Run(name, func(t *testing.T) {
			s := luastdtest.Open(t, luastdtest.Options{})
			writeData(t, s, "store.db", row.content)
			for _, call := range []string{`store.get("a")`, `store.set("a", 1)`, `store.keys()`, `store.transaction(print)`} {
				if got := s.Run("return " + call); !strings.HasPrefix(got, row.want) || !strings.HasSuffix(got, ", corrupt") {
					t.Errorf("%s: got %s, want %s", call, got, row.want)
				}
			}
			if err := os.Remove(filepath.Join(s.DataFolder, "store.db")); err != nil {
				t.Fatal(err)
			}
			s.Want(`return store.set("a", 1), store.get("a")`, "true, 1")
		})
	}
}

func TestAStoreIsNotOpenedThroughALink(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	outside := filepath.Join(t.TempDir(), "outside.db")
	writeData(t, s, "x", "")
	if err := os.Symlink(outside, filepath.Join(s.DataFolder, "store.db")); err != nil {
		t.Skip(err)
	}
	if got := s.Run(`return store.set("a", 1)`); !strings.HasSuffix(got, ", denied") {
		t.Errorf("got %s, want that the link is refused", got)
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("the link was followed")
	}
}

// writeData writes a file into the data folder of s.
func writeData(t *testing.T, s *luastdtest.Script, name, content string) {
	t.Helper()
	if err := os.MkdirAll(s.DataFolder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.DataFolder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
