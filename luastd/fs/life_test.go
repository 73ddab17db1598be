package fs_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// While a script loads, it may read. A function that changes something raises an error.
func TestFilesWhileTheScriptIsLoading(t *testing.T) {
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "a"), "content\n")
	s := luastdtest.Open(t, luastdtest.Options{
		Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Write, Value: dir}}},
		Source: `dir = "` + dir + `" local a = dir .. "/a"
			reads = { fs.read(a), fs.lines(a)(), fs.open(a):read(), #fs.list(dir), #fs.glob(dir .. "/*"), fs.stat(a).size, fs.exists(a), fs.free(a) > 0, #fs.list() }
			errors = {}
			local function try(name, ...) local ok, err = pcall(fs[name], ...) errors[#errors + 1] = tostring(ok) .. " " .. tostring(err):gsub("fs." .. name .. ": ", "") end
			try("write", a, "x") try("append", a, "x") try("open", a, "w") try("open", a, "a") try("open", a, "r+") try("mkdir", dir .. "/b") try("remove", a)
			try("rename", a, "b") try("copy", a, "b") try("temp")
			watch = fs.watch(dir, function(e) print("event " .. e.event .. " " .. fs.basename(e.path)) end)
			print(pcall(fs.watch, "/etc", print))`,
	})
	check(t, s, [2]string{`(function() for i, v in ipairs(reads) do reads[i] = tostring(v) end return table.concat(reads, " ") end)()`, "content\n content content 1 1 8 true true 0"})
	const want = "false the script is still loading: call it in on_start(function() ... end)"
	check(t, s, [2]string{`table.concat(errors, "\n")`, strings.TrimSuffix(strings.Repeat(want+"\n", 10), "\n")})
	if got := strings.Join(s.Output(), "\n"); !strings.Contains(got, "fs.watch: test.lua may not read /etc") {
		t.Errorf("the output is %s", got)
	}
	if text(filepath.Join(dir, "a")) != "content\n" {
		t.Error("the file has changed")
	}
	if _, err := os.Stat(s.DataFolder); err == nil {
		t.Error("the data folder was created")
	}
	changes := 0
	testkit.Until(t, "the watch to start", func() bool {
		changes++
		time.Sleep(pause)
		write(t, filepath.Join(dir, "b"), strings.Repeat("x", changes))
		return strings.Contains(strings.Join(s.Output(), "\n"), "event change b")
	})
}

// A watch that is made while the script loads is not started by a load that fails or that only
// checks the script.
func TestCheckStartsNoWatch(t *testing.T) {
	dir := realTempDir(t)
	s := luastdtest.Open(t, luastdtest.Options{})
	path := filepath.Join(dir, "b.lua")
	write(t, path, `fs.watch("a", print) f = fs.open("./b.lua")`)
	before := luastdtest.Descriptors(t)
	if _, err := s.Scripts.Check(path); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the file to be closed", func() bool { return luastdtest.Descriptors(t) <= before+1 }) // and one for the script's folder
}

func TestReloadsLeaveNothingOpen(t *testing.T) {
	reloads := 200
	if testing.Short() {
		reloads = 20
	}
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "a"), "content\n")
	s := luastdtest.Open(t, luastdtest.Options{
		Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Write, Value: dir}}},
		Source: `local dir = "` + dir + `"
			for i = 1, 16 do fs.watch(dir, print, {recursive = true}) end
			local files = {}
			on_start(function()
				for i = 1, 32 do files[i] = assert(fs.open(dir .. "/a")) end
				fs.temp()
				print("started")
				spawn(function() while true do fs.read(dir .. "/a") end end)
			end)
			on_unload(function() print("unload " .. tostring(pcall(files[1].close, files[1]))) end)`,
	})
	script := filepath.Join(s.Folder, "test.lua")
	starts := func() int { return strings.Count(strings.Join(s.Output(), "\n"), "started") }
	settled := func(n int) (fds, goroutines int) {
		testkit.Until(t, "the script to start", func() bool { return starts() == n })
		tmp := filepath.Join(s.DataFolder, "tmp")
		testkit.Until(t, "the other temporary files to be removed", func() bool {
			left, _ := os.ReadDir(tmp)
			return len(left) == 1
		})
		return luastdtest.Descriptors(t), runtime.NumGoroutine()
	}
	fds, goroutines := settled(1)
	for i := range reloads {
		before := starts()
		if _, err := s.Scripts.Reload(script); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			testkit.Until(t, "the script to start", func() bool { return starts() > before })
		}
	}
	testkit.Until(t, "everything to be closed", func() bool {
		nowFDs, nowGoroutines := luastdtest.Descriptors(t), runtime.NumGoroutine()
		return nowFDs <= fds+3 && nowGoroutines <= goroutines+5
	})
	s.Scripts.Close()
	testkit.Until(t, "everything to be closed at the end", func() bool { return luastdtest.Descriptors(t) <= fds-32-3 })
	if left, _ := os.ReadDir(filepath.Join(s.DataFolder, "tmp")); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
}

func TestAbandonedTemporaryFiles(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	tmp := filepath.Join(s.DataFolder, "tmp")
	write(t, filepath.Join(tmp, "old"), "")
	write(t, filepath.Join(tmp, "new"), "")
	at := time.Now().Add(-8 * 24 * time.Hour)
	if err := os.Chtimes(filepath.Join(tmp, "old"), at, at); err != nil {
		t.Fatal(err)
	}
	check(t, s, [2]string{`fs.temp() ~= nil, fs.exists("tmp/old"), fs.exists("tmp/new")`, "true, false, true"})
}

// Two tasks cannot use one file at the same time.
func TestAFileThatAnotherTaskUses(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	got := s.Run(`
		fs.write("a", ("x"):rep(2^20))
		local f = fs.open("a", "r+")
		local busy = 0
		local function use() for i = 1, 200 do local _, _, code = f:write("yyyy") if code == "busy" then busy = busy + 1 end end end
		local running = 4
		for i = 1, 4 do spawn(function() use() running = running - 1 end) end
		while running > 0 do sleep(0.001) end
		return busy > 0, f:seek("set", 0), f:read(4), f:close()`)
	if got != "true, 0, yyyy, true" {
		t.Errorf("got %s", got)
	}
}

// Tasks that read from one file at the same time get the code "busy", or every byte once and in
// order.
func TestTasksThatReadOneFileAtTheSameTime(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	got := s.Run(`
		local line = ("x"):rep(300 * 1000)
		fs.write("a", line .. "\n" .. line .. "\n" .. line)
		local function read(next)
			local busy, bytes, running = 0, 0, 4
			for i = 1, 4 do
				spawn(function()
					while true do
						local text, busyNow = next(i)
						if busyNow then busy = busy + 1 sleep(0)
						elseif text then bytes = bytes + #text
						else break end
					end
					running = running - 1
				end)
			end
			while running > 0 do sleep(0.001) end
			return bytes, busy > 0
		end
		local f = fs.open("a")
		local bytes, busy = read(function(i)
			local text, _, code = f:read(i == 1 and 200 * 1000 or i == 2 and 300 * 1000 or 7)
			return text, code == "busy"
		end)
		f:seek("set")
		local lines, busyLines = read(function()
			local text, _, code = f:read()
			return text, code == "busy"
		end)
		local next = fs.lines("a")
		local iterated, busyIterator = read(function()
			local ok, text = pcall(next)
			if not ok and not text:find("busy: another task uses a now", 1, true) then error(text) end
			return ok and text, not ok
		end)
		return bytes, busy, lines, busyLines, iterated, busyIterator`)
	if want := "900002, true, 900000, true, 900000, true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A task that is killed while it reads or writes leaves the file as it was.
func TestAFileWhoseTaskWasKilled(t *testing.T) {
	testkit.SkipIfEmulated(t)
	s := luastdtest.Open(t, luastdtest.Options{})
	got := s.Run(`
		local lines = {}
		for i = 1, 200 * 1000 do lines[i] = ("%09d\n"):format(i - 1) end
		fs.write("a", table.concat(lines))
		local f = fs.open("a", "r+")
		local function kill(t) t:cancel() t:wait() end
		local function check(n)
			local at = f:seek()
			local text = assert(f:read(n))
			local line = ("%09d\n"):format(math.floor(at / 10)):sub(at % 10 + 1)
			assert(line:sub(1, #text) == text:sub(1, #line), "wrong text at " .. at)
		end
		for i = 1, 100 do
			f:seek("set", i * 1000)
			check(5)
			local t = task.spawn(function() f:read(260 * 1000) f:read("*a") end)
			sleep(0)
			kill(t)
			if f:seek() < 200 * 10000 then check(10) end
			t = task.spawn(function() f:seek("end") end)
			sleep(0)
			kill(t)
			if f:seek() < 200 * 10000 then check(300 * 1000) end
		end
		for i = 1, 40 do lines[i] = i .. (" "):rep(250 * 1000) .. "\n" end
		fs.write("b", table.concat(lines, "", 1, 40))
		local next, last = fs.lines("b"), 0
		while true do
			local t = task.spawn(next)
			for i = 1, last % 4 do sleep(0) end
			kill(t)
			local line = next()
			if not line then break end
			local number = tonumber(line)
			assert(number > last and number <= last + 2, "wrong line")
			last = number
		end
		local log = fs.open("log", "a")
		for i = 1, 50 do
			local t = task.spawn(function() log:write(("x"):rep(200 * 1000)) end)
			sleep(0)
			kill(t)
			assert(log:write("\n" .. i .. "\n"))
		end
		log:close()
		local n = 0
		for line in fs.lines("log") do
			if line:find("%d") then n = n + 1 assert(line == tostring(n)) end
		end
		return n, f:close()`)
	if got != "50, true" {
		t.Errorf("got %s", got)
	}
}

// on_unload cannot wait for the disk.
func TestFilesInOnUnload(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		on_start(function() f = fs.open("a", "w") end)
		on_unload(function()
			for _, call in ipairs{ {fs.read, "a"}, {fs.write, "a", "x"}, {fs.exists, "a"}, {fs.open, "a"}, {fs.lines, "a"}, {fs.temp}, {fs.watch, "a", print}, {f.write, f, "x"}, {f.seek, f}, {f.close, f} } do
				print(pcall(unpack(call)))
			end
		end)`})
	testkit.Until(t, "the file", func() bool { return s.Run("return f") != "nil" })
	s.Scripts.Close()
	output := s.Output()
	for _, line := range output {
		if line != "false\ton_unload cannot wait" {
			t.Errorf("got %s", line)
		}
	}
	if len(output) != 10 {
		t.Errorf("got %d lines", len(output))
	}
}
