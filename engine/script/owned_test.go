package script

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// opener returns a module with a Lua function open, which opens something that takes a second to
// close, and returns a function that releases it. open has the number of things that are open.
func opener(open *atomic.Int32) luastd.Module {
	return luastd.Module{Name: "opener", Globals: []string{"open"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		t := L.CreateTable(0, 1)
		t.RawSetString("open", L.NewFunction(func(L *lua.LState) int {
			open.Add(1)
			release := rt.Own(func() { time.Sleep(time.Second); open.Add(-1) })
			L.Push(L.NewFunction(func(*lua.LState) int { release(); return 0 }))
			return 1
		}))
		return t
	}}
}

func TestWhatAGenerationHasLeftOpenIsClosed(t *testing.T) {
	for name, row := range map[string]struct {
		source string
		end    func(*fixture) // ends the generation
		want   int32          // how many things stay open
	}{
		"by a reload":           {`on_start(function() open() open() end)`, func(f *fixture) { f.write("a.lua", "local x"); f.reload() }, 0},
		"by a crash":            {`if not state.copy then on_start(function() open() open() end) end state.copy = 1`, func(f *fixture) { f.crash() }, 0},
		"by Close":              {`on_start(function() open() open() end)`, func(f *fixture) { f.Close() }, 0},
		"after a load":          {`open() open()`, func(f *fixture) { f.Close() }, 0},
		"unless it is released": {`on_start(function() local release = open() open() release() release() end)`, func(f *fixture) { f.Close() }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var open atomic.Int32
				f := newFixture(t, Options{Modules: []luastd.Module{opener(&open)}})
				f.write("a.lua", row.source)
				if _, err := f.Load(f.path("a.lua")); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if open.Load() != 2 {
					t.Fatalf("%d things are open, want 2", open.Load())
				}
				began := time.Now()
				row.end(f)
				for open.Load() > row.want && time.Since(began) < 5*time.Second {
					time.Sleep(time.Millisecond)
				}
				if took := time.Since(began); open.Load() != row.want || took > 1500*time.Millisecond {
					t.Errorf("%d things are open after %v, want %d: all are closed at the same time", open.Load(), took, row.want)
				}
			})
		})
	}
}

func TestALoadThatFailsLeavesNothingOpen(t *testing.T) {
	var open atomic.Int32
	f := newFixture(t, Options{Modules: []luastd.Module{opener(&open)}})
	f.write("a.lua", `open() error("no")`)
	if _, err := f.Load(f.path("a.lua")); err == nil {
		t.Error("the script was loaded")
	}
	f.write("a.lua", `open()`)
	if _, err := f.Check(f.path("a.lua")); err != nil {
		t.Error(err)
	}
	if open.Load() != 0 {
		t.Errorf("%d things are open", open.Load())
	}
}

func TestWhatIsOpenedAfterTheEndIsClosedAtOnce(t *testing.T) {
	var o owned
	o.close()
	closed := false
	o.add(func() { closed = true })()
	if !closed {
		t.Error("it stays open")
	}
}

// What has been opened must be closed before the engine closes what it needs for that, such as the
// script's folders.
func TestASecondCloseWaitsForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o owned
		o.add(func() { time.Sleep(time.Second) })
		began := time.Now()
		go o.close()
		synctest.Wait()
		o.close()
		if took := time.Since(began); took != time.Second {
			t.Errorf("the second close took %v", took)
		}
	})
}
