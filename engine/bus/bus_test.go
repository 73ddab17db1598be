package bus

import (
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestASubscriberReceivesTheEventsThatItWantsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bus
		var got []string
		s := b.Subscribe(func(t Type) bool { return t == Print }, func(e Event) { got = append(got, e.Text) })
		began := time.Now()
		for i := range 100 {
			b.Publish(Event{Type: Print, Text: strconv.Itoa(i)})
			b.Publish(Event{Type: Log, Text: "not wanted"})
		}
		synctest.Wait()
		if len(got) == 0 || time.Since(began) > 0 {
			t.Errorf("%d events were received after %v", len(got), time.Since(began))
		}
		s.Close(time.Second)
		for i, text := range got {
			if text != strconv.Itoa(i) {
				t.Fatalf("event %d is %s", i, text)
			}
		}
		if len(got) != 100 {
			t.Errorf("%d events were received, want 100", len(got))
		}
		b.Publish(Event{Type: Print, Text: "after Close"})
		synctest.Wait()
		if len(got) != 100 {
			t.Error("an event was received after Close")
		}
	})
}

func TestASlowSubscriberDelaysNobodyAndReceivesTheNumberOfDroppedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bus
		release := make(chan struct{})
		var slow, quick []Event
		s := b.Subscribe(nil, func(e Event) { <-release; slow = append(slow, e) })
		q := b.Subscribe(nil, func(e Event) { quick = append(quick, e) })
		b.Publish(Event{Type: Print, Text: "first"})
		synctest.Wait() // receive is now blocked while it handles the first event
		for range maxPending + 10 {
			b.Publish(Event{Type: Print})
		}
		if n := b.Pending(); n != maxPending {
			t.Errorf("%d events are pending, want %d", n, maxPending)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(quick) < maxPending || len(slow) > 0 {
			t.Errorf("while one subscriber is stuck, the other has received %d events", len(quick))
		}
		close(release)
		// this pause is longer than restTime, so the goroutine empties the queue again
		time.Sleep(time.Second)
		b.Publish(Event{Type: Print, Text: "last"})
		s.Close(time.Second)
		q.Close(time.Second)
		if n := len(slow); n != 1+maxPending+2 {
			t.Fatalf("%d events, want the first, %d more, a Dropped and the last", n, maxPending)
		}
		if d := slow[len(slow)-2]; d.Type != Dropped || d.Count != 10 {
			t.Errorf("before the last: %+v", d)
		}
	})
}

func TestTheSizeOfTheTextsInAQueueIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bus
		release, received, dropped := make(chan struct{}), 0, 0
		s := b.Subscribe(nil, func(e Event) {
			<-release
			received++
			dropped += e.Count
		})
		b.Publish(Event{Type: Print})
		synctest.Wait()
		large := strings.Repeat("x", 1<<20)
		for range 10 {
			b.Publish(Event{Type: Print, Text: large})
			b.Publish(Event{Type: ToolResult, Result: &large})
		}
		close(release)
		s.Close(time.Second)
		if received != 1+16+1 || dropped != 4 {
			t.Errorf("%d events were received and %d dropped", received, dropped)
		}
	})
}

func TestCloseWaitsForAStuckSubscriberNoLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bus
		release := make(chan struct{})
		s := b.Subscribe(nil, func(Event) { <-release })
		b.Publish(Event{Type: Print})
		began := time.Now()
		s.Close(3 * time.Second)
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("Close took %v", took)
		}
		close(release)
	})
}

func TestAReceiverIsCalledAtOnceForTheEventsThatItWants(t *testing.T) {
	var b Bus
	var got []string
	b.Attach(Receiver{
		Wants:   func(_ Type, name string) bool { return name == "wake" },
		Receive: func(e Event) { got = append(got, e.Text) },
	})
	if !b.Wants(Wake, "wake") || b.Wants(Status, "status") {
		t.Error("Wants is wrong")
	}
	b.Publish(Event{Type: Wake, Text: "moon"})
	b.Publish(Event{Type: Status, Status: "ended"})
	if len(got) != 1 || got[0] != "moon" {
		t.Errorf("got %q", got)
	}
}

func TestAReceiverMayPublishWhileSomebodySubscribes(t *testing.T) {
	var b Bus
	heard := 0
	b.Attach(Receiver{
		Wants: func(t Type, _ string) bool { return t == Print || t == Log },
		Receive: func(e Event) {
			if e.Type == Log {
				heard++
				return
			}
			subscribed := make(chan *Subscription)
			go func() { subscribed <- b.Subscribe(nil, func(Event) {}) }()
			time.Sleep(10 * time.Millisecond) // so that Subscribe has begun
			b.Publish(Event{Type: Log})
			s := <-subscribed
			s.Close(time.Second)
			b.Publish(Event{Type: Log})
		},
	})
	done := make(chan struct{})
	go func() {
		b.Publish(Event{Type: Print})
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Publish does not return")
	}
	if heard != 2 {
		t.Errorf("%d events were received, want 2", heard)
	}
}

func TestManyGoroutinesMayPublishAndSubscribeAtTheSameTime(t *testing.T) {
	var b Bus
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s := b.Subscribe(nil, func(Event) {})
			for range 200 {
				b.Publish(Event{Type: Print})
			}
			s.Close(time.Minute)
		})
	}
	wg.Wait()
}

func TestTheLoggerPublishesRecordsWithTheirAttributes(t *testing.T) {
	var b Bus
	var got []Event
	b.Attach(Receiver{Wants: func(Type, string) bool { return true }, Receive: func(e Event) { got = append(got, e) }})
	log := b.Logger("embedded agent: ").With("port", 80)
	log.Warn("lost", "after", 3)
	b.Log("a.lua", slog.LevelDebug, "quiet")
	if got[0].Text != "embedded agent: lost port=80 after=3" || got[0].Level != "warn" {
		t.Errorf("got %+v", got[0])
	}
	if got[1].Script != "a.lua" || got[1].Level != "debug" {
		t.Errorf("got %+v", got[1])
	}
}
