package screen

import (
	"sync"
	"testing"
	"time"

	"moonlark/engine/clock"
)

// A rig is a screen on a fake clock, because changes are bounded in time.
type rig struct {
	t *testing.T
	*Screen
	clock  *clock.Fake
	client *Client
	gen    int

	mu      sync.Mutex
	events  []Event
	pressed []Pressed
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, clock: clock.NewFake(time.Unix(1000, 0))}
	r.Screen = New(r.clock)
	r.Observe(func(e Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
	r.client = r.NewClient("kiosk.lua")
	r.gen = r.NewGeneration()
	r.client.SetGeneration(r.gen, r.press)
	return r
}

func (r *rig) press(p Pressed) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pressed = append(r.pressed, p)
	return nil
}

func (r *rig) pass(d time.Duration) {
	for end := r.clock.Now().Add(d); r.clock.Step(end); {
	}
}

func (r *rig) show(blocks ...any) {
	r.t.Helper()
	c, err := r.Maker(nil).Blocks(blocks)
	if err == nil {
		err = r.client.Show(c)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) count(kind EventKind) (n int) {
	for _, e := range r.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func button(text string, more ...any) map[string]any {
	b := map[string]any{"1": text}
	for i := 0; i < len(more); i += 2 {
		b[more[i].(string)] = more[i+1]
	}
	return b
}
