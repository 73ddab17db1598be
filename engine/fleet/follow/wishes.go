package follow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"moonlark/engine/fleet/message"
)

const (
	staleReads = 6                      // how often the wishes are read when the hub returns old ones
	stalePause = 200 * time.Millisecond // the first pause between two such reads; the next ones are longer
	staleLater = time.Minute            // when the wishes are read again after that
	maxKeySets = 1000                   // key sets that are read at once
)

// wishes are the wishes that concern a device, put together.
type wishes struct {
	choices  []message.Signed // the bundles that the device may run, the preferred one first
	force    bool
	window   *message.Window
	once     []message.Once
	sequence uint64 // the highest one of those that were read, also of deletions

	// unclear says that the wish that decides cannot be read: then the bundle stays as it is.
	unclear bool
}

// look reads the wishes, and does what they say.
func (f *Follower) look(ctx context.Context) {
	atLeast := f.atLeast
	f.atLeast, f.readAt, f.lookedAt = 0, readLater(), time.Now()
	for try := 1; ; try++ {
		w, err := f.readWishes(ctx)
		if err != nil {
			f.atLeast = max(f.atLeast, atLeast)
			f.complainAboutHub("reading the wishes", err)
			if !errors.Is(err, ErrOffline) {
				f.readAt = time.Now().Add(f.readPause.Next())
			}
			return
		}
		if w.sequence >= atLeast || try == staleReads {
			if w.sequence < atLeast {
				f.readAt = time.Now().Add(staleLater)
			}
			f.setWishes(w)
			break
		}
		if sleep(ctx, time.Duration(try)*stalePause) != nil {
			f.atLeast = max(f.atLeast, atLeast)
			return
		}
	}
	f.readPause.Reset()
	f.complainAboutHub("reading the wishes", nil)
	f.advanceKeys(ctx)
	f.postCommands()
	f.choose(ctx)
}

// setWishes records the wishes.
func (f *Follower) setWishes(w wishes) {
	if w.unclear {
		w.choices, w.force, w.window = f.wishes.choices, f.wishes.force, f.wishes.window
	}
	f.wishes, f.read = w, true
}

// readWishes reads the wishes that concern the device. The error is one of the Carrier.
func (f *Follower) readWishes(ctx context.Context) (w wishes, err error) {
	c := f.opts.Carrier
	keys := []string{message.Device(c.Name())}
	for _, group := range c.Groups() {
		keys = append(keys, message.Group(group))
	}
	decided := false
	for _, key := range append(keys, message.All) {
		text, sequence, err := f.ask(ctx, key)
		w.sequence = max(w.sequence, sequence)
		if errors.Is(err, ErrNone) {
			f.complain("the wish "+key, nil)
			continue
		} else if err != nil {
			return w, err
		}
		wish, err := message.ParseWish(text)
		f.complain("the wish "+key, err)
		if err != nil {
			w.unclear = w.unclear || !decided
			decided = true
			continue
		}
		w.once = append(w.once, wish.Once...)
		if choices := wish.Choices(c.Name()); !decided && len(choices) > 0 {
			decided = true
			w.choices, w.force, w.window = choices, wish.Force, wish.Window
		}
	}
	return w, nil
}

// ask reads a value from the hub.
func (f *Follower) ask(ctx context.Context, key string) (text []byte, sequence uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	text, sequence, err = f.opts.Carrier.Read(ctx, key)
	if err == nil || errors.Is(err, ErrNone) {
		f.noteHeard()
	}
	return text, sequence, err
}

// advanceKeys goes from the keys that the device trusts to the newest ones that the hub has, one set
// after the other.
func (f *Follower) advanceKeys(ctx context.Context) {
	const about = "the keys of the fleet"
	for range maxKeySets {
		keys, err := f.store.Keys()
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("this device trusts none yet: it has not joined a fleet")
		}
		if err != nil {
			f.complain(about, err)
			return
		}
		if fleet := f.opts.Carrier.Fleet(); keys.Fleet != fleet {
			f.complain(about, fmt.Errorf("they are those of %q, and the credentials are for %q", keys.Fleet, fleet))
			return
		}
		text, _, err := f.ask(ctx, message.KeySet(keys.Number+1))
		if errors.Is(err, ErrNone) {
			f.complain(about, nil)
			return
		} else if err != nil {
			f.complainAboutHub(about, err)
			return
		}
		var signed message.Signed
		if len(text) > message.MaxWish {
			err = fmt.Errorf("%d bytes are more than the %d allowed", len(text), message.MaxWish)
		} else if err = json.Unmarshal(text, &signed); err == nil {
			err = f.store.AdvanceKeys(signed.Text, signed.Signatures)
		}
		if err != nil {
			f.complain(about, err)
			return
		}
		f.log(slog.LevelInfo, fmt.Sprintf("this device now trusts the keys %d of the fleet", keys.Number+1))
	}
}

// complainAboutHub is complain, but says nothing about a missing connection, which showLink logs.
func (f *Follower) complainAboutHub(about string, err error) {
	if !errors.Is(err, ErrOffline) && !errors.Is(err, context.Canceled) {
		f.complain(about, err)
	}
}

// sleep waits for d. It returns an error if ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
