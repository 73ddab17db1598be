package fs_test

import (
	"testing"

	"moonlark/luastd/luastdtest"
)

// Each change writes a file, which must have its old content or the new one at any time.
var kills = luastdtest.KillTest{
	Child: "TestChildThatWrites",
	Change: `local n = tonumber((fs.read("n.txt") or "0"):match("^%d+")) + 1
		assert(fs.write("n.txt", n .. " " .. ("x"):rep(n % 3000)))
		return n`,
	Check: `local n, rest = fs.read("n.txt"):match("^(%d+) (x*)$")
		return n and tonumber(n) >= last and #rest == n % 3000 or tostring(n)`,
}

func TestChildThatWrites(t *testing.T) { kills.RunChild(t) }

func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	kills.Run(t, func(*luastdtest.Script) error { return nil })
}
