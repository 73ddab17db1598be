package clock_test

import (
	"slices"
	"testing"
	"time"

	"moonlark/engine/clock"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestAFakeClockCallsItsTimersInOrder(t *testing.T) {
	c := clock.NewFake(noon)
	var calls []string
	note := func(name string) func() {
		return func() { calls = append(calls, name+" "+c.Now().Format("04:05")) }
	}
	c.AfterFunc(2*time.Minute, note("second"))
	c.AfterFunc(time.Minute, note("first"))
	c.AfterFunc(2*time.Minute, note("third"))
	stopped := c.AfterFunc(time.Minute, note("stopped"))
	c.AfterFunc(time.Hour, note("late"))
	if !stopped.Stop() || stopped.Stop() {
		t.Error("the first Stop must return true, and the second false")
	}
	end := noon.Add(3 * time.Minute)
	for c.Step(end) {
	}
	if want := []string{"first 01:00", "second 02:00", "third 02:00"}; !slices.Equal(calls, want) {
		t.Errorf("got %q, want %q", calls, want)
	}
	if !c.Now().Equal(end) {
		t.Errorf("the clock shows %v", c.Now())
	}
	if next, ok := c.Next(); !ok || !next.Equal(noon.Add(time.Hour)) {
		t.Errorf("the next timer is at %v, %v", next, ok)
	}
}

func TestAFakeClockNeverGoesBack(t *testing.T) {
	c := clock.NewFake(noon)
	called := false
	c.AfterFunc(-time.Hour, func() { called = true })
	for c.Step(noon.Add(-time.Minute)) {
	}
	if called || !c.Now().Equal(noon) {
		t.Errorf("the clock shows %v, and the timer was called: %v", c.Now(), called)
	}
	if !c.Step(noon) || !called {
		t.Error("a timer with a negative delay is due at once")
	}
}
