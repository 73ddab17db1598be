package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestDBExamples(t *testing.T) {
	testkit.SkipIfEmulated(t)
	luastdtest.ExamplesInUse(t, "testdata/*.lua", luastdtest.Options{})
}

// open opens a script with a database in the file a.db, whose table t has the column x.
func open(t *testing.T) *luastdtest.Script {
	t.Helper()
	return luastdtest.Open(t, luastdtest.Options{Source: `a = db.open("a.db", {migrations = {"CREATE TABLE t (x)"}})`})
}

func TestOpenTouchesNothingWhileTheScriptLoads(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		a = db.open("a.db", {migrations = {"CREATE TABLE t (x)"}})
		failure = select(2, pcall(function() a:query("SELECT 1") end))`})
	if got := s.Run("return failure"); !strings.HasSuffix(got, "database:query: the script is still loading: call it in on_start(function() ... end)") {
		t.Error(got)
	}
	if _, err := os.Stat(s.DataFolder); !os.IsNotExist(err) {
		t.Errorf("the script has created its data folder (%v)", err)
	}
	s.Want(`return a:tables()[1]`, "t")
}

func TestAFileThatDoesNotExistIsReported(t *testing.T) {
	for _, mode := range []string{"ro", "rw"} {
		s := luastdtest.Open(t, luastdtest.Options{Source: `a = db.open("a.db", {mode = "` + mode + `"})`})
		const failure = "nil, not_found: there is no file a.db, not_found"
		for _, call := range []string{`a:query("SELECT 1")`, `a:first("SELECT 1")`, `a:value("SELECT 1")`, `a:exec("CREATE TABLE t (x)")`, `a:transaction(print)`, `a:tables()`, `a:backup("b.db")`} {
			s.Want("return "+call, failure)
		}
		s.Want(`a:rows("SELECT 1")`, "a.lua:1: database:rows: not_found: there is no file a.db")
		s.Want(`return db.open("b.db", {mode = "`+mode+`"})`, strings.ReplaceAll(failure, "a.db", "b.db"))
		s.Want(`db.open("a.db"):close() return a:value("SELECT 1")`, "1")
	}
}

func TestADataFolderThatCannotBeMadeIsReported(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `a = db.open("a.db")`})
	if err := os.WriteFile(s.DataFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Want(`return select(3, a:value("SELECT 1")), select(3, db.open("b.db"))`, "io, io")
}

func TestMigrationsRunOnce(t *testing.T) {
	data := permit.Settings{Data: t.TempDir(), ID: "test"}
	for _, row := range []struct{ migrations, want string }{
		{`"CREATE TABLE t (x); INSERT INTO t VALUES (1)"`, "1, 1"},
		{`"CREATE TABLE t (x); INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"`, "2, 2"},
		{`"CREATE TABLE t (x); INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"`, "2, 2"},
		{`"CREATE TABLE t (x)", "", "INSERT INTO t VALUES (3); SELEC"`, `a.lua:1: database:value: migration 3: near "SELEC": syntax error`},
		{`"CREATE TABLE t (x)"`, "a.lua:1: database:value: the file has had 2 migrations, but there are only 1"},
	} {
		s := luastdtest.Open(t, luastdtest.Options{Permissions: data, Source: `a = db.open("a.db", {migrations = {` + row.migrations + `}})`})
		s.Want(`return a:value("SELECT count(*) FROM t"), a:value("PRAGMA user_version")`, row.want)
		s.Scripts.Close()
	}
}

func TestAPathNeedsAPermission(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.db")
	s := luastdtest.Open(t, luastdtest.Options{})
	if got := s.Run(`return db.open("` + path + `")`); !strings.Contains(got, "test.lua may not change "+path) {
		t.Error(got)
	}
	s = luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Write, Value: folder}}}})
	s.Want(`return db.open("`+path+`"):exec("CREATE TABLE t (x)")`, "0, 0")
	s = luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Read, Value: folder}}}})
	if got := s.Run(`return db.open("` + path + `")`); !strings.Contains(got, "test.lua may not change "+path) {
		t.Error(got)
	}
	s.Want(`local a = db.open("`+path+`", {mode = "ro"}) return a:tables()[1], a:exec("DELETE FROM t")`,
		"t, nil, readonly: attempt to write a readonly database, readonly")
	if got := s.Run(`return db.open("m", {mode = "memory"}):backup("` + path + `")`); !strings.Contains(got, "test.lua may not change "+path) {
		t.Error(got)
	}
}

func TestALinkOutOfTheFolderIsRefused(t *testing.T) {
	s := open(t)
	s.Want(`return a:exec("INSERT INTO t VALUES (1)")`, "1, 1")
	outside := filepath.Join(t.TempDir(), "outside.db")
	if err := os.Symlink(outside, filepath.Join(s.DataFolder, "link.db")); err != nil {
		t.Skip(err)
	}
	for _, call := range []string{`db.open("link.db")`, `a:backup("link.db")`} {
		if got := s.Run("return " + call); !strings.HasSuffix(got, ", denied") {
			t.Errorf("%s: got %s, want that the link is refused", call, got)
		}
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("the link was followed")
	}
}

const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`

func TestAnEndlessStatementEndsAtItsTimeout(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`a = db.open("a.db", {query_timeout = 0.2}) return a:value("`+endless+`")`, "nil, timeout: the statement took longer than 200ms, timeout")
	s.Want(`return a:value("SELECT 1")`, "1")
}

func TestAKillEndsAStatementAndTheTransaction(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `a = db.open("a.db", {migrations = {"CREATE TABLE t (x)"}})`})
	for _, source := range []string{
		`a:transaction(function() a:exec("INSERT INTO t VALUES (1)") a:value("` + endless + `") end)`,
		`a:transaction(function() a:exec("INSERT INTO t VALUES (1)") a:transaction(function() sleep(60) end) end)`,
	} {
		s.Want(`local t = task.spawn(function() `+source+` end) sleep(0.3) t:cancel() return select(3, t:wait())`, "cancelled")
		began := time.Now()
		s.Want(`return a:value("SELECT count(*) FROM t")`, "0")
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: the database was in use for %v after the kill", source, took)
		}
	}
}

func TestAStatementThatNeedsTooMuchMemoryFails(t *testing.T) {
	s := open(t)
	s.Want(`a:exec("INSERT INTO t VALUES (1)")
		local sum, reason, code = a:query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) SELECT i, zeroblob(100000) AS b FROM n ORDER BY random()")
		return sum, code`, "nil, too_large")
	s.Want(`return select(3, a:value("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) SELECT sum(i) FROM (SELECT i, random() || printf('%.*c', 100000, 'x') AS b FROM n ORDER BY b)"))`, "too_large")
	s.Want(`return a:value("SELECT count(*) FROM t")`, "1")
}

// A script must not fill the disk, also not with pages that are larger than usual.
func TestADatabaseInTheDataFolderHasALimit(t *testing.T) {
	s := open(t)
	old := filepath.Join(s.DataFolder, "old")
	err := errors.Join(os.MkdirAll(s.DataFolder, 0o755), os.WriteFile(old, nil, 0o644), os.Truncate(old, 250<<20)) // it takes no space
	if err != nil {
		t.Fatal(err)
	}
	s.Want(`b = db.open("b.db")
		b:exec("CREATE TABLE t (x)")
		for i = 1, 10 do
			local n, reason, code = b:exec("INSERT INTO t VALUES (zeroblob(1000000))")
			if not n then return i, code end
		end`, "7, full")
	s.Want(`return b:exec("PRAGMA max_page_count = 1000000")`, "a.lua:1: database:exec: not allowed: PRAGMA max_page_count")
	s.Want(`return b:exec("PRAGMA page_size = 65536")`, "a.lua:1: database:exec: not allowed: PRAGMA page_size")
	s.Want(`fs.remove("old") b:close() b = db.open("b.db")
		return b:exec("INSERT INTO t VALUES (zeroblob(10000000))")`, "1, 7")
}

func TestAllFilesInTheDataFolderHaveOneLimit(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	old := filepath.Join(s.DataFolder, "old")
	err := errors.Join(os.MkdirAll(s.DataFolder, 0o755), os.WriteFile(old, nil, 0o644), os.Truncate(old, 240<<20)) // it takes no space
	if err != nil {
		t.Fatal(err)
	}
	s.Want(`
		local d = {}
		for i = 1, 3 do d[i] = db.open("d" .. i, {migrations = {"CREATE TABLE t (x)"}}) end
		for i = 1, 10 do
			assert(d[i % 2 + 1]:exec("INSERT INTO t VALUES (zeroblob(1000000))"))
		end
		assert(fs.write("x", ("x"):rep(4000000)))
		local n, reason, code = d[3]:exec("INSERT INTO t VALUES (zeroblob(4000000))")
		return code, select(3, d[1]:backup("copy")), d[2]:exec("DELETE FROM t")`, "full, full, 5, 5")
}

// A statement cannot be interrupted in the middle of a function, so no function may take long.
func TestFunctionsOfLongTextsEndSoon(t *testing.T) {
	s := open(t)
	const long, half = "replace(hex(zeroblob(400000)), '0', 'a')", "replace(hex(zeroblob(200000)), '0', 'a') || 'b'"
	for _, row := range []struct{ sql, want string }{
		{"instr(" + long + ", " + half + ")", "0"},
		{"length(replace(" + long + ", " + half + ", ''))", "800000"},
		{"length(trim(" + long + ", hex(zeroblob(400000)) || 'a'))", "0"},
		{"length(unhex(hex(zeroblob(200000)) || '-', hex(zeroblob(400000)) || '-'))", "200000"},
		{"hex(zeroblob(100000)) GLOB '*" + strings.Repeat("0", 190) + "1'", "0"},
		{"hex(zeroblob(100000)) LIKE '%" + strings.Repeat("%0", 90) + "1'", "0"},
	} {
		s.Want(`return a:value("SELECT `+row.sql+`")`, row.want) // with the time limit of a tool call
	}
	s.Want(`return a:value("SELECT 'a' LIKE ?", ("a"):rep(201))`, "a.lua:1: database:value: LIKE or GLOB pattern too complex")
	for _, sql := range []string{"json_patch('{}', '{}')", "decimal_mul(1, 2)", "'a' REGEXP 'b'"} {
		s.Want(`return (select(2, pcall(a.value, a, "SELECT `+sql+`")):match("not authorized"))`, "not authorized")
	}
	s.Want(`return select(3, a:value("SELECT replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000000)))"))`, "too_large")
}

func TestReplacedFunctionsReturnWhatThoseOfSQLiteReturn(t *testing.T) {
	s := open(t)
	for sql, result := range map[string]string{
		"instr('grün und rot', 'und')": "6", "instr('a', '')": "1", "instr('', 'a')": "0", "instr(NULL, 'a')": "nil",
		"instr(x'c3bc41', x'41')": "3", "instr('ü' || 'A', x'41')": "2", "instr(12345, 34)": "3",
		"replace('abab', 'b', 'xy')": "axyaxy", "replace('ab', '', 'x')": "ab", "replace('ab', 'a', NULL)": "nil", "replace(121, 1, 3)": "323",
		"trim('xxaxbxx', 'x')": "axb", "ltrim('xyaxy', 'yx')": "axy", "rtrim('xyaxy', 'yx')": "xya", "trim('üaü', 'ü')": "a",
		"unhex('41-42', '-')": "AB", "unhex('4142')": "AB", "unhex('4-1', '-')": "nil", "unhex('41x', '-')": "nil", "unhex('414', '')": "nil", "unhex('', '-')": "", "typeof(unhex('4a4B ', ' '))": "blob",
		"trim(' a ')": "a", "trim('a', '')": "a", "trim('aaa', 'a')": "", "trim(NULL, 'a')": "nil", "typeof(trim(121, 1))": "text",
	} {
		s.Want(`return a:value("SELECT `+sql+`")`, result)
	}
	s.Want(`a:exec("CREATE TABLE i (x); CREATE INDEX ix ON i (replace(x, 'a', 'b')); INSERT INTO i VALUES ('ca')")
		return a:value("SELECT x FROM i WHERE replace(x, 'a', 'b') = 'cb'")`, "ca")
}

func TestTransactionsOfTasksDoNotMix(t *testing.T) {
	s := open(t)
	s.Want(`
		a:exec("INSERT INTO t VALUES (0)")
		local ended = 0
		for i = 1, 20 do
			spawn(function()
				for j = 1, 5 do
					a:transaction(function()
						local x = a:value("SELECT x FROM t")
						sleep(0.001)
						a:exec("UPDATE t SET x = ?", x + 1)
						if j == 5 then return nil, "no" end
					end)
				end
				ended = ended + 1
			end)
		end
		while ended < 20 do sleep(0.01) end
		return a:value("SELECT x FROM t")`, "80")
}

// A statement that changes rows takes back the whole transaction when it is interrupted.
func TestNoStatementRunsAfterATransactionWasTakenBack(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `a = db.open("a.db", {query_timeout = 0.2, migrations = {"CREATE TABLE t (x)"}})`})
	const failure = "nil, timeout: the statement took longer than 200ms, timeout"
	s.Want(`return a:transaction(function()
			a:exec("INSERT INTO t VALUES (1)")
			a:exec("INSERT INTO t `+endless+`")
			return a:exec("INSERT INTO t VALUES (2)")
		end)`, failure)
	s.Want(`return a:value("SELECT count(*) FROM t"), a:exec("INSERT INTO t VALUES (3)")`, "0, 1, 1")
}

func TestATransactionThatTakesTooLongIsTakenBack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	s := open(t)
	s.Want(`return a:transaction(function() a:exec("INSERT INTO t VALUES (1)") sleep(10.2) return a:exec("INSERT INTO t VALUES (1)") end)`,
		"nil, timeout: the transaction took longer than 10 s and was taken back, timeout")
	s.Want(`return a:value("SELECT count(*) FROM t")`, "0")
}

func TestAnotherProgramWritesAtTheSameTime(t *testing.T) {
	s := open(t)
	s.Want(`return a:exec("INSERT INTO t VALUES (0)")`, "1, 1")
	path := filepath.Join(s.DataFolder, "a.db")
	const rounds = 20
	luastdtest.SQLite3(t, path, "SELECT 1") // skips the test if sqlite3 is not installed
	other := make(chan bool)
	go func() {
		defer close(other)
		for range rounds {
			luastdtest.SQLite3(t, path, `UPDATE t SET x = x + 1`)
		}
	}()
	for range rounds {
		s.Run(`for i = 1, 5 do a:exec("UPDATE t SET x = x + 1") a:transaction(function() a:exec("UPDATE t SET x = ?", a:value("SELECT x FROM t") + 1) end) end`)
	}
	<-other
	s.Want(`return a:value("SELECT x FROM t")`, "220")
	if got := luastdtest.SQLite3(t, path, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}

func TestTheNumberOfDatabasesIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		local all = {}
		for i = 1, 8 do all[i] = db.open("m" .. i, {mode = "memory"}) end
		local _, err = pcall(function() db.open("m9", {mode = "memory"}) end)
		all[1]:close()
		return err, tostring(db.open("m9", {mode = "memory"}))`, "a.lua:4: db.open: the script has 8 open databases, which is the maximum, database m9")
}

func TestReloadsLeaveNothingOpen(t *testing.T) {
	luastdtest.CheckReloads(t, luastdtest.Options{Source: `
		a = db.open("a.db", {migrations = {"CREATE TABLE t (x)"}})
		m = db.open("m", {mode = "memory"})
		on_start(function()
			spawn(function() m:value("` + endless + `") end)
			a:rows("` + numbers + `")
			spawn(function() for row in a:rows("` + numbers + `") do sleep(0.001) end end)
			spawn(function() a:transaction(function() a:exec("INSERT INTO t VALUES (1)") sleep(60) end) end)
			a:exec("INSERT INTO t VALUES (2)")
		end)`})
}
