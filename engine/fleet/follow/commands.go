package follow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/message"
)

const (
	maxDone        = 1000 // commands of wishes that the device remembers
	commandTimeout = time.Minute
)

// postCommands gives the commands of the wishes to the goroutine of runCommands, in place of those that
// it has not taken yet.
func (f *Follower) postCommands() {
	if !f.read {
		return
	}
	select {
	case <-f.commands:
	default:
	}
	f.commands <- f.wishes.once
}

// runCommands carries out commands of wishes until ctx is done.
func (f *Follower) runCommands(ctx context.Context) {
	for {
		select {
		case list := <-f.commands:
			f.runAll(ctx, list)
		case <-ctx.Done():
			return
		}
	}
}

// runAll carries out the commands that have not been begun yet. A device whose clock is not set waits,
// because it does not know which commands have expired.
func (f *Follower) runAll(ctx context.Context, list []message.Once) {
	const about = "the commands of the wishes"
	if len(list) == 0 {
		return
	}
	if !clockIsSet() {
		f.complain(about, errors.New("they wait until the clock of the device is set"))
		return
	}
	done, err := f.store.Done()
	if err != nil {
		f.complain(about, err)
	}
	if errors.Is(err, fleet.ErrDamaged) { // which of them have been done is not known, and none may be done twice
		done = make(map[string]time.Time)
		for _, o := range list {
			done[o.ID] = o.Expires
		}
		err = f.store.SetDone(done)
	}
	if err != nil {
		f.complain(about, err)
		return
	}
	done = forget(done, list)
	for _, o := range list {
		if _, begun := done[o.ID]; begun || !time.Now().Before(o.Expires) || ctx.Err() != nil {
			continue
		}
		if len(done) >= maxDone {
			f.complain(about, fmt.Errorf("%d have not expired yet: no more are carried out", len(done)))
			return
		}
		done[o.ID] = o.Expires
		if err := f.store.SetDone(done); err != nil {
			f.complain(about, err)
			return
		}
		f.carryOut(ctx, o)
	}
	f.complain(about, nil)
}

// forget returns the IDs of done without those that have expired and are in no wish.
func forget(done map[string]time.Time, list []message.Once) map[string]time.Time {
	kept := make(map[string]time.Time)
	for id, expires := range done {
		if time.Now().Before(expires) {
			kept[id] = expires
		}
	}
	for _, o := range list {
		if expires, ok := done[o.ID]; ok {
			kept[o.ID] = expires
		}
	}
	return kept
}

// carryOut carries out a command, and logs the answer.
func (f *Follower) carryOut(ctx context.Context, o message.Once) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	a := f.opts.Command(ctx, o.Verb, o.Body)
	level, text := slog.LevelInfo, fmt.Sprintf("the command %s (%s): %d", o.Verb, cut(o.ID), a.Status)
	if !a.OK() {
		level, text = slog.LevelWarn, text+" "+cut(a.Body)
	}
	f.log(level, text)
}

// clockIsSet reports whether the clock can be right: a machine without a battery starts in 1970, or when
// its software was made.
func clockIsSet() bool { return time.Now().Year() >= 2024 }
