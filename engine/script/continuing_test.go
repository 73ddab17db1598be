package script

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// beginner is a module with a Lua function begin(fn), which starts fn as a task that continues when the
// script is replaced. The task may take a minute.
var beginner = luastd.Module{Name: "beginner", Globals: []string{"begin"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 1)
	t.RawSetString("begin", L.NewFunction(func(L *lua.LState) int {
		_, err := rt.Start(luastd.TaskSpec{Name: "begin", Fn: L.CheckFunction(1), Continues: true, Timeout: time.Minute})
		if err != nil {
			L.RaiseError("%s", err.Error())
		}
		return 0
	}))
	return t
}}

func TestAContinuingTaskOutlivesAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Modules: []luastd.Module{beginner, new(ports).module()}})
		f.write("a.lua", `
			state.copy = (state.copy or 0) + 1
			local copy = state.copy
			on_start(function() begin(function() sleep(5 * copy) print("end of " .. copy) end) end)
			on_start(function() begin(function() sleep(1000) print("never") end) end)`)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		old := f.find(f.path("a.lua")).current
		f.reload()
		time.Sleep(15 * time.Second)
		if got, want := f.printed(), "end of 1, end of 2"; got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
		select {
		case <-old.x.Done():
			t.Error("the old generation is closed although a task continues")
		default:
		}
		time.Sleep(time.Minute) // the timeout of the other task
		synctest.Wait()
		select {
		case <-old.x.Done():
		default:
			t.Error("the old generation stays open")
		}
		if !f.hasLine("took longer than 1m0s") {
			t.Errorf("the timeout is not logged:\n%s", f.all())
		}
	})
}

// A replaced generation may be closed at any moment, so nothing new begins that would keep it open.
func TestAReplacedGenerationStartsNoContinuingTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Modules: []luastd.Module{beginner}})
		f.write("a.lua", `register_tool("late", function() sleep(1) begin(function() print("never") end) end)`)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		call := f.start("late", "{}")
		synctest.Wait()
		f.reload()
		if r := f.await(call); !r.IsError || !strings.Contains(r.Text, luastd.ErrReplaced.Error()) {
			t.Errorf("got %+v", r)
		}
	})
}

func TestManyReloadsEndContinuingTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Modules: []luastd.Module{beginner}})
		f.write("a.lua", `on_start(function() begin(function() sleep(50) print("end") end) end)`)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		for range maxOldGenerations + 2 {
			synctest.Wait()
			f.reload()
		}
		synctest.Wait()
		if n := len(f.find(f.path("a.lua")).old); n > maxOldGenerations {
			t.Errorf("%d old generations, want at most %d", n, maxOldGenerations)
		}
	})
}
