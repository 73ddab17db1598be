package mcp

import (
	"math"
	"sync"
	"time"
)

// progressInterval is the shortest time between two notifications about the progress of a call.
const progressInterval = 100 * time.Millisecond

// An update says how much of a call is done. total is 0 if it is not known.
type update struct {
	done, total float64
	message     string
}

// A progress notifies a client of the progress of one call, at most once in each progressInterval. It
// always sends the last update, and drops updates whose value is not greater than the one before. It
// has one goroutine, from startProgress to end.
type progress struct {
	send  func(update)  // may block; called by the goroutine only
	wake  chan struct{} // of capacity 1: there is something in next
	ended chan struct{} // closed by end
	done  chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex // guards the fields below
	next   *update    // the latest update, if it was not sent yet; otherwise nil
	begun  bool       // whether report has stored an update
	latest float64    // the greatest value of done so far
}

func startProgress(send func(update)) *progress {
	p := &progress{send: send, wake: make(chan struct{}, 1), ended: make(chan struct{}), done: make(chan struct{})}
	go p.run()
	return p
}

// report stores an update for the client. It does not block, and any goroutine may call it. It drops
// an update with a number that JSON does not have, such as NaN.
func (p *progress) report(done, total float64, message string) {
	if math.IsNaN(done+total) || math.IsInf(done, 0) || math.IsInf(total, 0) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun && done <= p.latest {
		return
	}
	p.begun, p.latest = true, done
	p.next = &update{done, total, message}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// end sends the last update, if it was not sent yet, and returns when send has returned.
func (p *progress) end() {
	close(p.ended)
	<-p.done
}

func (p *progress) run() {
	defer close(p.done)
	for {
		select {
		case <-p.wake:
			p.sendNext()
		case <-p.ended:
			p.sendNext()
			return
		}
		select {
		case <-time.After(progressInterval):
		case <-p.ended:
		}
	}
}

// sendNext sends the update that was not sent yet, if there is one.
func (p *progress) sendNext() {
	p.mu.Lock()
	next := p.next
	p.next = nil
	p.mu.Unlock()
	if next != nil {
		p.send(*next)
	}
}
