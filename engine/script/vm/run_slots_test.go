package vm

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// queueFor starts a goroutine that waits for a slot. When the goroutine has the slot, it sends
// heavy on got. Call queueFor in a synctest bubble, so that the goroutine waits before queueFor
// returns.
func (s *Slots) queueFor(heavy bool, got chan<- bool) {
	go func() {
		s.acquire(make(chan struct{}, 1), heavy)
		got <- heavy
	}()
	synctest.Wait()
}

func TestALightExecutorGoesBeforeHeavyOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(1)
		s.acquire(make(chan struct{}, 1), false)
		got := make(chan bool)
		s.queueFor(true, got)
		s.queueFor(true, got)
		s.queueFor(false, got)
		for i, want := range []bool{false, true, true} {
			s.release()
			if heavy := <-got; heavy != want {
				t.Errorf("release %d: heavy is %v, want %v", i, heavy, want)
			}
		}
		s.release()
		if s.free != 1 || s.wanted() {
			t.Errorf("at the end %d slots are free and wanted is %v, want 1 and false", s.free, s.wanted())
		}
	})
}

func TestLightExecutorsCannotStarveAHeavyOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(1)
		s.acquire(make(chan struct{}, 1), false)
		got := make(chan bool)
		s.queueFor(true, got)
		for range 3 * maxLightInARow {
			s.queueFor(false, got)
		}
		position := -1
		for i := range 3*maxLightInARow + 1 {
			s.release()
			if <-got {
				position = i
			}
		}
		if position != maxLightInARow {
			t.Errorf("the heavy executor got slot number %d, want %d", position, maxLightInARow)
		}
		s.release()
	})
}

func TestAWaitQueueThatIsNeverEmptyDoesNotGrow(t *testing.T) {
	var q waitQueue
	for range 3 {
		q.push(make(chan struct{}))
	}
	for range 10_000 {
		c, _ := q.pop()
		q.push(c)
	}
	if n := cap(q.channels); n > 500 {
		t.Errorf("a queue of 3 has grown to %d", n)
	}
}

func TestAnExecutorIsHeavyAfterATimeSliceAndLightAgainWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(1)
		h := newSlotHold(s)
		h.acquire()
		got := make(chan bool)
		s.queueFor(false, got)
		time.Sleep(timeSlice + time.Millisecond)
		go func() {
			<-got
			s.release()
		}()
		h.yieldIfWanted(false)
		if !h.held() || !h.heavy {
			t.Errorf("after the time slice held is %v and heavy is %v, want true and true", h.held(), h.heavy)
		}
		h.releaseIdle()
		if h.held() || h.heavy {
			t.Errorf("when idle held is %v and heavy is %v, want false and false", h.held(), h.heavy)
		}
	})
}

func TestNoMoreExecutorsRunLuaThanThereAreSlots(t *testing.T) {
	const slots, executors = 2, 6
	var inside, maxInside atomic.Int32
	visit := func() { // Lua code calls visit, so the executor should have a slot
		n := inside.Add(1)
		for m := maxInside.Load(); n > m && !maxInside.CompareAndSwap(m, n); m = maxInside.Load() {
		}
		// The sleep gives other executors time to call visit, in case they do not need a slot for
		// that.
		time.Sleep(200 * time.Microsecond)
		inside.Add(-1)
	}
	shared := NewSlots(slots)
	var all []*fixture
	var ended []<-chan outcome
	for range executors {
		all = append(all, newFixture(t, Options{Slots: shared}, map[string]any{"visit": visit}, `
			function work() for i = 1, 4 do visit() for j = 1, 1e4 do end if i % 3 == 0 then sleep(0) end end end`))
	}
	for range 3 {
		for _, f := range all {
			ended = append(ended, f.start("work"))
		}
	}
	for i, e := range ended {
		if got := all[i%executors].await(e); got.err != nil {
			t.Error(got.err)
		}
	}
	if n := maxInside.Load(); n != slots {
		t.Errorf("%d executors ran Lua code at once, want %d", n, slots)
	}
}

// startLoops starts n executors that share the slots and run endless loops until the test ends.
func startLoops(t testing.TB, slots *Slots, n int) {
	for range n {
		newFixture(t, Options{Slots: slots, Limits: Limits{Burst: time.Hour, BurstWarning: time.Hour}}, nil,
			`function loop() while true do end end`).start("loop")
	}
}

// A short task does not wait for loops on other executors. A loop does not wait forever for other
// loops.
func TestLoopsShareOneSlot(t *testing.T) {
	slots := NewSlots(1)
	f := newFixture(t, Options{Slots: slots, Limits: Limits{Burst: time.Hour}}, nil, `
		function short() return "done" end
		function long() for i = 1, 3e5 do end return "done" end`)
	startLoops(t, slots, 4)
	for range 5 {
		began := time.Now()
		f.want("short", "done")
		// usual: a few ms; if the task waited for all loops: 12 ms
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("a short task took %v beside four loops", took)
		}
	}
	f.want("long", "done")
}

// An executor that runs many short tasks gets as much time with a run slot as an executor that runs
// a loop.
func TestManyShortTasksUseAWholeTimeSlice(t *testing.T) {
	if testing.Short() {
		t.Skip("shares one slot with eight busy loops for a second")
	}
	slots := NewSlots(1)
	f := newFixture(t, Options{Slots: slots}, nil, `
		n = 0
		function count() n = n + 1 for i = 1, 500 do end end
		function result() return n end`)
	startLoops(t, slots, 8)
	for range 200 {
		f.Put(Notification, func() {
			count := f.State().GetGlobal("count").(*lua.LFunction)
			f.StartTask(&Task{Name: "count", Fn: count, End: func(*lua.LState, error) {}})
		})
	}
	began := time.Now()
	f.want("result", "200")
	// 4.8 s if each task waited for a time slice of all 8 loops
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("200 short tasks took %v", took)
	}
}
