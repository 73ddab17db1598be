package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// The unit file lets the service write only to its StateDirectory. Scripts must find everything that
// they keep there.
func TestAScriptKeepsItsDataOnAReadOnlySystem(t *testing.T) {
	if out, err := exec.Command("unshare", "--mount", "mount", "-o", "remount,bind,ro", "/").CombinedOutput(); err != nil {
		t.Skipf("a read-only system cannot be made here: %v %s", err, out)
	}
	program := testkit.Moonlark(t)
	folder, state := t.TempDir(), t.TempDir()
	const source = `
		local visits = db.open("visits.db", {migrations = {"CREATE TABLE visits (at)"}})
		register_tool("visit", function()
			assert(fs.append("log.txt", "visit "))
			assert(visits:exec("INSERT INTO visits VALUES (1)"))
			return {store = store.incr("visits"), db = visits:value("SELECT count(*) FROM visits"), fs = fs.read("log.txt")}
		end)
		register_tool("outside", function() return assert(fs.write("./beside.txt", "x")) end)`
	script := filepath.Join(folder, "kiosk.lua")
	if err := os.WriteFile(script, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	call := func(tool string, flags ...string) (string, error) {
		args := append([]string{"--mount", "sh", "-c", `mount --bind "$STATE_DIRECTORY" "$STATE_DIRECTORY" && mount -o remount,bind,ro / && exec "$@"`,
			"sh", program, "call"}, append(flags, script, tool)...)
		cmd := exec.Command("unshare", args...)
		cmd.Env = []string{"STATE_DIRECTORY=" + state, "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, want := range []string{`{"store":1,"db":1,"fs":"visit "}`, `{"store":2,"db":2,"fs":"visit visit "}`} {
		if out, err := call("visit"); err != nil || !strings.Contains(out, want) {
			t.Errorf("got %v, %s; want %s", err, out, want)
		}
	}
	if out, err := call("outside", "--allow-write="+folder); err == nil || !strings.Contains(out, "the system does not allow") {
		t.Errorf("a file outside of the state directory: got %v, %s", err, out)
	}
}
