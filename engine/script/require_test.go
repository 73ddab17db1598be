package script

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

func TestRequireLoadsFilesFromTheFolderOfTheScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.write("greet.lua", `count = (count or 0) + 1 return { hello = function(who) return "hello " .. who end }`)
		f.write("slow.lua", `sleep(0.02) loads = (loads or 0) + 1 return { n = loads }`)
		f.write("loop_a.lua", `return require "loop_b"`)
		f.write("loop_b.lua", `return require "loop_a"`)
		f.write("bad.lua", "\nx = = 1")
		f.write("raises.lua", "error('not today')")
		f.write("a.lua", `
		local greet = require "greet"
		register_tool("greet", function(a) return require("greet").hello("you") .. count end)
		register_tool("slow", function() return require("slow").n end)
		register_tool("try", function(a) local ok, err = pcall(require, a.name) return tostring(err) end)
		register_tool("builtin", function() return require("json") == json end)
	`)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		f.want("greet", "{}", "hello you1")
		f.want("builtin", "{}", "true")
		// The second call waits until the task of the first call has loaded the module.
		one, two := f.start("slow", "{}"), f.start("slow", "{}")
		if r1, r2 := f.await(one), f.await(two); r1.Text != "1" || r2.Text != "1" {
			t.Errorf("slow returned %+v and %+v, want 1 and 1", r1, r2)
		}
		for name, want := range map[string]string{
			"loop_a":        "module 'loop_a' requires itself",
			"bad":           "bad.lua:2: syntax error near '='",
			"raises":        "raises.lua:1: not today",
			"gret":          "module 'gret' not found (did you mean 'greet'?): no ",
			"../etc/passwd": "is not a module name",
		} {
			if r := f.call("try", fmt.Sprintf(`{"name":%q}`, name)); !strings.Contains(r.Text, want) {
				t.Errorf("require %s returned the error %q, want %q", name, r.Text, want)
			}
		}
		files := fmt.Sprint(f.Files(f.path("a.lua")))
		for _, name := range []string{"a.lua", "greet.lua", "gret.lua", "gret/init.lua"} {
			if !strings.Contains(files, f.path(name)) {
				t.Errorf("the script does not depend on %s: %s", name, files)
			}
		}
	})
}

func TestRequireTakesPathsAndFilesBesideTheScriptAndThePackageTable(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("x.lua", `count = (count or 0) + 1 return { name = ..., n = count }`)
	if err := os.Mkdir(f.path("lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.write("lib/y.lua", `return { name = ... }`)
	f.write("json.lua", `return { mine = true }`)
	f.write("sets.lua", `package.loaded[...] = { by = "loaded" }`)
	f.write("a.lua", `
		local tests = {}
		function tests.paths() return require("./x").name .. require("x").n .. require("lib/y").name .. tostring(require("lib/y") == require("lib.y")) end
		function tests.beside() return tostring(require("json").mine) .. type(json.encode) end
		function tests.loaded() return require("sets").by .. tostring(package.loaded.sets == require("sets")) .. tostring(package.loaded.string == string) end
		function tests.preload() package.preload.p = function(name) return { name = name } end return require("p").name .. tostring(require("p") == package.loaded.p) end
		function tests.again() local n = require("x").n package.loaded.x, package.loaded["./x"] = nil, nil return require("x").n - n end
		function tests.no() local n = require("x").n package.loaded.x, package.loaded["./x"] = false, false return require("x").n - n end
		function tests.data() return package.config:sub(1, 1) .. package.path .. package.cpath end
		register_tool("run", function(a) return tests[a.name]() end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, want string }{
		{"paths", "./x1lib/ytrue"}, {"beside", "truefunction"}, {"loaded", "loadedtruetrue"}, {"preload", "ptrue"},
		{"again", "1"}, {"no", "1"}, {"data", "/./?.lua;./?/init.lua"},
	} {
		f.want("run", fmt.Sprintf(`{"name":%q}`, row.name), row.want)
	}
}

// loadWithModule writes module as m.lua, and loads a script with two tools that require m: get, and
// short, which has a short timeout.
func loadWithModule(t *testing.T, module string) *fixture {
	t.Helper()
	f := newFixture(t, Options{})
	f.write("m.lua", module)
	f.write("a.lua", `
		register_tool("get", function() return require("m") end)
		register_tool { name = "short", timeout = 0.03, handler = function() return require("m") end }
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAModuleThatFailedIsLoadedAgainByTheNextTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := loadWithModule(t, `
		tries = (tries or 0) + 1
		sleep(0.02)
		if tries == 1 then error("no luck", 0) end
		return "try " .. tries
	`)
		one, two, three := f.start("get", "{}"), f.start("get", "{}"), f.start("get", "{}")
		if r := f.await(one); !r.IsError || !strings.Contains(r.Text, "no luck") {
			t.Errorf("the first task returned %+v, want no luck", r)
		}
		for _, answer := range []<-chan tool.Result{two, three} {
			if r := f.await(answer); r.Text != "try 2" {
				t.Errorf("a task that waited returned %+v, want try 2", r)
			}
		}
		f.want("get", "{}", "try 2")
	})
}

func TestAModuleWhoseLoaderIsKilledIsLoadedByTheNextTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := loadWithModule(t, `
		tries = (tries or 0) + 1
		if tries == 1 then sleep(3600) end
		return "try " .. tries
	`)
		short := f.start("short", "{}")
		second := f.start("get", "{}")
		if r := f.await(short); r.Type != tool.ClientTimeout {
			t.Errorf("the first task returned %+v, want a client_timeout", r)
		}
		if r := f.await(second); r.Text != "try 2" {
			t.Errorf("a task that waited returned %+v, want try 2", r)
		}
	})
}

func TestATaskCanBeKilledWhileItWaitsForAModule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := loadWithModule(t, `sleep(0.1) return "loaded"`)
		loads := f.start("get", "{}")
		if r := f.call("short", "{}"); r.Type != tool.ClientTimeout {
			t.Errorf("the task that waited returned %+v, want a client_timeout", r)
		}
		if r := f.await(loads); r.Text != "loaded" {
			t.Errorf("the task that loaded the module returned %+v, want loaded", r)
		}
		f.want("get", "{}", "loaded")
	})
}

func TestCloseWaitsForACompilation(t *testing.T) {
	for range 20 {
		f := loadWithModule(t, strings.Repeat("function f(a) return { a, a + 1 } end f(1)\n", 3_000)+"return 1")
		g := f.find(f.path("a.lua")).current
		f.start("get", "{}")
		// waits until the path of m.lua has been recorded as a dependency
		for end := time.Now().Add(10 * time.Second); len(g.dependencies()) < 2; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("nobody looks for the module")
			}
		}
		f.Close()
		if g.source(f.path("m.lua")) != nil {
			return // the source is stored only after the compilation has ended
		}
		// Close may have cancelled the reading of the file. Then no compilation begins.
		time.Sleep(500 * time.Millisecond)
		if g.source(f.path("m.lua")) != nil {
			t.Fatal("Close returned while the module was compiled")
		}
	}
	t.Error("Close has cancelled each attempt to read the module")
}

func TestFunctionsOfAModuleWhoseTopLevelOverflowsTheStackKeepTheirVariables(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("deep.lua", `local x = 42 function saved() return x end local function f() return 1 + f() end f()`)
	f.write("a.lua", `
		local ok, e = pcall(require, "deep")
		local function use(a, b, c, d) return a + b + c + d end
		print(ok, e, use(1, 2, 3, 4), saved())`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if !f.hasLine("deep.lua:1: stack overflow\t10\t42") {
		t.Errorf("the script printed %s", f.all())
	}
}
