package script

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestLoadfileAndDofileLoadFilesBesideTheScript(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("config.lua", `loads = (loads or 0) + 1 return "kitchen", loads, ...`)
	f.write("bad.lua", "\nx = = 1")
	f.write("raises.lua", "\nerror('not today')")
	f.write("waits.lua", "sleep(0.01) return 'waited'")
	f.write(".hidden.lua", "return 1")
	f.write("#!.lua", "#!/usr/bin/env moonlark\nreturn json.encode({7})")
	if err := os.MkdirAll(f.path("lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.write("lib/x.lua", "return 'lib'")
	f.write("a.lua", `
		at_load = dofile("config.lua")
		local function show(...)
			local words = {}
			for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
			return table.concat(words, ", ")
		end
		register_tool("do", function(a) return show(select(2, pcall(dofile, a.path))) end)
		register_tool("load", function(a)
			local fn, err = loadfile(a.path)
			return type(fn) .. ", " .. show(fn and fn("argument") or err)
		end)
		register_tool("loaded", function() return at_load end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.want("loaded", "{}", "kitchen")
	for _, row := range []struct{ tool, path, want string }{
		{"do", "config.lua", "kitchen, 2"},
		{"do", "./config.lua", "kitchen, 3"},
		{"do", f.path("config.lua"), "kitchen, 4"},
		{"do", "lib/../lib/x.lua", "lib"},
		{"do", "waits.lua", "waited"},
		{"do", "#!.lua", "[7]"},
		{"do", "raises.lua", "raises.lua:2: not today"},
		{"do", "bad.lua", "bad.lua:2: syntax error near '='"},
		{"load", "config.lua", "function, kitchen"},
		{"load", "bad.lua", "nil, bad.lua:2: syntax error near '='"},
		{"load", "confg.lua", "nil, cannot open confg.lua: no such file or directory (did you mean 'config.lua'?)"},
		{"load", "lib", "nil, cannot open lib: is a directory"},
		{"load", "", "nil, cannot open : is a directory"},
		{"load", "../x.lua", "nil, cannot open ../x.lua: it is not in the folder of the script"},
		{"load", "/etc/passwd", "nil, cannot open /etc/passwd: it is not in the folder of the script"},
		{"load", ".hidden.lua", "nil, cannot open .hidden.lua: a.lua may not read .hidden.lua. Start with --allow-read=" + f.dir},
		{"load", "secrets.toml", "nil, cannot open secrets.toml: a.lua may not use secrets.toml, because it may have secrets"},
	} {
		f.want(row.tool, fmt.Sprintf(`{"path":%q}`, row.path), row.want)
	}
	files := fmt.Sprint(f.Files(f.path("a.lua")))
	for _, name := range []string{"config.lua", "confg.lua", "lib/x.lua"} {
		if !strings.Contains(files, f.path(name)) {
			t.Errorf("the script does not depend on %s: %s", name, files)
		}
	}
	if strings.Contains(files, "passwd") {
		t.Errorf("the script depends on a file that it cannot load: %s", files)
	}
}

// The code of a loaded file can be interrupted, as all code of the script.
func TestAFileThatIsLoadedCanBeKilled(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("loop.lua", "while true do end")
	f.write("a.lua", `register_tool { name = "loop", timeout = 0.2, handler = function() dofile("loop.lua") end }`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if r := f.call("loop", "{}"); !r.IsError {
		t.Errorf("got %+v", r)
	}
	f.Close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the script ended after %v", took)
	}
}
