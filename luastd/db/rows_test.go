package db_test

import (
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, printf('%.*c', 1000, 'x') AS text FROM n`

// The rows of an endless statement do not fit into memory.
func TestALoopReadsItsRowsAsItGoes(t *testing.T) {
	s := open(t)
	for _, name := range []string{`"a.db"`, `"m", {mode = "memory"}`} {
		s.Want(`
			d = db.open(`+name+`)
			for row in d:rows("`+numbers+`") do if row.i == 3000 then return row.i end end`, "3000")
	}
	s.Want(`return d:value("SELECT 1")`, "1")
}

// Two loops and a query have a connection each.
func TestLoopsAndQueriesDoNotDisturbEachOther(t *testing.T) {
	s := open(t)
	s.Want(`
		local n = 0
		for outer in a:rows("`+numbers+`") do
			for inner in a:rows("`+numbers+`") do
				n = n + a:value("SELECT 1")
				if inner.i == 300 then break end
			end
			if outer.i == 3 then return n, outer.i end
		end`, "900, 3")
}

// The connection of a database in memory is needed for the second statement, so the rest of the
// rows must be read, which are too many.
func TestALoopWhoseRestIsTooLargeFails(t *testing.T) {
	s := open(t)
	s.Want(`
		local d, n = db.open("m", {mode = "memory"}), 0
		local _, err = pcall(function()
			for row in d:rows("`+numbers+`") do
				n = n + 1
				if n == 1 then d:value("SELECT 1") end
			end
		end)
		return err, n`,
		"a.lua:4: database:rows: too_large: the connection was needed for something else, and more than 16 MiB of the rows were left: use LIMIT, 15906")
}

func TestAnEndlessStepOfALoopEndsAtItsTimeout(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `a = db.open("a.db", {query_timeout = 0.2})`})
	const failure = "a.lua:1: database:rows: timeout: the statement took longer than 200ms"
	s.Want(`a:rows("`+endless+`")`, failure)
	s.Want(`for row in a:rows("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 1000") do last = row.i end`, failure)
	s.Want(`return last, a:value("SELECT 1")`, "999, 1")
}

// While a loop has a statement open, the write-ahead log cannot become shorter.
func TestALoopThatWasLeftDoesNotHoldTheFileForLong(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `a = db.open("a.db", {query_timeout = 1, migrations = {"CREATE TABLE t (x)"}})`})
	s.Want(`
		a:exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i FROM n")
		iterator = a:rows("SELECT x FROM t")
		a:exec("INSERT INTO t VALUES (0)")
		return iterator().x`, "1")
	path := filepath.Join(s.DataFolder, "a.db")
	testkit.Until(t, "the log to become empty", func() bool {
		return strings.HasPrefix(luastdtest.SQLite3(t, path, "PRAGMA busy_timeout = 1; PRAGMA wal_checkpoint(TRUNCATE)"), "1\n0|0|0")
	})
	s.Want(`local n = 1 for row in iterator do n = n + 1 end return n`, "1000")
}

func TestTasksCannotShareALoop(t *testing.T) {
	s := open(t)
	s.Want(`
		local iterator, failed, ended = a:rows("`+numbers+`"), 0, 0
		for i = 1, 256 do iterator() end
		for i = 1, 2 do
			spawn(function()
				if not pcall(iterator) then failed = failed + 1 end
				ended = ended + 1
			end)
		end
		while ended < 2 do sleep(0.001) end
		return failed, iterator().i`, "1, 258")
}

// The transaction waits until the other task has read.
func TestAReadDoesNotWaitForATransaction(t *testing.T) {
	s := open(t)
	s.Want(`
		a:exec("INSERT INTO t VALUES (1)")
		local begun, read, kept = false, false, false
		spawn(function()
			a:transaction(function()
				a:exec("UPDATE t SET x = 2")
				begun = true
				while not read do sleep(0.001) end
			end)
			kept = true
		end)
		while not begun do sleep(0.001) end
		local n = a:value("SELECT x FROM t") + #a:query("SELECT * FROM t") + a:first("SELECT x FROM t").x
		for row in a:rows("SELECT x FROM t") do n = n + row.x end
		read = true
		while not kept do sleep(0.001) end
		return n, a:value("SELECT x FROM t")`, "4, 2")
}

func TestAnotherProgramWritesWhileALoopReads(t *testing.T) {
	s := open(t)
	s.Want(`return a:exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT 1 FROM n")`, "2000, 2000")
	path := filepath.Join(s.DataFolder, "a.db")
	luastdtest.SQLite3(t, path, "SELECT 1") // skips the test if sqlite3 is not installed
	other := make(chan bool)
	go func() {
		defer close(other)
		for range 20 {
			luastdtest.SQLite3(t, path, `BEGIN IMMEDIATE; UPDATE t SET x = x + 1; INSERT INTO t SELECT x FROM t LIMIT 1; COMMIT`)
		}
	}()
	for range 20 {
		s.Want(`
			local first, n
			for row in a:rows("SELECT x FROM t") do
				first, n = first or row.x, (n or 0) + 1
				if row.x ~= first then return row.x, first end
				if n % 500 == 0 then sleep(0.001) end
			end
			return n == 2000 + first - 1 or n`, "true")
	}
	<-other
	s.Want(`return a:value("SELECT sum(x) FROM t"), a:value("PRAGMA integrity_check")`, "42420, ok")
}
