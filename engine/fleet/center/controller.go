package center

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"moonlark/engine/fleet/message"
)

// interval is how often a Controller looks at the fleet.
const interval = 15 * time.Second

// A Controller goes on with the rollouts of a fleet: it begins the next wave when one is over, and takes a
// bundle back that fails on too many devices. Several Controllers, on any machines, can work on the same
// fleet at once, because a wish changes only once. A Controller has no goroutine of its own.
type Controller struct {
	Hub Hub
	// Notify is called for each change that this Controller has made, with the key of the wish and a sentence,
	// and with an empty key when the hub begins to fail. It is called on the goroutine of Run. Nil means that
	// nobody wants to know.
	Notify func(key, text string)

	failing bool // the last look has returned an error
}

// Run looks at the fleet every 15 seconds and goes on with its rollouts, until ctx is done.
func (c *Controller) Run(ctx context.Context) {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for ctx.Err() == nil {
		err := c.step(ctx)
		if err != nil && !c.failing && ctx.Err() == nil {
			c.notify("", "the rollouts wait: "+err.Error())
		}
		c.failing = err != nil
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
}

func (c *Controller) notify(key, text string) {
	if c.Notify != nil {
		c.Notify(key, text)
	}
}

// step looks at the fleet once and goes on with its rollouts.
func (c *Controller) step(ctx context.Context) error {
	wishes, err := c.Hub.Wishes(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(wishes)), func(w message.Wish) bool { return w.Next != nil }) {
		return nil
	}
	f, err := Look(ctx, c.Hub)
	if err != nil {
		return err
	}
	var errs []error
	for key, w := range f.Wishes {
		if w.Next == nil {
			continue
		}
		if err := c.advance(ctx, f, key); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", Target(key), err))
		}
	}
	return errors.Join(errs...)
}

// advance goes on with the rollout of the wish under a key.
func (c *Controller) advance(ctx context.Context, f Fleet, key string) error {
	w, revision, err := c.Hub.Wish(ctx, key)
	if err != nil {
		return err
	}
	f.Wishes[key] = w
	text, err := f.advance(key, &w)
	if err != nil || text == "" {
		return err
	}
	err = c.Hub.SetWish(ctx, key, w, revision)
	if errors.Is(err, ErrChanged) {
		return nil // another Controller was first, or an operator
	}
	if err == nil {
		c.notify(key, text)
	}
	return err
}

// advance changes w, which is the wish under the key, if its rollout goes on or ends now. Then text says
// what has happened; otherwise it is empty.
func (f Fleet) advance(key string, w *message.Wish) (text string, err error) {
	notes, err := readNotes(*w)
	r := notes.Now
	if err != nil || r == nil || r.Paused != "" {
		return "", err
	}
	// Most devices of all waves can be good although those of the current wave have not even begun.
	p, wave := f.progressOf(key, *w), f.progressOfWave(key, *w, r)
	switch {
	case p.hasFailed(r.StopAt) || wave.failsOften(r.StopAt):
		bad := p
		if !p.hasFailed(r.StopAt) {
			bad = wave
		}
		text = fmt.Sprintf("%s has failed on %d of %s and is taken back", r.Bundle, bad.Back+bad.Refused, plural(bad.Online, "device"))
		notes.end(w, Failed, "", f.Now, p)
	case f.Now.Before(r.end()) || p.Good == 0 || !p.isFinished() || !wave.isFinished():
		return "", nil
	case r.Wave == len(r.Waves) || f.allTake(key, *w):
		text = fmt.Sprintf("%s is good on %s: the rollout is done", r.Bundle, plural(p.Good, "device"))
		notes.replace(w, w.Next)
		notes.end(w, Done, "", f.Now, p)
	default:
		r.Before = w.Share
		w.Share = f.shareOf(key, *w, max(r.Waves[r.Wave], w.Share))
		r.Wave++
		r.Since = f.Now
		text = fmt.Sprintf("%s: wave %d of %d begins: %s", r.Bundle, r.Wave, len(r.Waves), percent(w.Share))
	}
	w.Once = slices.DeleteFunc(slices.Clone(w.Once), func(o message.Once) bool { return !f.Now.Before(o.Expires) })
	return text, notes.write(w)
}

// end returns when the current wave can end.
func (r *Rollout) end() time.Time { return r.Since.Add(time.Duration(r.Hold) * time.Second) }

// allTake reports whether all known devices take the bundle, so that further waves have no others.
func (f Fleet) allTake(key string, w message.Wish) bool {
	return w.Share > 0 && !slices.ContainsFunc(f.members(key), func(r Report) bool { return !w.Takes(r.Device) })
}

// percent returns a share for people, such as "2.5 %".
func percent(share int) string { return fmt.Sprintf("%g %%", float64(share)/100) }
