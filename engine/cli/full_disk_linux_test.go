package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// A full disk is an error that scripts see, with a code. What was saved before stays, and when there
// is space again, the same script saves again, in the same process.
func TestScriptsSurviveAFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("mounts a file system")
	}
	data := t.TempDir()
	if out, err := exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=4m", "none", data).CombinedOutput(); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v %s", err, out)
	}
	script := filepath.Join(t.TempDir(), "kiosk.lua")
	const source = `
		local visits = db.open("visits.db", {migrations = {"CREATE TABLE visits (text)"}})
		local saved = {fs = 0, store = 0, db = 0}
		local function save()
			local results = {}
			for name, write in pairs {
				fs = function() return fs.write("note.txt", ("x"):rep(20000)) end,
				store = function() return store.set("key" .. saved.store, ("x"):rep(20000)) end,
				db = function() return visits:exec("INSERT INTO visits VALUES (?)", ("x"):rep(20000)) end,
			} do
				local ok, reason, code = write()
				if ok then saved[name] = saved[name] + 1 end
				results[name] = ok and "saved" or code
			end
			return results
		end
		register_tool("test", {timeout = 60, handler = function()
			local before = save()
			local size, code = 65536
			while size >= 1 do
				local ok, _, why = fs.append("filler", ("x"):rep(size))
				if not ok then size, code = math.floor(size / 2), why end
			end
			local full = save()
			assert(fs.remove("filler"))
			local after = save()
			return {before = before, filler = code, full = full, after = after,
				kept = {store = #store.keys() == saved.store, db = visits:value("SELECT count(*) FROM visits") == saved.db,
					fs = #fs.read("note.txt") == 20000, check = visits:value("PRAGMA integrity_check")}}
		end})`
	if err := os.WriteFile(script, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=4m none "$1" && exec "$2" call --data "$1" "$3" test`,
		"sh", data, testkit.Moonlark(t), script)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	var got struct {
		Before, Full, After map[string]string
		Filler              string
		Kept                map[string]any
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got.Filler != "full" {
		t.Errorf("filling the disk ends with %q, want full", got.Filler)
	}
	for _, name := range []string{"fs", "store", "db"} {
		if got.Before[name] != "saved" || got.Full[name] != "full" || got.After[name] != "saved" {
			t.Errorf("%s: got %q before, %q on the full disk and %q after, want saved, full and saved", name, got.Before[name], got.Full[name], got.After[name])
		}
	}
	if got.Kept["store"] != true || got.Kept["db"] != true || got.Kept["fs"] != true || got.Kept["check"] != "ok" {
		t.Errorf("kept: %v", got.Kept)
	}
}
