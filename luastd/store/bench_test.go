package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	sqlite "github.com/ncruces/go-sqlite3"

	"moonlark/luastd/luastdtest"
)

// Each benchmark does the same work b.N times: in Lua, and directly in Go with the library.
func BenchmarkStore(b *testing.B) {
	for _, row := range []struct{ name, lua string }{
		{"get from the cache", `store.get("key")`},
		{"get from the file", `store.get("key" .. i % 5000)`},
		{"set", `store.set("key", i)`},
		{"lazy set", `store.set("key", i, {lazy = true})`},
		{"incr", `store.incr("n")`},
		{"transaction of 100 sets", `store.transaction(function() for k = 1, 100 do store.set("key" .. k, i) end end)`},
	} {
		b.Run("Lua/"+row.name, func(b *testing.B) {
			s := luastdtest.Open(b, luastdtest.Options{})
			s.Run(`store.transaction(function() for i = 0, 4999 do store.set("key" .. i, i) end end) store.set("key", 1)`)
			b.ResetTimer()
			if got := s.Run(fmt.Sprintf(`for i = 1, %d do %s end`, b.N, row.lua)); got != "" {
				b.Fatal(got)
			}
		})
	}
	for _, row := range []struct {
		name, sql string
		perCommit int
	}{
		{"get from the file", "SELECT value FROM kv WHERE key = 'key' || (? % 5000)", 0},
		{"set", "INSERT OR REPLACE INTO kv VALUES ('key', ?, NULL)", 1},
		{"transaction of 100 sets", "INSERT OR REPLACE INTO kv VALUES ('key' || (?1 % 100), ?1, NULL)", 100},
	} {
		b.Run("Go/"+row.name, func(b *testing.B) { inGo(b, row.sql, row.perCommit) })
	}
}

// inGo runs sql in Go, b.N times, or b.N times in transactions of perCommit runs.
func inGo(b *testing.B, sql string, perCommit int) {
	c, err := sqlite.Open(filepath.Join(b.TempDir(), "a.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	err = c.Exec(`PRAGMA journal_mode = wal; PRAGMA synchronous = full;
		CREATE TABLE kv (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER) WITHOUT ROWID;
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) INSERT INTO kv SELECT 'key' || i, i, NULL FROM n`)
	if err != nil {
		b.Fatal(err)
	}
	s, _, err := c.Prepare(sql)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		if perCommit > 1 {
			c.Exec("BEGIN IMMEDIATE")
		}
		for i := range max(perCommit, 1) {
			s.BindInt(1, i)
			for s.Step() {
				_ = s.ColumnText(0)
			}
			if err := s.Reset(); err != nil {
				b.Fatal(err)
			}
		}
		if perCommit > 1 {
			if err := c.Exec("COMMIT"); err != nil {
				b.Fatal(err)
			}
		}
	}
}
