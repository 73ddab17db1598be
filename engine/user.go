package engine

import (
	"context"
	"sync"

	"moonlark/engine/remote"
)

// A user runs Options.User from the first conversation on. One goroutine calls start, and calls end
// after the last start.
type user struct {
	run    func(context.Context, *remote.Remote) error // nil when Options.User is nil
	remote *remote.Remote
	done   func() // called after run has returned

	cancel  context.CancelFunc // nil before the first start
	running sync.WaitGroup
	err     error // error that run returned; read only after running.Wait
}

// start calls run on a new goroutine. Only the first call has an effect.
func (u *user) start() {
	if u.run == nil || u.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel = cancel
	u.running.Go(func() {
		u.err = u.run(ctx, u.remote)
		u.done()
	})
}

// end cancels the context of run, waits until run has returned, and returns its error.
func (u *user) end() error {
	if u.cancel != nil {
		u.cancel()
	}
	u.running.Wait()
	return u.err
}
