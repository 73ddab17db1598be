package debug

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/vm"
)

func TestThreadsThatHaveEndedAreForgotten(t *testing.T) {
	t.Parallel()
	d := New()
	s := d.NewScript(ScriptOptions{Name: "a.lua"})
	x := vm.New(vm.Options{Watcher: s})
	s.Attach(x)
	x.Start()
	t.Cleanup(x.Close)
	c, err := d.Connect(func(Event) {})
	if err != nil {
		t.Fatal(err)
	}
	goOn := make(chan func(any), 1)
	wait := x.State().NewFunction(func(L *lua.LState) int {
		x.Await(L, func(done func(any)) func() { goOn <- done; return nil })
		return 0
	})
	for range 3 {
		ended := make(chan struct{})
		x.Post(func() {
			x.StartTask(&vm.Task{Name: "wait", Fn: wait, End: func(*lua.LState, error) { close(ended) }})
		})
		done := <-goOn
		if all := c.Threads(); len(all) != 1 || all[0].Name != "a.lua: wait" {
			t.Errorf("the threads are %v", all)
		}
		done(nil)
		<-ended
	}
	if all := c.Threads(); len(all) != 1 || all[0].Name != "a.lua: no task" {
		t.Errorf("the threads are %v", all)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.threads) != 1 {
		t.Errorf("the debugger knows %d threads; want 1", len(d.threads))
	}
}

func TestAScriptThatDoesNotRespondIsListed(t *testing.T) {
	t.Parallel()
	d := New()
	s := d.NewScript(ScriptOptions{Name: "a.lua"})
	x := vm.New(vm.Options{Watcher: s})
	s.Attach(x)
	x.Start()
	c, err := d.Connect(func(Event) {})
	if err != nil {
		t.Fatal(err)
	}
	goOn := make(chan struct{})
	x.Post(func() { <-goOn })
	if all := c.Threads(); len(all) != 1 || all[0].Name != "a.lua: busy" {
		t.Errorf("the threads are %v", all)
	}
	close(goOn)
	x.Close()
	s.Close()
	if all := c.Threads(); len(all) != 0 || len(d.threads) != 0 {
		t.Errorf("the threads of a closed script are %v", all)
	}
}
