package db_test

import (
	"testing"
	"time"

	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

// The temporary table belongs to the connection, so it shows whether the connection is the same.
func TestADatabasePassesToTheNextGeneration(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		kept = db.open("kept.db")
		memory = db.open("memory", {mode = "memory"})
		`})
	const count = `return kept:value("SELECT count(*) FROM sqlite_temp_schema"), memory:value("SELECT count(*) FROM sqlite_schema")`
	s.Want(`kept:exec("CREATE TEMP TABLE t (x)") memory:exec("CREATE TABLE t (x)") `+count, "1, 1")
	s.Reload("")
	s.Want(count, "1, 0")
	s.Reload(` kept = db.open("kept.db", {max_rows = 6})`)
	s.Want(count, "0, 0")
}

// A call that has begun before a reload goes on with its database, even if the new version of the
// script does not use it.
func TestACallOfTheOldGenerationKeepsItsDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		d = db.open("a.db", {migrations = {"CREATE TABLE t (x)"}})
		register_tool{name = "slow", timeout = 30, handler = function()
			return d:transaction(function()
				d:exec("INSERT INTO t VALUES (1)")
				print("begun")
				sleep(3)
				return d:value("SELECT count(*) FROM t")
			end)
		end}
		`})
	done := make(chan tool.Result, 1)
	s.Scripts.Call(&script.Call{Name: "slow", Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }})
	testkit.Until(t, "the call to begin", func() bool { return len(s.Output()) > 0 })
	s.Reload(` d:close()`)
	select {
	case r := <-done:
		if r.IsError || r.Text != "1" {
			t.Errorf("got %v", r)
		}
	case <-time.After(time.Minute):
		t.Fatal("no result within a minute")
	}
	s.Want(`d = db.open("a.db") return d:value("SELECT count(*) FROM t")`, "1")
}
