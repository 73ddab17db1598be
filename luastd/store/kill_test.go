package store_test

import (
	"errors"
	"path/filepath"
	"testing"

	"moonlark/luastd/luastdtest"
)

var kills = luastdtest.KillTest{
	Child: "TestChildThatWrites",
	Change: `return store.transaction(function()
		local n = store.incr("n")
		store.set("k" .. n % 50, ("x"):rep(n % 3000))
		store.set("copy", n)
		return n
	end)`,
	Check: `local n, copy = store.get("n"), store.get("copy") return n >= last and n == copy or n .. " " .. copy`,
}

func TestChildThatWrites(t *testing.T) { kills.RunChild(t) }

func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	kills.Run(t, func(s *luastdtest.Script) error {
		if got := luastdtest.SQLite3(t, filepath.Join(s.DataFolder, "store.db"), "PRAGMA integrity_check"); got != "ok" {
			return errors.New(got)
		}
		return nil
	})
}
