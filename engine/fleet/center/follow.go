package center

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Follow goes on with the rollouts of the fleet, as a Controller does, until the one of the wish under a key
// has ended, and returns what has become of it. When ctx is done before, it returns the error of ctx, and the
// rollout stays as it is. It calls show with lines for people when anything but the time has changed, and
// when the hub begins to fail. show is called on the goroutine of Follow.
func Follow(ctx context.Context, hub Hub, key string, show func(text string)) (Ended, error) {
	w, _, err := hub.Wish(ctx, key)
	if err != nil {
		return Ended{}, err
	}
	notes, err := readNotes(w)
	if err == nil && notes.Now == nil {
		err = fmt.Errorf("nothing is being rolled out to %s", Target(key))
	}
	if err != nil {
		return Ended{}, err
	}
	c, shown := Controller{Hub: hub}, ""
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		text, ended, err := c.followed(ctx, key, notes.Now)
		if err == nil && ended != nil {
			return *ended, nil
		}
		if err != nil {
			text = "the rollouts wait: " + err.Error() + "\n"
		}
		if text != shown && ctx.Err() == nil {
			show(text)
			shown = text
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return Ended{}, ctx.Err()
		}
	}
}

// followed goes on with the rollouts of the fleet once. It returns how far the rollout r of the wish
// under the key is, or what has become of it.
func (c *Controller) followed(ctx context.Context, key string, r *Rollout) (text string, ended *Ended, err error) {
	if err := c.step(ctx); err != nil {
		return "", nil, err
	}
	f, err := Look(ctx, c.Hub)
	if err != nil {
		return "", nil, err
	}
	w := f.Wishes[key]
	notes, err := readNotes(w)
	if err != nil {
		return "", nil, err
	}
	if notes.Now != nil && notes.Now.ID == r.ID {
		return f.rolloutStatus(key, w).lasting(), nil, nil
	}
	if i := slices.IndexFunc(notes.Ended, func(e Ended) bool { return e.ID == r.ID }); i >= 0 {
		return "", &notes.Ended[i], nil
	}
	return "", &Ended{ID: r.ID, Bundle: r.Bundle, Result: Replaced}, nil // by another program than Moonlark
}

// lasting returns the text without the time that is left, which changes all the time.
func (r RolloutStatus) lasting() string {
	if r.Left > 0 {
		r.Left = r.Rollout.end().Sub(r.Since).Seconds()
	}
	return r.Text()
}
