package db

import (
	"context"
	"time"
)

// serve handles the requests of the transaction t until it ends.
func (l *lane) serve(t *transaction) {
	timeout := time.NewTimer(maxTransaction)
	defer timeout.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), maxTransaction)
	defer cancel()
	for {
		select {
		case <-t.requests.Wake:
		case <-t.aborted:
			l.rollback()
			t.requests.Refuse(errEnded)
			return
		case <-timeout.C:
			l.rollback()
			t.requests.Refuse(errLate)
			return
		}
		for r, ok, _ := t.requests.Next(); ok; r, ok, _ = t.requests.Next() {
			if later := l.step(ctx, r); later != nil {
				t.requests.Refuse(later)
				return
			}
		}
	}
}

// step handles a request of the open transaction. If the transaction has ended, step returns the
// error of later requests, otherwise nil.
func (l *lane) step(ctx context.Context, r *request) (later error) {
	both, cancel := context.WithCancel(r.ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	err := l.use(both, r)
	if ctx.Err() != nil {
		err = errLate
	}
	switch {
	case l.c.Broken:
		l.disconnect()
		later = err
	case r.kind == end:
		l.rollback() // if the commit has failed
		later = errEnded
	case l.c.GetAutocommit(): // SQLite has taken back the transaction because of the error
		l.endLoop(errEnded)
		later = err
	}
	r.done(err)
	return later
}

// rollback takes back the open transaction, if there is one.
func (l *lane) rollback() {
	if l.c == nil || l.c.Broken || l.c.GetAutocommit() {
		return
	}
	l.endLoop(errEnded)
	l.c.Do(context.Background(), func() error { return l.c.execTrusted("ROLLBACK") })
}
