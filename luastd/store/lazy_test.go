package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/luastd/luastdtest"
)

// A goroutine that writes again and again without a wait would let no time pass in the bubble.
func TestLazyChangesAreKeptUntilTheyCanBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := luastdtest.Open(t, luastdtest.Options{})
		if err := os.WriteFile(s.DataFolder, nil, 0o600); err != nil { // in the place of the folder
			t.Fatal(err)
		}
		s.Want(`for i = 1, 10 do store.set("k" .. i, i, {lazy = true}) end return store.set("a", 1)`, "nil, "+notAFolder(s))
		time.Sleep(10 * time.Minute)
		if out := s.Output(); len(out) != 1 || !strings.HasPrefix(out[0], "ERROR: store: lazy changes cannot be written now, and are kept in memory: ") {
			t.Errorf("the output is %q, want one error", out)
		}
		if err := os.Remove(s.DataFolder); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := os.Stat(filepath.Join(s.DataFolder, "store.db")); err != nil {
			t.Error(err)
		}
		s.Want(`return store.get("k10"), #store.keys()`, "10, 10")
		s.Scripts.Close()
		time.Sleep(time.Minute)
	})
}

func notAFolder(s *luastdtest.Script) string {
	err := os.MkdirAll(s.DataFolder, 0o700)
	return fmt.Sprintf("io: the data folder cannot be created: %v, io", err)
}

// The script can make room in a store in which there is no room for the lazy changes.
func TestLazyChangesAreKeptWhileTheStoreIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := luastdtest.Open(t, luastdtest.Options{})
		s.Want(`return store.set("k1", 1)`, "true")
		luastdtest.SQLite3(t, filepath.Join(s.DataFolder, "store.db"), `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 62)
			INSERT INTO kv SELECT 'k' || i, printf('"%.*c"', 1048574, 'x'), NULL FROM n`)
		s.Want(`
			local mib = ("x"):rep(2^20 - 2)
			for i = 1, 3 do store.set("lazy" .. i, mib, {lazy = true}) end
			return store.incr("n", 1, {lazy = true})`, "1")
		time.Sleep(6 * time.Second)
		s.Want(`return #store.get("lazy3"), select(3, store.keys()), store.incr("n", 1, {lazy = true})`, "1048574, full, 2")
		s.Want(`return store.set("lazy1", 1), store.get("lazy1"), store.incr("n"), store.delete("lazy2"), store.delete("lazy2"), store.set("k1", 2)`, "true, 1, 3, true, false, true")
		s.Want(`return pcall(store.transaction, function() store.delete("lazy3") error("no", 0) end), #store.get("lazy3")`, "false, 1048574")
		s.Want(`return store.clear("k")`, "62")
		time.Sleep(2 * time.Minute)
		s.Want(`return table.concat(store.keys(), " "), #store.get("lazy3"), store.get("lazy1"), store.get("n")`, "lazy1 lazy3 n, 1048574, 1, 3")
		if out := s.Output(); len(out) != 1 {
			t.Errorf("the output is %q, want one error", out)
		}
		s.Scripts.Close()
		time.Sleep(time.Minute)
	})
}

func TestALazyChangeIsWrittenAlthoughAnotherChangeFails(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`return store.set("k1", 1)`, "true")
	luastdtest.SQLite3(t, filepath.Join(s.DataFolder, "store.db"), `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 62)
		INSERT INTO kv SELECT 'k' || i, printf('"%.*c"', 1048574, 'x'), NULL FROM n`)
	s.Want(`
		local code
		for i = 1, 4 do
			store.incr("lazy", 1, {lazy = true})
			local ok, reason, c = store.set("big" .. i, ("x"):rep(2^20 - 2))
			code = code or c
		end
		return code, store.get("lazy"), store.keys("lazy")[1]`, "full, 4, lazy")
	if out := s.Output(); len(out) != 0 {
		t.Errorf("the output is %q", out)
	}
}
