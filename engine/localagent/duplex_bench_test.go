package localagent

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/localagent/realtime/realtimetest"
)

// BenchmarkFirstSoundOfAService measures our share of the time from the end of what the user says,
// as the service notices it, to the first sound that the client gets. The service answers at once.
func BenchmarkFirstSoundOfAService(b *testing.B) {
	next, ended := make(chan bool), make(chan time.Time, 1)
	s := realtimetest.Serve(b, func(s *realtimetest.Session) {
		for i := 0; ; i++ {
			s.Wait(next)
			if !s.IsOpen() {
				return
			}
			user, agent := fmt.Sprint("u", i), fmt.Sprint("a", i)
			s.UserBegins(user)
			ended <- time.Now()
			s.UserEnds(user)
			s.Begin().Speak(agent, "Yes.", 300*time.Millisecond).Done()
			s.Transcribe(user, "Hello")
		}
	})
	c := openSilent(b, listenAgent(b, Options{Realtime: serviceAt(s)}))
	var times []time.Duration
	last := 0 // event id of the last answer
	for b.Loop() {
		next <- true
		var at time.Time
		for event := 0; event == 0 || at.IsZero(); {
			switch m := c.next().(type) {
			case *convai.Audio:
				if at.IsZero() && m.EventID > last {
					at = time.Now()
				}
			case *convai.UserTranscript:
				event = m.EventID
			}
			if event > 0 && !at.IsZero() {
				last = event
			}
		}
		times = append(times, at.Sub(<-ended))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs-median")
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds()), "µs-p95")
}

// BenchmarkMemoryOfAnIdleService measures the memory of a conversation with a service in which
// nothing happens. It includes the service's and the client's ends of the two WebSockets.
func BenchmarkMemoryOfAnIdleService(b *testing.B) {
	const conversations = 100
	plays := make([]func(*realtimetest.Session), conversations)
	for i := range plays {
		plays[i] = func(s *realtimetest.Session) { <-s.Gone() }
	}
	for b.Loop() {
		for _, service := range []bool{false, true} {
			opts := Options{}
			s := realtimetest.Serve(b, plays...)
			if service {
				opts.Realtime = serviceAt(s)
			}
			a := listenAgent(b, opts)
			before := memory()
			for range conversations {
				openSilent(b, a)
			}
			for service && len(s.Sessions()) < conversations {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(200 * time.Millisecond)
			name := "KB-without"
			if service {
				name = "KB-with"
			}
			b.ReportMetric(float64(memory()-before)/conversations/1024, name)
		}
	}
}

// memory returns the memory in use, in bytes.
func memory() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
