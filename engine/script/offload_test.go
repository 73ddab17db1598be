package script

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

// A fakeOffloader records the calls that it gets, and answers those of the tools in results.
type fakeOffloader struct {
	results map[string]tool.Result

	mu        sync.Mutex // guards the fields below
	args      []string
	left      time.Duration // of the latest call
	cancelled int
	done      func(tool.Result) // of the latest call that was not answered
}

func (o *fakeOffloader) Offload(spec *tool.Spec, args json.RawMessage, left time.Duration, done func(tool.Result)) (cancel func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.args, o.left = append(o.args, spec.Name+string(args)), left
	if r, ok := o.results[spec.Name]; ok {
		go done(r)
		return nil
	}
	o.done = done
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.cancelled++
	}
}

// state returns the arguments of the calls, and how many calls were cancelled.
func (o *fakeOffloader) state() (args string, cancelled int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.args, " "), o.cancelled
}

const offloaded = `
local function never() error("the handler runs on the device") end
register_tool("read", { where = "worker", parameters = { n = "integer", list = { type = "array", items = "integer" } } }, never)
register_tool("fail", { where = "worker" }, never)
register_tool("sky", { where = "worker", returns = { type = "object", properties = { sky = "string" } } }, never)
register_tool("wrong", { where = "worker", returns = { type = "object", properties = { sky = "string" } } }, never)
register_tool("slow", { where = "worker", timeout = 10 }, never)
register_tool("here", function() return "here" end)
`

// newOffloading loads the tools of offloaded with the offloader, which may be nil.
func newOffloading(t *testing.T, offloader tool.Offloader) *fixture {
	t.Helper()
	f := newFixture(t, Options{Offloader: offloader})
	f.write("a.lua", offloaded)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCallsOfToolsOnWorkersAreOffloaded(t *testing.T) {
	t.Parallel()
	o := &fakeOffloader{results: map[string]tool.Result{
		"read": {Text: "42 euros"},
		"fail": tool.Failed(tool.CustomerAuth, "no key"),
		"sky":  {Text: `{"sky":"blue"}`}, "wrong": {Text: `{"sky":1}`},
	}}
	f := newOffloading(t, o)
	f.want("read", `{"n":"3","list":[]}`, "42 euros") // the argument is corrected before it is sent
	f.want("read", `{"n":"x","list":[]}`, `! read: n must be a number, not "x"`)
	f.want("here", `{}`, "here")
	if r := f.call("fail", ""); r.Text != "no key" || !r.IsError || r.Type != tool.CustomerAuth {
		t.Errorf("an error of the worker becomes %+v", r)
	}
	if r := f.call("sky", `{}`); string(r.Data) != `{"sky":"blue"}` {
		t.Errorf("a declared result becomes %+v", r)
	}
	f.want("wrong", `{}`, "! wrong returned a result that it does not declare: sky must be a string, not 1")
	if args, _ := o.state(); args != `read{"n":3,"list":[]} fail{} sky{} wrong{}` {
		t.Errorf("the offloader got %s", args)
	}
}

func TestLargeArgumentsAreNotOffloaded(t *testing.T) {
	t.Parallel()
	o := &fakeOffloader{}
	f := newOffloading(t, o)
	r := f.call("slow", `{"text":"`+strings.Repeat("x", tool.MaxOffloadedArguments)+`"}`)
	if !r.IsError || !strings.Contains(r.Text, "the arguments for the worker: ") || !strings.Contains(r.Text, "262144") {
		t.Errorf("got %+v", r)
	}
	if args, _ := o.state(); args != "" {
		t.Errorf("the offloader got %.50s", args)
	}
}

func TestWithoutAnOffloaderToolsRunHere(t *testing.T) {
	t.Parallel()
	f := newOffloading(t, nil)
	f.want("fail", `{}`, "! a.lua:2: the handler runs on the device")
	for _, spec := range f.Tools() {
		if spec.OnWorker != (spec.Name != "here") {
			t.Errorf("the tool %s has OnWorker = %v", spec.Name, spec.OnWorker)
		}
	}
}

func TestOffloadedCallsEndInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &fakeOffloader{}
		f := newOffloading(t, o)
		start := time.Now()
		f.want("slow", `{}`, "! slow took longer than 10s and was stopped")
		took := time.Since(start)
		synctest.Wait()
		o.mu.Lock()
		left, cancelled, done := o.left, o.cancelled, o.done
		o.mu.Unlock()
		if took != 10*time.Second || left != 9500*time.Millisecond {
			t.Errorf("took %v, and the offloader had %v", took, left)
		}
		if cancelled != 1 {
			t.Errorf("%d calls were cancelled", cancelled)
		}
		done(tool.Result{Text: "late"}) // is dropped
		f.want("here", `{}`, "here")    // the script did not wait
	})
}

func TestCancelledCallsAreNotAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &fakeOffloader{}
		f := newOffloading(t, o)
		answer := make(chan tool.Result, 2)
		c := &Call{ID: "1", Name: "slow", Reply: func(_ *Call, r tool.Result) { answer <- r }}
		f.Call(c)
		synctest.Wait()
		f.want("here", `{}`, "here") // while the call of slow waits
		c.Cancel()
		if r := f.await(answer); !r.IsError || !strings.Contains(r.Text, "the call was cancelled") {
			t.Errorf("got %+v", r)
		}
		if _, cancelled := o.state(); cancelled != 1 {
			t.Errorf("%d calls were cancelled", cancelled)
		}
	})
}
