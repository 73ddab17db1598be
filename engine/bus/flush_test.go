package bus

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFlushWaitsForTheEventsThatWerePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bus
		var received atomic.Int64
		s := b.Subscribe(nil, func(Event) {
			time.Sleep(time.Second)
			received.Add(1)
		})
		for range 3 {
			b.Publish(Event{Type: Print, Text: "text"})
		}
		s.Flush(time.Minute)
		if n := received.Load(); n != 3 {
			t.Errorf("%d events were received before Flush returned, want 3", n)
		}
		b.Publish(Event{Type: Print, Text: "text"})
		began := time.Now()
		if s.Flush(time.Millisecond); time.Since(began) != time.Millisecond {
			t.Errorf("Flush returned after %v, want its timeout", time.Since(began))
		}
		s.Close(time.Minute)
		s.Flush(time.Minute)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("Flush waited although the subscription was closed: %v", took)
		}
	})
}
