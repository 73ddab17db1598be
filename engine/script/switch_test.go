package script

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/permit"
)

// newSwitchFixture makes a fixture whose scripts are at home in the folder home, by their names.
func newSwitchFixture(t testing.TB) *fixture {
	data := t.TempDir()
	return newFixture(t, Options{Permissions: permit.Settings{
		Data: data, Home: func(path string) string { return filepath.Join("/home", filepath.Base(path)) },
	}})
}

// version writes files into a new folder, and returns the paths of those whose names end with ".lua". The
// arguments are names and contents.
func (f *fixture) version(folder string, files ...string) (paths []string) {
	f.t.Helper()
	if err := os.MkdirAll(f.path(folder), 0o755); err != nil {
		f.t.Fatal(err)
	}
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(folder, files[i])
		f.write(name, files[i+1])
		if strings.HasSuffix(name, ".lua") {
			paths = append(paths, f.path(name))
		}
	}
	return paths
}

// switchTo calls Switch. It fails the test if that fails.
func (f *fixture) switchTo(paths []string) []Summary {
	f.t.Helper()
	all, err := f.Switch(paths...)
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

func TestASwitchKeepsTheStateAndTheDataOfAScript(t *testing.T) {
	f := newSwitchFixture(t)
	source := func(n int) string {
		return fmt.Sprintf(`
			state.count = (state.count or 0)
			register_tool("count", function() state.count = state.count + 1 return %d .. ":" .. state.count end)
			register_tool("price", function() return fs.read(fs.folder .. "/price.txt") end)
			register_tool("keep", function(a) fs.write("kept", a.value) return "ok" end)
			register_tool("kept", function() return fs.read("kept") end)
		`, n)
	}
	f.switchTo(f.version("1", "a.lua", source(1), "price.txt", "one"))
	f.want("count", "{}", "1:1")
	f.want("price", "{}", "one")
	f.want("keep", `{"value":"x"}`, "ok")
	f.switchTo(f.version("2", "a.lua", source(2), "price.txt", "two"))
	f.want("count", "{}", "2:2")
	f.want("price", "{}", "two")
	f.want("kept", "{}", "x")
	if n := len(f.brokers); n != 1 {
		t.Errorf("%d scripts have permissions, want 1", n)
	}
}

func TestASwitchAddsAndRemovesScripts(t *testing.T) {
	f := newSwitchFixture(t)
	f.switchTo(f.version("1", "a.lua", `register_tool("a", function() return "1" end)`, "gone.lua", `
		register_tool("gone", function() print("waits") sleep(0.2) return "done" end)
		on_unload(function() print("unloaded") end)
		on("e", function() print("event") end)`))
	slow := f.start("gone", "{}")
	f.until("waits")
	all := f.switchTo(f.version("2", "new.lua", `register_tool("new", function() return "2" end)`, "a.lua", `register_tool("a", function() return "2" end)`))
	if len(all) != 2 || all[0].Name() != "new.lua" || all[1].Name() != "a.lua" {
		t.Errorf("the scripts are %+v", all)
	}
	f.want("a", "{}", "2")
	f.want("new", "{}", "2")
	f.until("unloaded")
	if r := f.await(slow); r.Text != "done" {
		t.Errorf("the call of the script that was removed returned %+v, want done", r)
	}
	if r := f.call("gone", "{}"); !r.IsError || !strings.Contains(r.Text, "there is no tool 'gone'") {
		t.Errorf("a call of a tool that is gone returned %+v", r)
	}
	if f.Listens("e") {
		t.Error("the script that was removed still gets events")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Scripts.mu.Lock()
	defer f.Scripts.mu.Unlock()
	if len(f.removed) > 0 {
		t.Errorf("%d removed scripts are kept after their last call", len(f.removed))
	}
}

func TestAFailedSwitchKeepsAllScripts(t *testing.T) {
	f := newSwitchFixture(t)
	good := `state.n = 1 register_tool("%s", function() return "old " .. state.n end)`
	f.switchTo(f.version("1", "a.lua", fmt.Sprintf(good, "a"), "b.lua", fmt.Sprintf(good, "b")))
	for name, row := range map[string]struct{ files, want []string }{
		"does not load":  {[]string{"a.lua", `register_tool("a", function() return "new" end)`, "b.lua", `printer.start()`}, []string{"b.lua:1: ", "printer"}},
		"offered twice":  {[]string{"a.lua", `register_tool("a", print)`, "b.lua", `register_tool("a", print)`}, []string{"is registered by", "a.lua:1"}},
		"agent is twice": {[]string{"a.lua", `agent{}`, "b.lua", `agent{}`}, []string{"agent is called at"}},
	} {
		_, err := f.Switch(f.version(name, row.files...)...)
		var load *LoadError
		if !errors.As(err, &load) {
			t.Errorf("%s: the error is %v", name, err)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(load.Text, want) {
				t.Errorf("%s: the error is %q, want one with %q", name, load.Text, want)
			}
		}
		f.want("a", "{}", "old 1")
		f.want("b", "{}", "old 1")
	}
	if n, c := len(f.brokers), len(f.claims); n != 2 || c != 2 {
		t.Errorf("%d permissions and %d claims are kept, want 2 of each", n, c)
	}
}

// A port stays open when its script comes from another folder, and is free for a new script when its
// script is removed.
func TestASwitchPassesOnWhatAScriptHasOpen(t *testing.T) {
	f := newFixture(t, Options{Permissions: permit.Settings{
		Grants: permit.All("test"), Home: func(path string) string { return filepath.Join("/home", filepath.Base(path)) },
	}})
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	source := fmt.Sprintf(`
		local socket, why
		on_start(function() socket, why = udp.open{host = "127.0.0.1", port = %d} end)
		register_tool("socket", function() return why or "open" end)`, free.LocalAddr().(*net.UDPAddr).Port)
	for i, name := range []string{"a.lua", "a.lua", "other.lua"} {
		f.switchTo(f.version(fmt.Sprint(i), name, source))
		f.want("socket", "{}", "open")
	}
}

func TestNoCallIsLostOrAnsweredTwiceDuringSwitches(t *testing.T) {
	const callers = 6
	switches := 100
	if testing.Short() {
		switches = 15
	}
	f := newSwitchFixture(t)
	files := func(n int) []string {
		source := fmt.Sprintf(`
			state.calls = state.calls or 0
			register_tool("echo%%d", function(args)
				state.calls = state.calls + 1
				if args.n %%%% 3 == 0 then sleep(0.001) end
				return %d .. ":" .. args.n
			end)
			register_tool("calls%%d", function() return tostring(state.calls) end)`, n)
		one, two := fmt.Sprintf(source, 1, 1), fmt.Sprintf(source, 2, 2)
		return f.version(fmt.Sprint("v", n), "one.lua", one, "two.lua", two)
	}
	f.switchTo(files(0))
	calls := f.callMeanwhile(callers, func(i int) string { return fmt.Sprint("echo", 1+i%2) }, func() {
		for i := 1; i <= switches; i++ {
			f.switchTo(files(i))
		}
	})
	if calls < int64(switches) {
		t.Errorf("only %d calls during %d switches", calls, switches)
	}
	f.want("echo1", `{"n":1}`, fmt.Sprintf("%d:1", switches))
	if f.hasLine("busy during") {
		t.Error("a switch waited in vain for a script")
	}
}

// What somebody has signed is not changed on the device.
func TestTheFilesOfABundleAreNotSaved(t *testing.T) {
	f := newSwitchFixture(t)
	paths := f.version("1", "a.lua", "x = 1")
	f.switchTo(paths)
	view, err := f.Source("a.lua", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.SaveSource(SourceEdit{Script: "a.lua", Text: "x = 2", Version: view.Version})
	var failed *sourceFileError
	if !errors.As(err, &failed) || failed.Err != errSourceSigned {
		t.Errorf("got %v", err)
	}
	entries, _ := os.ReadDir(f.path("1"))
	if text, _ := os.ReadFile(paths[0]); string(text) != "x = 1" || len(entries) != 1 {
		t.Errorf("the folder has %v, and the script is %q", entries, text)
	}
}

// Check leaves nothing of scripts that are not loaded.
func TestACheckForgetsTheScripts(t *testing.T) {
	f := newSwitchFixture(t)
	f.switchTo(f.version("1", "a.lua", `register_tool("price", function() return fs.read(fs.folder .. "/price.txt") end)`, "price.txt", "one"))
	for _, source := range []string{"", "x = = 1", `error("no printer")`} {
		f.Check(f.version("2", "a.lua", source)...)
		if len(f.brokers) != 1 || len(f.claims) != 1 {
			t.Errorf("after the check of %q: permissions of %d scripts, claims of %d", source, len(f.brokers), len(f.claims))
		}
	}
	if _, err := f.Check(f.path("1/a.lua")); err != nil { // of the script that is loaded
		t.Error(err)
	}
	f.want("price", "{}", "one")
}
