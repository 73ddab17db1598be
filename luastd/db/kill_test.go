package db_test

import (
	"errors"
	"testing"

	"moonlark/luastd/luastdtest"
)

// Each change adds a row to log, and its number to one of ten sums.
var kills = luastdtest.KillTest{
	Child: "TestChildThatWrites",
	Source: `a = db.open("a.db", {migrations = {[[
		CREATE TABLE log (n INTEGER PRIMARY KEY, text);
		CREATE TABLE sums (id INTEGER PRIMARY KEY, sum);
		INSERT INTO sums VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0)]]}})`,
	Change: `return a:transaction(function()
		local n = a:value("SELECT coalesce(max(n), 0) + 1 FROM log")
		a:exec("INSERT INTO log VALUES (?, ?)", n, ("x"):rep(n % 3000))
		a:exec("UPDATE sums SET sum = sum + ? WHERE id = ?", n, n % 10)
		return n
	end)`,
	Check: `local n, count, sum = a:value("SELECT max(n) FROM log"), a:value("SELECT count(*) FROM log"), a:value("SELECT sum(sum) FROM sums")
		return n >= last and n == count and sum == n * (n + 1) / 2 or n .. " " .. count .. " " .. sum`,
}

func TestChildThatWrites(t *testing.T) { kills.RunChild(t) }

func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	kills.Run(t, func(s *luastdtest.Script) error {
		if got := s.Run(`return a:value("PRAGMA integrity_check")`); got != "ok" {
			return errors.New(got)
		}
		return nil
	})
}
