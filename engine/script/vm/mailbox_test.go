package vm

import (
	"fmt"
	"testing"
)

// recordingMessage returns a message whose function appends name to *ran.
func recordingMessage(class Class, name string, ran *[]string) *message {
	return &message{class: class, do: func() { *ran = append(*ran, name) }}
}

// runAll takes messages until none can be taken and runs each. mayStart is the argument of take.
func (b *mailbox) runAll(mayStart bool) {
	for m := b.take(mayStart); m != nil; m = b.take(mayStart) {
		if m.do != nil {
			m.do()
		}
	}
}

func TestTheMailboxKeepsTheOrderOfArrival(t *testing.T) {
	b := newMailbox()
	var ran []string
	for i, class := range []Class{Request, Control, Start, Timer, Request, Control} {
		b.put(recordingMessage(class, fmt.Sprint(i), &ran))
	}
	b.runAll(true)
	if got := fmt.Sprint(ran); got != "[0 1 2 3 4 5]" {
		t.Errorf("messages ran in the order %v, want the order of arrival", got)
	}
}

func TestOnlyControlMessagesAreTakenWhileNoTaskMayStart(t *testing.T) {
	b := newMailbox()
	var ran []string
	for i, class := range []Class{Request, Control, Start, Control, Timer, Notification} {
		b.put(recordingMessage(class, fmt.Sprint(i), &ran))
	}
	b.runAll(false)
	if got := fmt.Sprint(ran); got != "[1 3]" {
		t.Errorf("messages %v ran without starts, want [1 3]", got)
	}
	b.runAll(true)
	if got := fmt.Sprint(ran); got != "[1 3 0 2 4 5]" {
		t.Errorf("messages ran in the order %v, want [1 3 0 2 4 5]", got)
	}
}

func TestEachClassHasItsOwnLimit(t *testing.T) {
	b := newMailbox()
	var ran []string
	for class, limit := range map[Class]int{Request: MaxRequests, Start: MaxStarts} {
		for i := range limit {
			if err := b.put(recordingMessage(class, "m", &ran)); err != nil {
				t.Fatalf("message %d of class %d: %v", i, class, err)
			}
		}
		if err := b.put(recordingMessage(class, "m", &ran)); err != ErrFull {
			t.Errorf("one message of class %d too many: %v, want %v", class, err, ErrFull)
		}
	}
	for i := range MaxNotifications + 7 {
		if err := b.put(&message{class: Notification, item: i}); err != nil {
			t.Fatalf("notification %d: %v", i, err)
		}
	}
	if b.dropped != 7 || b.allDropped != 7 {
		t.Errorf("%d and %d notifications were dropped, want 7", b.dropped, b.allDropped)
	}
	for range 10_000 {
		if err := b.put(recordingMessage(Control, "m", &ran)); err != nil {
			t.Fatal(err)
		}
	}
	for b.take(true).class != Request {
	}
	if err := b.put(recordingMessage(Request, "m", &ran)); err != nil {
		t.Errorf("a request after another was taken: %v", err)
	}
	notifications := 0
	for m := b.take(true); m != nil; m = b.take(true) {
		if m.class == Notification {
			if m.item != notifications+7 {
				t.Fatalf("notification %v came, want %d", m.item, notifications+7)
			}
			notifications++
		}
	}
	if notifications != MaxNotifications {
		t.Errorf("%d notifications were left, want %d", notifications, MaxNotifications)
	}
}

// A note is the item of a notification. It can be merged with another note of the same kind.
type note struct {
	kind, text string
	fixed      bool // this note cannot be merged with any other
}

// mergeNote returns a MergeFunc that merges the new note n with a queued note.
func mergeNote(n *note) MergeFunc {
	return func(queued any) (any, bool) {
		older, ok := queued.(*note)
		switch {
		case !ok || older.kind != n.kind:
			return nil, false
		case older.fixed:
			return nil, true
		}
		return &note{kind: n.kind, text: older.text + n.text}, true
	}
}

func TestANotificationMergesWithTheNewestOfItsKind(t *testing.T) {
	b := newMailbox()
	for _, n := range []*note{
		{kind: "part", text: "a"}, {kind: "level", text: "1"}, {kind: "part", text: "b"}, {kind: "part", text: "|", fixed: true},
		{kind: "part", text: "c"}, {kind: "part", text: "d"}, {kind: "level", text: "2"},
	} {
		merge := mergeNote(n)
		if n.fixed {
			merge = nil
		}
		b.putOrMerge(&message{class: Notification, item: n}, merge)
	}
	var got string
	for m := b.take(true); m != nil; m = b.take(true) {
		n := m.item.(*note)
		got += n.kind + ":" + n.text + " "
	}
	if want := "part:ab level:12 part:| part:cd "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestItemsMoveInTheirOrderAndFunctionsStay(t *testing.T) {
	from, to := newMailbox(), newMailbox()
	var ran []string
	const each = MaxRequests / 2
	for i := range each {
		from.put(&message{class: Notification, item: fmt.Sprint("notification ", i)})
		from.put(recordingMessage(Control, "stays", &ran))
		from.put(&message{class: Request, item: fmt.Sprint("request ", i)})
		from.put(&message{class: Request, item: "stays"})
	}
	from.move(to, func(item any) bool { return item != "stays" })
	for i := range each {
		for _, want := range []string{fmt.Sprint("notification ", i), fmt.Sprint("request ", i)} {
			if m := to.take(true); m == nil || m.item != want {
				t.Fatalf("got %+v, want %s", m, want)
			}
		}
	}
	stayed := 0
	for m := from.take(true); m != nil; m = from.take(true) {
		stayed++
	}
	if stayed != 2*each || to.take(true) != nil {
		t.Errorf("%d messages stayed, want %d", stayed, 2*each)
	}
	// the mailbox must accept as many requests as if the moved requests had never been queued
	for range MaxRequests {
		if err := from.put(&message{class: Request, item: "request"}); err != nil {
			t.Fatal(err)
		}
	}
}

// A request can stay at the head of the mailbox for long, because no task may start. Meanwhile,
// other messages are queued behind the request and taken.
func TestAMessageThatStaysLongDoesNotMakeTheMailboxGrow(t *testing.T) {
	for name, pass := range map[string]func(b *mailbox){
		"control messages pass a request that cannot start": func(b *mailbox) {
			b.put(&message{do: func() {}})
			b.take(false)
		},
		"notifications flood a busy executor": func(b *mailbox) {
			b.put(&message{class: Notification, item: "event"})
		},
	} {
		b := newMailbox()
		b.put(&message{class: Request, do: func() {}})
		for range 50_000 {
			pass(b)
		}
		if n := cap(b.messages); n > 8*MaxNotifications {
			t.Errorf("%s: the mailbox has grown to %d", name, n)
		}
		if m := b.take(true); m == nil || m.class != Request {
			t.Errorf("%s: the request is gone", name)
		}
	}
}

func TestAClosedMailboxRefusesNewMessagesAndKeepsOldOnes(t *testing.T) {
	b := newMailbox()
	var ran []string
	b.put(recordingMessage(Request, "before", &ran))
	b.close()
	if err := b.put(recordingMessage(Control, "after", &ran)); err != ErrClosed {
		t.Errorf("put returned %v, want %v", err, ErrClosed)
	}
	b.runAll(true)
	if len(ran) != 1 || ran[0] != "before" {
		t.Errorf("messages %v ran, want [before]", ran)
	}
}
