package store_test

import (
	"strings"
	"testing"
	"time"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/store"
)

func TestIncrementsOfManyTasksAreNotLost(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		local ended = 0
		for i = 1, 50 do
			spawn(function()
				for j = 1, 5 do
					store.incr("a")
					store.update("b", function(old) return (old or 0) + 1 end)
					store.transaction(function() local n = store.get("c", 0) store.set("other" .. i, n) store.set("c", n + 1) end)
					store.incr("d", 1, {lazy = true})
				end
				ended = ended + 1
			end)
		end
		while ended < 50 do sleep(0.01) end
		return store.get("a"), store.get("b"), store.get("c"), store.get("d"), #store.keys()`, "250, 250, 250, 250, 54")
}

func TestOtherTasksWaitForATransaction(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		store.set("a", 1)
		local seen, done = "", 0
		spawn(function() store.set("a", 5) seen = seen .. " written" done = done + 1 end)
		spawn(function() seen = seen .. " read " .. store.get("a") done = done + 1 end)
		store.transaction(function()
			store.set("a", 2)
			sleep(0.05)
			seen = seen .. " in " .. store.get("a")
		end)
		while done < 2 do sleep(0.01) end
		return seen, store.get("a")`, " read 1 in 2 written, 5")
}

func TestAKilledTransactionIsTakenBack(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		register_tool { name = "killed", timeout = 0.2, handler = function()
			store.transaction(function() store.set("a", 1) store.transaction(function() store.set("b", 1) sleep(60) end) end)
		end }
		register_tool { name = "busy", timeout = 0.2, handler = function()
			store.transaction(function() store.set("a", 1) while true do end end)
		end }`})
	for _, name := range []string{"killed", "busy"} {
		call(t, s, name)
		began := time.Now()
		s.Want(`return store.get("a"), store.get("b"), store.set("c", 1)`, "nil, nil, true")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the store was locked for %v after the kill", took)
		}
	}
}

func TestATransactionThatTakesTooLongIsTakenBack(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		return store.transaction(function()
			store.set("a", 1)
			sleep(10.2)
			return store.set("b", 1)
		end)`, "nil, timeout: the transaction took longer than 10s and was taken back, timeout")
	s.Want(`return #store.keys(), store.set("a", 1)`, "0, true")
}

func TestAnErrorTakesBackOnlyItsOwnTransaction(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		local ok, err = pcall(store.transaction, function()
			store.set("a", 1)
			local ok, err = pcall(store.transaction, function()
				store.set("b", 1)
				store.transaction(function() store.set("c", 1) end)
				error({code = 7})
			end)
			store.set("d", err.code)
			store.update("e", function() return store.get("b", "no b") end)
			pcall(store.update, "f", function() store.set("g", 1) error("x") end)
		end)
		return ok, table.concat(store.keys(), " "), store.get("d"), store.get("e")`, "true, a d e, 7, no b")
	s.Want(`return pcall(store.transaction, function() store.clear() error(nil) end), #store.keys()`, "false, 3")
}

func TestUpdateReturnsTheErrorOfItsFunction(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`return pcall(store.update, "a", function() error("no", 0) end)`, "false, no")
	s.Want(`return pcall(function() store.update("a", function() return print end) end)`, "false, a.lua:1: bad argument #2 to update (a function cannot be JSON)")
	s.Want(`return store.update("a", function() return {x = 1} end).x, store.update("a", function() end), store.get("a")`, "1, nil, nil")
	s.Want(`store.set("t", 1, {ttl = 100}) store.update("t", function(n) return n + 1 end) return store.get("t"), store.ttl("t") > 99`, "2, true")
}

func TestAWatchGetsTheChangesInOrder(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		log_ = {}
		watch = store.watch("a", function(key, value)
			sleep(0.001)
			log_[#log_ + 1] = key .. "=" .. tostring(value)
			if value == "bad" then error("bad value") end
		end)`})
	s.Want(`
		store.set("a1", "bad")
		store.transaction(function() store.set("a2", 2) store.delete("a1") end)
		pcall(store.transaction, function() store.set("a3", 3) error() end)
		store.set("b", 1)
		store.incr("a2", 1, {lazy = true})
		store.set("a4", json.null)
		store.clear()
		for i = 1, 100 do if #log_ >= 7 then break end sleep(0.01) end
		watch:close()
		store.set("a5", 1)
		sleep(0.01)
		return table.concat(log_, " ")`, "a1=bad a2=2 a1=nil a2=3 a4=null a2=nil a4=nil")
	if out := s.Output(); len(out) != 1 || !strings.HasPrefix(out[0], "ERROR: store.watch: ") || !strings.Contains(out[0], "test.lua:6: bad value") {
		t.Errorf("the output is %q, want the error of the function", out)
	}
}

func TestAWatchGoesOnAfterItsFunctionWasKilled(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		running, seen = {}, ""
		store.watch("", function(key)
			seen = seen .. key
			running[key] = task.self()
			if key == "a" then sleep(600) end
		end)`})
	s.Want(`
		store.set("a", 1)
		store.set("b", 1)
		while not running.a do sleep(0.001) end
		running.a:cancel()
		while not running.b do sleep(0.001) end
		return seen`, "ab")
}

func TestTheNumberOfWatchesIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		local handles = {}
		for i = 1, 100 do handles[i] = store.watch("x", print) end
		local _, err = pcall(function() store.watch("x", print) end)
		handles[1]:close()
		handles[1]:close()
		return err, tostring(store.watch("x", print)), (pcall(store.watch, "x", print))`,
		`a.lua:4: store.watch: the script has 100 watches, which is the maximum, watch of keys that begin with "x", false`)
}

func TestAWatchDropsTheOldestChanges(t *testing.T) {
	for _, row := range []struct{ n, size, want int }{{256, 1, 0}, {300, 1, 44}, {10, 1 << 20, 2}} {
		if got := store.DroppedOfLateWatcher(row.n, row.size); got != row.want {
			t.Errorf("%d changes of %d bytes: %d were dropped, want %d", row.n, row.size, got, row.want)
		}
	}
}
