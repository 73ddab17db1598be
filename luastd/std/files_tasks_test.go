package std_test

import (
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestSeveralTasksWriteToAFile(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `
		local f, ended = io.open("log.txt", "w"), 0
		f:setvbuf("line")
		for i = 1, 10 do
			spawn(function() for j = 1, 20 do assert(f:write(i, " ", j, "\n")) end ended = ended + 1 end)
		end
		while ended < 10 do sleep(0.001) end
		f:close()
		local n = 0
		for line in io.lines("log.txt") do if line:match("^%d+ %d+$") then n = n + 1 end end
		return n`, "200")
}

// Tasks that read from one file wait for each other. They get every byte once.
func TestSeveralTasksReadFromAFile(t *testing.T) {
	testkit.SkipIfEmulated(t)
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `
		local line = ("x"):rep(100 * 1000)
		local f = assert(io.open("a.txt", "w+"))
		for i = 1, 3 do f:write(line, "\n") end
		local function count(read)
			local bytes, running = 0, 4
			f:seek("set")
			for i = 1, 4 do
				spawn(function()
					for text in read, i do bytes = bytes + #text end
					running = running - 1
				end)
			end
			while running > 0 do sleep(0.001) end
			return bytes
		end
		local next = f:lines()
		return count(function() return f:read(7) end), count(function() return f:read() end), count(next)`, "300003, 300000, 300000")
	wantResult(t, s, `
		local f = assert(io.open("b.txt", "w+"))
		f:write(("x"):rep(3000 * 1000))
		for i = 1, 20 do
			f:seek("set")
			local bytes, line = 0, ""
			local t = task.spawn(function() line = f:read() or "" end)
			sleep(i / 5000)
			for i = 1, 20 do bytes = bytes + #(f:read(30 * 1000) or "") end
			t:wait()
			assert(bytes + #line + #f:read("*a") == 3000 * 1000)
		end`, "")
}

// A task that is killed while it reads or writes leaves the file as it was, and what it has written
// is written.
func TestAFileWhoseTaskWasKilled(t *testing.T) {
	testkit.SkipIfEmulated(t)
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `
		local lines = {}
		for i = 1, 200 * 1000 do lines[i] = ("%09d\n"):format(i - 1) end
		local f = assert(io.open("a.txt", "w+"))
		f:write(table.concat(lines))
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
			local t = task.spawn(function() f:read(20 * 1000) f:read(20 * 1000) f:read("*n") f:read("*a") end)
			for i = 1, i % 5 do sleep(0) end
			kill(t)
			if f:seek() < 200 * 10000 then check(50 * 1000) end
		end
		f:close()
		local log = assert(io.open("log.txt", "a"))
		for i = 1, 50 do
			log:setvbuf("no")
			local t = task.spawn(function() log:write(i, ("x"):rep(200 * 1000), "\n") end)
			sleep(0)
			kill(t)
			if i % 2 == 0 then log:setvbuf("full") end
			log:write(i, "\n")
		end
		log:close()
		local n, short = 0, 0
		for line in io.lines("log.txt") do
			local number, text = line:match("^(%d+)(x*)$")
			if text == "" then n = n + 1 assert(tonumber(number) == n) else assert(#text == 200 * 1000) end
		end
		return n`, "50")
}

func TestATaskThatIsKilledWhileItClosesAFile(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `
		for i = 1, 50 do
			local f = assert(io.open(i, "w"))
			f:write(i)
			local t = task.spawn(f.close, f)
			sleep(0)
			t:cancel()
			t:wait()
			if io.type(f) == "file" then f:close() end
			while true do
				local copy = io.open(i)
				local text = copy:read("*a")
				copy:close()
				if text == tostring(i) then break end
				sleep(0.001)
			end
		end
		return "every file is written"`, "every file is written")
}
