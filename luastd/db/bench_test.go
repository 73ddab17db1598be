package db_test

import (
	"fmt"
	"path/filepath"
	"testing"

	sqlite "github.com/ncruces/go-sqlite3"

	"moonlark/luastd/luastdtest"
)

const benchTable = `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price REAL);
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, 'name' || i, i / 2.0 FROM n`

// The benchmarks do the same work b.N times in Lua, and directly in Go with the library.
func BenchmarkDB(b *testing.B) {
	for _, row := range []struct{ name, lua, sql string }{
		{"one row", `a:first("SELECT * FROM t WHERE id = ?", i % 5000 + 1)`, "SELECT * FROM t WHERE id = ?1 % 5000 + 1"},
		{"1000 rows", `a:query("SELECT * FROM t WHERE id > ? LIMIT 1000", i % 4000)`, "SELECT * FROM t WHERE id > ?1 % 4000 LIMIT 1000"},
		{"loop over 1000 rows", `for row in a:rows("SELECT * FROM t WHERE id > ? LIMIT 1000", i % 4000) do end`, "SELECT * FROM t WHERE id > ?1 % 4000 LIMIT 1000"},
		{"insert", `a:exec("INSERT INTO t(name) VALUES (?)", i)`, "INSERT INTO t(name) VALUES (?1)"},
	} {
		b.Run("Lua/"+row.name, func(b *testing.B) {
			s := luastdtest.Open(b, luastdtest.Options{Source: `a = db.open("a.db", {migrations = {[[` + benchTable + `]]}})`})
			s.Run(`return a:tables()`)
			b.ResetTimer()
			if got := s.Run(fmt.Sprintf(`for i = 1, %d do %s end`, b.N, row.lua)); got != "" {
				b.Fatal(got)
			}
		})
		b.Run("Go/"+row.name, func(b *testing.B) { inGo(b, row.sql) })
	}
}

// inGo runs sql b.N times in Go.
func inGo(b *testing.B, sql string) {
	c, err := sqlite.Open(filepath.Join(b.TempDir(), "a.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.Exec("PRAGMA journal_mode = wal; PRAGMA synchronous = full;" + benchTable); err != nil {
		b.Fatal(err)
	}
	s, _, err := c.Prepare(sql)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := 0; b.Loop(); i++ {
		s.BindInt(1, i)
		for s.Step() {
			_, _, _ = s.ColumnInt64(0), s.ColumnText(1), s.ColumnFloat(2)
		}
		if err := s.Reset(); err != nil {
			b.Fatal(err)
		}
	}
}
