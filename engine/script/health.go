package script

import (
	"context"
	"slices"
	"sync"
	"time"

	"moonlark/engine/health"
)

// A usage is what generations have used.
type usage struct {
	cpu  time.Duration // that Lua has run
	lost int           // events that came too fast for the handlers
}

func (u *usage) add(g *generation) {
	_, lost := g.x.box.depths()
	u.cpu += g.x.turn.total()
	u.lost += lost
}

// depths are how much of each class waits in the mailbox, and how many events
// were dropped from it in all.
func (b *mailbox) depths() (waiting [numClasses]int, lost int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting, b.lost
}

// Health says how each script is, in their order. It does not ask them: see
// Silent.
func (s *Scripts) Health() []health.Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []health.Script
	for _, sc := range s.list {
		used := sc.past
		for _, g := range append(slices.Clone(sc.old), sc.current) {
			used.add(g)
		}
		sc.cpu = max(sc.cpu, used.cpu) // total can be a little short
		waiting, _ := sc.current.x.box.depths()
		h := health.Script{
			Name: sc.current.name(), Tools: len(sc.current.tools), Rests: sc.current.renewing,
			CPU: sc.cpu, Lost: used.lost, Calls: waiting[aCall], Events: waiting[anEvent], Starts: waiting[aStart],
		}
		if sc.failure != nil {
			h.Failed = sc.failure.Error()
		}
		all = append(all, h)
	}
	return all
}

// Silent are the names of the scripts whose executor does not answer before ctx
// is done. One that runs Lua answers, be it a loop without an end; one that a Go
// function does not come back from does not.
func (s *Scripts) Silent(ctx context.Context) []string {
	s.mu.Lock()
	var asked []*generation
	for _, sc := range s.list {
		asked = append(asked, sc.current)
	}
	s.mu.Unlock()
	answers := make([]bool, len(asked))
	var wg sync.WaitGroup
	for i, g := range asked {
		wg.Go(func() { answers[i] = g.x.answers(ctx) })
	}
	wg.Wait()
	var silent []string
	for i, g := range asked {
		if !answers[i] {
			silent = append(silent, g.name())
		}
	}
	return silent
}

// pulseTime is how often the pulse of an executor that is asked is felt.
const pulseTime = 10 * time.Millisecond

// answers says whether the executor does anything before ctx is done: takes a
// message, or runs an instruction of Lua. One that has been closed counts as
// well: it has done all it had to.
func (x *executor) answers(ctx context.Context) bool {
	before := x.pulse.Load()
	answered := x.question.ask(x.box)
	tick := time.NewTicker(pulseTime)
	defer tick.Stop()
	for {
		select {
		case <-answered:
			return true
		case <-x.done:
			return true
		case <-tick.C:
			if x.pulse.Load() != before {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}

// A question is what executors are asked whether they are there. One at most is
// in the mailbox: those who ask meanwhile wait for the same answer.
type question struct {
	mu       sync.Mutex    // guards what follows
	answered chan struct{} // closed by the executor; nil before the first was asked
}

// ask asks, and returns what is closed at the answer.
func (q *question) ask(box *mailbox) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.answered != nil {
		select {
		case <-q.answered:
		default:
			return q.answered
		}
	}
	answered := make(chan struct{})
	q.answered = answered
	if box.put(&message{do: func() { close(answered) }}) != nil {
		close(answered) // it has been closed, and that is an answer
	}
	return answered
}

// MemoryLimit is the bound on the memory of all scripts, in bytes.
func (s *Scripts) MemoryLimit() uint64 { return s.opts.Heap.Limit() }
