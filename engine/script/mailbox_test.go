package script

import (
	"fmt"
	"testing"
)

// named is a message that says who it is when it runs.
func named(class class, name string, ran *[]string) *message {
	return &message{class: class, do: func() { *ran = append(*ran, name) }}
}

// takeAll runs all that can be taken.
func (b *mailbox) takeAll(starts bool) {
	for m := b.take(starts); m != nil; m = b.take(starts) {
		if m.do != nil {
			m.do()
		}
	}
}

func TestTheMailboxKeepsTheOrderOfArrival(t *testing.T) {
	b := newMailbox()
	var ran []string
	for i, class := range []class{aCall, urgent, aStart, aTurn, aCall, urgent} {
		b.put(named(class, fmt.Sprint(i), &ran))
	}
	b.takeAll(true)
	if got := fmt.Sprint(ran); got != "[0 1 2 3 4 5]" {
		t.Errorf("taken in the order %v", got)
	}
}

func TestNothingThatStartsATaskIsTakenWhenThereAreTooMany(t *testing.T) {
	b := newMailbox()
	var ran []string
	for i, class := range []class{aCall, urgent, aStart, urgent, aTurn} {
		b.put(named(class, fmt.Sprint(i), &ran))
	}
	b.put(&message{class: anEvent, event: &Event{Type: "e"}})
	b.takeAll(false)
	if got := fmt.Sprint(ran); got != "[1 3]" {
		t.Errorf("without starts: %v, want [1 3]", got)
	}
	b.takeAll(true)
	if got := fmt.Sprint(ran); got != "[1 3 0 2 4]" {
		t.Errorf("then: %v, want [1 3 0 2 4]", got)
	}
}

func TestEachClassIsAdmittedByItsOwnRule(t *testing.T) {
	b := newMailbox()
	var ran []string
	for i := range mostCalls {
		if err := b.put(named(aCall, "call", &ran)); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if err := b.put(named(aCall, "call", &ran)); err != errBusy {
		t.Errorf("one call too many: %v, want %v", err, errBusy)
	}
	for i := range mostStarts {
		if err := b.put(named(aStart, "start", &ran)); err != nil {
			t.Fatalf("start %d: %v", i, err)
		}
	}
	if err := b.put(named(aStart, "start", &ran)); err != errStarts {
		t.Errorf("one start too many: %v, want %v", err, errStarts)
	}
	for i := range mostEvents + 7 {
		if err := b.put(&message{class: anEvent, event: &Event{Type: fmt.Sprint(i)}}); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	if n := b.takeDropped(); n != 7 {
		t.Errorf("%d events were dropped, want 7", n)
	}
	for range 10_000 {
		if err := b.put(named(urgent, "urgent", &ran)); err != nil {
			t.Fatal(err)
		}
	}
	b.take(true) // a call
	if err := b.put(named(aCall, "call", &ran)); err != nil {
		t.Errorf("a call after one was taken: %v", err)
	}
	events := 0
	for m := b.take(true); m != nil; m = b.take(true) {
		if m.event != nil {
			if want := fmt.Sprint(events + 7); m.event.Type != want {
				t.Fatalf("event %s came, want %s", m.event.Type, want)
			}
			events++
		}
	}
	if events != mostEvents {
		t.Errorf("%d events were left, want %d", events, mostEvents)
	}
}

// join is an event that takes in an older one of its type.
func join(kind, text string) *Event {
	return &Event{Type: kind, Data: []byte(text), Merge: func(older Event) (Event, bool) {
		older.Data = append(append([]byte{}, older.Data...), text...)
		return older, true
	}}
}

func TestEventsThatMergeTakeTheNewestPlaceOfTheirType(t *testing.T) {
	b := newMailbox()
	for _, e := range []*Event{join("part", "a"), join("level", "1"), join("part", "b"), {Type: "part", Data: []byte("|")}, join("part", "c"), join("level", "2")} {
		b.put(&message{class: anEvent, event: e})
	}
	var got string
	for m := b.take(true); m != nil; m = b.take(true) {
		got += m.event.Type + ":" + string(m.event.Data) + " "
	}
	if want := "part:ab level:12 part:|c "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEventsAndCallsMoveInTheirOrderAndLeaveTheRest(t *testing.T) {
	from, to := newMailbox(), newMailbox()
	var ran []string
	const each = mostCalls / 2
	for i := range each {
		from.put(&message{class: anEvent, event: &Event{Type: fmt.Sprint(i)}})
		from.put(named(urgent, "stays", &ran))
		from.put(&message{class: aCall, call: &Call{Name: fmt.Sprint(i)}})
		from.put(&message{class: aCall, call: &Call{Name: "stays"}})
	}
	from.move(to, func(c *Call) bool { return c.Name != "stays" })
	for i := range each {
		if m := to.take(true); m == nil || m.event == nil || m.event.Type != fmt.Sprint(i) {
			t.Fatalf("event %d is %+v", i, m)
		}
		if m := to.take(true); m == nil || m.call == nil || m.call.Name != fmt.Sprint(i) {
			t.Fatalf("call %d is %+v", i, m)
		}
	}
	stayed := 0
	for m := from.take(true); m != nil; m = from.take(true) {
		stayed++
	}
	if stayed != 2*each || to.take(true) != nil {
		t.Errorf("%d messages stayed, want %d", stayed, 2*each)
	}
	for range mostCalls { // what has moved takes no place any more
		if err := from.put(&message{class: aCall, call: &Call{}}); err != nil {
			t.Fatal(err)
		}
	}
}

// A call that cannot begin, or an executor that is busy for long, keeps its
// place at the head while others come and go behind it.
func TestWhatWaitsLongDoesNotMakeTheMailboxGrow(t *testing.T) {
	for name, pass := range map[string]func(b *mailbox){
		"completions pass a call that cannot begin": func(b *mailbox) {
			b.put(&message{do: func() {}})
			b.take(false)
		},
		"events flood a busy executor": func(b *mailbox) {
			b.put(&message{class: anEvent, event: &Event{Type: "e"}})
		},
	} {
		b := newMailbox()
		b.put(&message{class: aCall, do: func() {}})
		for range 50_000 {
			pass(b)
		}
		if n := cap(b.items); n > 8*mostEvents {
			t.Errorf("%s: the mailbox has grown to %d", name, n)
		}
		if m := b.take(true); m == nil || m.class != aCall {
			t.Errorf("%s: the call is gone", name)
		}
	}
}

func TestAClosedMailboxRefusesAndGivesOutWhatItHas(t *testing.T) {
	b := newMailbox()
	var ran []string
	b.put(named(aCall, "before", &ran))
	b.close()
	if err := b.put(named(urgent, "after", &ran)); err != errClosed {
		t.Errorf("put = %v, want %v", err, errClosed)
	}
	b.takeAll(true)
	if len(ran) != 1 || ran[0] != "before" {
		t.Errorf("taken: %v, want [before]", ran)
	}
}
