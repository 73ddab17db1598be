package center

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// attempts is how often a change of a wish is tried when somebody else changes the wish at the same time.
const attempts = 5

// change reads the wish under a key, changes it with f, and writes it. It begins anew when somebody else has
// changed the wish in the meantime. An error of f is returned as it is.
func change(ctx context.Context, hub Hub, key string, f func(*message.Wish) error) error {
	for n := 1; ; n++ {
		w, revision, err := hub.Wish(ctx, key)
		if err != nil {
			return err
		}
		if err := f(&w); err != nil {
			return err
		}
		err = hub.SetWish(ctx, key, w, revision)
		if !errors.Is(err, ErrChanged) || n == attempts {
			return err
		}
	}
}

// changeRollout is change for the notes of a rollout. The error says so if there is no rollout.
func changeRollout(ctx context.Context, hub Hub, key string, f func(*Notes, *message.Wish) error) error {
	return change(ctx, hub, key, func(w *message.Wish) error {
		notes, err := readNotes(*w)
		if err == nil && notes.Now == nil {
			err = fmt.Errorf("nothing is being rolled out to %s", Target(key))
		}
		if err == nil {
			err = f(&notes, w)
		}
		if err == nil {
			err = notes.write(w)
		}
		return err
	})
}

// Pause stops a rollout as it is until Resume: no further wave begins, and the bundle is not taken back.
// Devices that take it in the current wave go on. key is that of the wish, and by says who pauses it.
func Pause(ctx context.Context, hub Hub, key, by string) error {
	return changeRollout(ctx, hub, key, func(n *Notes, _ *message.Wish) error {
		if n.Now.Paused != "" {
			return fmt.Errorf("the rollout of %s has been paused already, by %s", n.Now.Bundle, n.Now.Paused)
		}
		if n.Now.Paused = by; by == "" {
			n.Now.Paused = "somebody"
		}
		return nil
	})
}

// Resume ends a pause. It does nothing if the rollout is not paused.
func Resume(ctx context.Context, hub Hub, key string) error {
	return changeRollout(ctx, hub, key, func(n *Notes, _ *message.Wish) error {
		n.Now.Paused = ""
		return nil
	})
}

// Stop ends a rollout: all devices go back to the bundle from before, without waiting for the window. It
// returns the names of the bundle and of the one from before, which is empty if there is none. by says who
// stops it.
func Stop(ctx context.Context, hub Hub, key, by string) (stopped, stable string, err error) {
	f, err := Look(ctx, hub)
	if err != nil {
		return "", "", err
	}
	err = change(ctx, hub, key, func(w *message.Wish) error {
		if w.Next == nil {
			return fmt.Errorf("nothing is being rolled out to %s", Target(key))
		}
		stopped, stable = nameOf(w.Next), nameOf(w.Stable)
		notes, err := readNotes(*w)
		if err != nil { // so that a rollout with damaged notes can be ended
			notes.Now = &Rollout{ID: rand.Text(), Bundle: stopped, Digest: digestOf(w.Next.Text), Began: f.Now}
		}
		f.Wishes[key] = *w
		notes.end(w, Stopped, by, f.Now, f.progressOf(key, *w))
		return notes.write(w)
	})
	return stopped, stable, err
}

// Back says which bundle RollBack has made the stable one, and which one it has replaced.
type Back struct {
	Bundle   string // the bundle that the devices run from now on
	From     string // the bundle from before; empty if there was none
	Warnings []string
}

// RollBack makes an earlier bundle that of all devices, and ends a rollout in progress. Devices do not wait
// for the window. The bundle is the one of this version that has been in the wish under the key before;
// version 0 means the one before the present one. by says who goes back.
func RollBack(ctx context.Context, hub Hub, key string, version int64, by string) (Back, error) {
	earlier, err := hub.History(ctx, key)
	if err != nil {
		return Back{}, err
	}
	if len(earlier) == 0 {
		return Back{}, fmt.Errorf("no bundle has been published for %s", Target(key))
	}
	if version == 0 && earlier[0].Next != nil {
		return Back{}, fmt.Errorf("%s is being rolled out to %s: stop ends that, and the devices go back to the bundle from before",
			nameOf(earlier[0].Next), Target(key))
	}
	if notes, _ := readNotes(earlier[0]); notes.Previous != nil {
		earlier = append(earlier, message.Wish{Stable: notes.Previous})
	}
	signed := findBundle(earlier, version)
	if signed == nil && version == 0 {
		return Back{}, fmt.Errorf("the hub has no earlier bundle for %s: give the file of one", Target(key))
	}
	if signed == nil {
		return Back{}, fmt.Errorf("the hub has no bundle of version %d for %s: give its file", version, Target(key))
	}
	return rollBack(ctx, hub, key, signed, earlier, by)
}

// RollBackTo is like RollBack with a bundle from a file. It must be signed.
func RollBackTo(ctx context.Context, hub Hub, key string, b *bundle.Bundle, by string) (Back, error) {
	if len(b.Signatures) == 0 {
		return Back{}, errors.New("the bundle is not signed: see moonlark bundle sign")
	}
	if name := b.Manifest.Fleet; name != "" && name != hub.Fleet() {
		return Back{}, fmt.Errorf("the bundle is for the fleet %s, and this is the fleet %s", name, hub.Fleet())
	}
	if err := checkKeys(ctx, hub, b); err != nil {
		return Back{}, err
	}
	earlier, err := hub.History(ctx, key)
	if err != nil {
		return Back{}, err
	}
	err = b.EachFile(func(file bundle.File, content []byte) error { return hub.PutFile(ctx, file.SHA256, content) })
	if err != nil {
		return Back{}, err
	}
	signed := &message.Signed{Text: b.ManifestBytes, Signatures: bundle.EncodeSignatures(b.Signatures)}
	return rollBack(ctx, hub, key, signed, earlier, by)
}

// findBundle returns the bundle with this version from earlier wishes, or nil. Bundles that all devices have
// run come before others. Version 0 stands for the newest bundle that all have run before the present one.
func findBundle(earlier []message.Wish, version int64) *message.Signed {
	for _, w := range earlier {
		if m := manifestOf(w.Stable); m != nil && (m.Version == version ||
			version == 0 && (earlier[0].Stable == nil || digestOf(w.Stable.Text) != digestOf(earlier[0].Stable.Text))) {
			return w.Stable
		}
	}
	for _, w := range earlier {
		if m := manifestOf(w.Next); m != nil && m.Version == version {
			return w.Next
		}
	}
	return nil
}

func rollBack(ctx context.Context, hub Hub, key string, to *message.Signed, earlier []message.Wish, by string) (Back, error) {
	f, err := Look(ctx, hub)
	if err != nil {
		return Back{}, err
	}
	warnings, err := keyWarnings(ctx, hub, to)
	if err != nil {
		return Back{}, err
	}
	done := Back{Bundle: nameOf(to), Warnings: append(floorWarnings(to, earlier), warnings...)}
	err = change(ctx, hub, key, func(w *message.Wish) error {
		if w.Next == nil && w.Stable != nil && digestOf(w.Stable.Text) == digestOf(to.Text) {
			return fmt.Errorf("%s runs %s already", Target(key), done.Bundle)
		}
		notes, err := readNotes(*w)
		if w.Next != nil && err == nil {
			f.Wishes[key] = *w
			notes.end(w, Stopped, by, f.Now, f.progressOf(key, *w))
		}
		done.From = nameOf(w.Stable)
		notes.add(Ended{ID: rand.Text(), Bundle: done.Bundle, Digest: digestOf(to.Text), Result: RolledBack, Began: f.Now, Ended: f.Now, By: by})
		notes.replace(w, to)
		w.Next, w.First, w.Share, w.Salt, w.Window = nil, nil, 0, "", nil // going back is urgent
		return notes.write(w)
	})
	return done, err
}

// floorWarnings warns of devices that refuse the bundle because they have seen a higher floor.
func floorWarnings(to *message.Signed, earlier []message.Wish) []string {
	m := manifestOf(to)
	if m == nil {
		return []string{"the manifest of the bundle cannot be read: devices will refuse it"}
	}
	var highest *bundle.Manifest
	for _, w := range earlier {
		for _, other := range []*bundle.Manifest{manifestOf(w.Stable), manifestOf(w.Next)} {
			if other != nil && (highest == nil || other.Floor > highest.Floor) {
				highest = other
			}
		}
	}
	if highest != nil && highest.Floor > m.Version {
		return []string{fmt.Sprintf("devices that have seen %s refuse versions below %d, and go on with what they run", highest.Name(), highest.Floor)}
	}
	return nil
}

// AddOnce asks the devices that the wish under a key concerns to carry out a command once, when they read
// the wish. It removes the commands that have expired.
func AddOnce(ctx context.Context, hub Hub, key string, o message.Once) error {
	if err := checkCommand(o.Verb, o.Body); err != nil {
		return err
	}
	now, err := hub.Now(ctx)
	if err != nil {
		return err
	}
	return change(ctx, hub, key, func(w *message.Wish) error {
		w.Once = slices.DeleteFunc(slices.Clone(w.Once), func(old message.Once) bool { return !now.Before(old.Expires) })
		w.Once = append(w.Once, o)
		return nil
	})
}
