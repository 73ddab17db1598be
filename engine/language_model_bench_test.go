package engine

import (
	"context"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/remote"
)

// BenchmarkFirstWordOfAModel measures our own share of the time from the user's message to the
// first word of the reply: the server of the model replies at once. It includes the request over
// HTTP, the embedded agent, its WebSocket and the engine.
func BenchmarkFirstWordOfAModel(b *testing.B) {
	replies := make([]llmtest.Reply, b.N+2000)
	for i := range replies {
		replies[i] = llmtest.Text("Hello ", "there.")
	}
	s := llmtest.Serve(b, replies...)
	opts := withModel(s)
	first := make(chan time.Time, 1)
	opts.Bus = new(bus.Bus)
	opts.Bus.Attach(bus.Receiver{
		Wants: func(t bus.Type, _ string) bool { return t == bus.AgentPart },
		Receive: func(e bus.Event) {
			if e.Part == "delta" {
				select {
				case first <- time.Now():
				default:
				}
			}
		},
	})
	opts.User = func(ctx context.Context, r *remote.Remote) error {
		r.AwaitGreeting(ctx)
		for len(first) > 0 {
			<-first
		}
		var total time.Duration
		n := 0
		for b.Loop() {
			began := time.Now()
			if err := r.Say("Hello"); err != nil {
				return err
			}
			total += (<-first).Sub(began)
			n++
			if err := r.AwaitReply(ctx); err != nil {
				return err
			}
			for len(first) > 0 {
				<-first
			}
		}
		b.ReportMetric(float64(total.Microseconds())/float64(n)/1000, "ms-to-first-word")
		return nil
	}
	h := newTestEngine(b, opts, "a.lua", namedTools)
	if err := h.runToEnd(); err != nil {
		b.Fatal(err)
	}
}
