package script

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// stand queues for a slot, and gives it up again at once. What it was, in the
// order of getting one, comes on the channel.
func (s *Slots) stand(t *testing.T, heavy bool, got chan<- bool) {
	t.Helper()
	before := s.waiting.Load()
	go func() {
		s.acquire(make(chan struct{}, 1), heavy)
		got <- heavy
	}()
	for s.waiting.Load() == before {
		time.Sleep(50 * time.Microsecond)
	}
}

func TestALightExecutorGoesBeforeHeavyOnes(t *testing.T) {
	s := NewSlots(1)
	s.acquire(make(chan struct{}, 1), false)
	got := make(chan bool)
	s.stand(t, true, got)
	s.stand(t, true, got)
	s.stand(t, false, got)
	for i, want := range []bool{false, true, true} {
		s.release()
		if heavy := <-got; heavy != want {
			t.Errorf("turn %d went to a heavy one: %v, want %v", i, heavy, want)
		}
	}
	s.release()
	if s.free != 1 || s.contended() {
		t.Errorf("at the end %d slots are free and contended is %v, want 1 and false", s.free, s.contended())
	}
}

func TestLightExecutorsCannotStarveAHeavyOne(t *testing.T) {
	s := NewSlots(1)
	s.acquire(make(chan struct{}, 1), false)
	got := make(chan bool)
	s.stand(t, true, got)
	for range 3 * patience {
		s.stand(t, false, got)
	}
	turn := -1
	for i := range 3*patience + 1 {
		s.release()
		if <-got {
			turn = i
		}
	}
	if turn != patience {
		t.Errorf("the heavy one had turn %d, want %d", turn, patience)
	}
	s.release()
}

// Where three or more always wait, the queue is never empty.
func TestAQueueThatIsNeverEmptyDoesNotGrow(t *testing.T) {
	var q queue
	for range 3 {
		q.push(make(chan struct{}))
	}
	for range 10_000 {
		c, _ := q.pop()
		q.push(c)
	}
	if n := cap(q.items); n > 500 {
		t.Errorf("3 that wait take room for %d", n)
	}
}

func TestATurnIsHeavyOnceItHasUsedASliceAndLightAgainOnceIdle(t *testing.T) {
	s := NewSlots(1)
	one := newTurn(s)
	one.take()
	got := make(chan bool)
	s.stand(t, false, got)
	one.since.Add(-int64(slice))
	go func() {
		<-got
		s.release()
	}()
	one.pass(false)
	if !one.held() || !one.heavy {
		t.Errorf("after its slice: held %v, heavy %v, want true and true", one.held(), one.heavy)
	}
	one.idle()
	if one.held() || one.heavy {
		t.Errorf("when idle: held %v, heavy %v, want false and false", one.held(), one.heavy)
	}
}

func TestNoMoreExecutorsRunLuaAtOnceThanThereAreSlots(t *testing.T) {
	const slots, scripts = 2, 6
	var inside, most atomic.Int32
	look := func() { // runs inside of Lua, and so with a slot
		n := inside.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(200 * time.Microsecond) // whoever does not wait for a slot is seen here
		inside.Add(-1)
	}
	b := newBench(t, Options{Slots: NewSlots(slots), Globals: map[string]any{"look": look}})
	for i := range scripts {
		name := fmt.Sprintf("s%d.lua", i)
		b.write(name, fmt.Sprintf(`
			on("go", function() for i = 1, 5 do look() sleep(0) end end)
			register_tool("work%d", function() for i = 1, 4 do look() for j = 1, 1e4 do end if i %% 3 == 0 then sleep(0) end end return "done" end)`, i))
		if _, err := b.Load(b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	b.Dispatch(Event{Type: "go"})
	var answers []<-chan tool.Result
	for i := range 2 * scripts {
		answers = append(answers, b.start(fmt.Sprintf("work%d", i%scripts), "{}"))
	}
	for _, answer := range answers {
		if r := b.await(answer); r.Text != "done" {
			t.Errorf("work = %+v, want done", r)
		}
	}
	if n := most.Load(); n != slots {
		t.Errorf("at most %d executors ran Lua at once, want %d", n, slots)
	}
}

// A light call does not stand behind loops, and one loop does not stand behind
// another for ever.
func TestLoopsShareOneSlot(t *testing.T) {
	b := newBench(t, Options{Slots: NewSlots(1), Limits: Limits{Burst: time.Hour}})
	for i := range 4 {
		name := fmt.Sprintf("burn%d.lua", i)
		b.write(name, fmt.Sprintf(`register_tool { name = "burn%d", timeout = 0.6, handler = function() while true do end end }`, i))
		if _, err := b.Load(b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	b.write("a.lua", `
		register_tool("quick", function() return "now" end)
		register_tool("work", function() for i = 1, 3e5 do end return "done" end)`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		b.start(fmt.Sprintf("burn%d", i), "{}")
	}
	for range 5 {
		began := time.Now()
		b.want("quick", "{}", "now")
		if took := time.Since(began); took > 100*time.Millisecond { // a few at the most; behind the loops it would be 12
			t.Errorf("a light call took %v beside four loops", took)
		}
	}
	b.want("work", "{}", "done")
}

// A script with much to do in small pieces gets as much of a slot as a loop.
func TestManySmallTasksUseAWholeSlice(t *testing.T) {
	b := newBench(t, Options{Slots: NewSlots(1), Limits: Limits{Burst: time.Hour}})
	for i := range 8 {
		name := fmt.Sprintf("burn%d.lua", i)
		b.write(name, `spawn(function() while true do end end)`)
		if _, err := b.Load(b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	b.write("a.lua", `
		n = 0
		on("e", function() n = n + 1 for i = 1, 500 do end end)
		register_tool("n", function() return n end)`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		b.Dispatch(Event{Type: "e"})
	}
	began := time.Now()
	b.want("n", "{}", "200")
	if took := time.Since(began); took > 2*time.Second { // a turn of all the loops for each piece would be 4.8 s
		t.Errorf("200 small tasks took %v", took)
	}
}
