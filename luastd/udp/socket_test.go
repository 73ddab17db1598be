package udp

import (
	"strings"
	"testing"

	"moonlark/luastd"
)

// uncounted ignores what is dropped.
type uncounted struct{}

func (uncounted) CountDropped(string, string, int) {}

// The datagrams of a queue count in the budget of the generation that receives them.
func TestTheBudgetsOfGenerations(t *testing.T) {
	newHandle := func(s *socket) *handle {
		return &handle{socket: s, budget: new(luastd.Budget), drops: uncounted{}}
	}
	s := new(socket)
	first, second := newHandle(s), newHandle(s)
	second.budget.Take(luastd.MaxHeld - 250) // there is room for two datagrams
	add := func(letters string) {
		for _, letter := range strings.Split(letters, "") {
			s.add(datagram{data: strings.Repeat(letter, 100)})
		}
	}
	s.attach(first)
	add("ab")
	s.detach(first)
	add("cd")
	if n := first.budget.Used(); n != 0 {
		t.Errorf("the first generation still counts %d bytes", n)
	}
	s.attach(second)
	if n := second.budget.Used() - (luastd.MaxHeld - 250); n != 200 || s.dropped != 2 {
		t.Errorf("the second generation counts %d bytes, and %d datagrams were dropped", n, s.dropped)
	}
	for _, want := range []string{"c", "d"} {
		if d, ok := second.next(); !ok || d.data[:1] != want {
			t.Errorf("got %v, want %s", d, want)
		}
	}
	if n := second.budget.Used(); n != luastd.MaxHeld-250 {
		t.Errorf("the second generation counts %d bytes", n)
	}
}
