package sqlite

import (
	"slices"
	"sync"
)

// A Request is what a Queue has. End is called at most once, on any goroutine; it must not block.
type Request interface {
	comparable
	End(err error)
}

// A Queue has the requests for the goroutine that uses a connection. Its length is not limited,
// because a task has only one request at a time. Any goroutine may use it.
type Queue[R Request] struct {
	// Wake has a value if there may be requests, or if the queue is closed.
	Wake chan struct{}

	mu     sync.Mutex // guards the fields below
	items  []R
	closed error // the error of later requests; nil while the queue is open
}

// NewQueue returns an empty queue.
func NewQueue[R Request]() *Queue[R] { return &Queue[R]{Wake: make(chan struct{}, 1)} }

// Put adds r, or ends r if the queue is closed.
func (q *Queue[R]) Put(r R) {
	q.mu.Lock()
	closed := q.closed
	if closed == nil {
		q.items = append(q.items, r)
	}
	q.mu.Unlock()
	if closed != nil {
		r.End(closed)
		return
	}
	q.signal()
}

func (q *Queue[R]) signal() {
	select {
	case q.Wake <- struct{}{}:
	default:
	}
}

// Next removes and returns the first request. ok is false if there is none. closed reports whether
// the queue is closed.
func (q *Queue[R]) Next() (r R, ok, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return r, false, q.closed != nil
	}
	r = q.items[0]
	q.items = q.items[1:]
	return r, true, q.closed != nil
}

// TakeAll removes and returns all requests. closed reports whether the queue is closed.
func (q *Queue[R]) TakeAll() (all []R, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all, q.items = q.items, nil
	return all, q.closed != nil
}

// PutBack puts requests that TakeAll has returned back to the beginning of the queue, even if the
// queue is closed.
func (q *Queue[R]) PutBack(rest []R) {
	if len(rest) == 0 {
		return
	}
	q.mu.Lock()
	q.items = append(slices.Clone(rest), q.items...)
	q.mu.Unlock()
	q.signal()
}

// Remove removes r. It returns false if r is not in the queue any more.
func (q *Queue[R]) Remove(r R) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.items, r)
	if i < 0 {
		return false
	}
	q.items = slices.Delete(q.items, i, i+1)
	return true
}

// Close lets later requests end with err. Those in the queue stay there.
func (q *Queue[R]) Close(err error) {
	q.mu.Lock()
	q.closed = err
	q.mu.Unlock()
	q.signal()
}

// Refuse closes the queue, and ends also the requests that are in it.
func (q *Queue[R]) Refuse(err error) {
	q.Close(err)
	all, _ := q.TakeAll()
	for _, r := range all {
		r.End(err)
	}
}
