package http

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestSlots(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s := new(slots)
	host := func(i int) string { return fmt.Sprint("host", i) }
	for i := range maxCalls {
		if !s.take(t.Context(), host(i/maxCallsPerHost)) {
			t.Fatalf("call %d got no slot", i)
		}
	}
	if s.take(ended, host(100)) {
		t.Error("there were more than 64 calls")
	}
	s.give(host(0))
	if s.take(ended, host(1)) {
		t.Error("there were more than 8 calls to a host")
	}
	got := make(chan string, 3)
	for _, host := range []string{host(1), host(100), host(101)} {
		go func() {
			if s.take(t.Context(), host) {
				got <- host
			}
		}()
		time.Sleep(5 * time.Millisecond) // so that they wait in this order
	}
	if first := <-got; first != host(100) {
		t.Errorf("%s got the slot, want host100: host1 has too many calls", first)
	}
	s.give(host(1))
	if next := <-got; next != host(1) {
		t.Errorf("%s got the slot, want host1, which came before host101", next)
	}
	s.give(host(2))
	<-got
}

func TestACancelledCallGivesItsSlotBack(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s := new(slots)
	for range 1000 { // a call that is cancelled and gets a slot at the same time can do either
		if s.take(ended, "a") {
			s.give("a")
		}
	}
	if s.taken != 0 || len(s.byHost) > 0 || len(s.waiting) > 0 {
		t.Errorf("%d slots are taken, %v by host, and %d calls wait", s.taken, s.byHost, len(s.waiting))
	}
}
