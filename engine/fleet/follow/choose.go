package follow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"time"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

// retryDisk is when to look again after the store could not be read.
const retryDisk = time.Minute

// installed is what the Follower has put into the store last. If the Device does not use the bundle, it
// is not put there again before refusalTime is over: the Device has refused it for a reason that may
// pass.
type installed struct {
	digest string
	at     time.Time
}

const refusalTime = readInterval

// An option is one of the choices of the wishes.
type option struct {
	bundle   *bundle.Bundle // nil if it cannot be read
	digest   string
	standing fleet.Standing
}

// failed reports whether the device cannot run the bundle.
func (o option) failed() bool {
	return o.standing.Phase == message.Back || o.standing.Phase == message.Refused
}

// choose decides which bundle the device should run by the wishes that were read last, and sees to it.
func (f *Follower) choose(ctx context.Context) {
	f.decideAt = time.Time{}
	if !f.read {
		return
	}
	var preferred, target *option
	for i, signed := range f.wishes.choices {
		about := preferredChoice
		if i > 0 {
			about = otherChoice
		}
		o, err := f.consider(signed, about)
		if err != nil {
			f.blocked(err)
			return
		}
		f.complain("the store", nil)
		if preferred == nil {
			preferred = &o
		}
		if !o.failed() {
			target = &o
			break
		}
	}
	f.setWanted(preferred)
	f.apply(ctx, target)
}

// blocked says that the store cannot be read or written now, and makes choose try again later.
func (f *Follower) blocked(err error) {
	f.complain("the store", err)
	f.decideAt = time.Now().Add(retryDisk)
}

// What complainOnce complains about.
const (
	preferredChoice = "the first choice"
	otherChoice     = "another choice"
	aboutFetching   = "fetching"
)

// consider returns what the device does with a bundle of a wish, and complains if the device must not
// use it. The error says why the store cannot be read.
func (f *Follower) consider(signed message.Signed, about string) (option, error) {
	sum := sha256.Sum256(signed.Text)
	o := option{digest: hex.EncodeToString(sum[:])}
	b, err := bundle.New(signed.Text, signed.Signatures)
	if err != nil {
		o.standing = fleet.Standing{Phase: message.Refused, Why: err.Error()}
		f.complainOnce(about, "a bundle of the wishes: "+cut(err.Error()))
		return o, nil
	}
	o.bundle = b
	if o.standing, err = f.store.Consider(b); err != nil {
		return o, err
	}
	i := f.installed
	switch {
	case i.digest != o.digest:
	case o.standing.Phase != "":
		if o.standing.Phase != message.Waiting {
			f.installed = installed{}
		}
	case time.Since(i.at) < refusalTime:
		why, ok := strings.CutPrefix(f.opts.Device.Health().Last, nameOf(b)+": ")
		if !ok {
			why = "the device has refused it"
		}
		o.standing = fleet.Standing{Phase: message.Refused, Why: why}
	}
	text := ""
	if o.standing.Phase == message.Refused {
		text = nameOf(b) + ": " + cut(o.standing.Why)
	}
	f.complainOnce(about, text)
	return o, nil
}

// setWanted records what the state of the device says about the bundle that the wishes prefer; nil if they
// name none.
func (f *Follower) setWanted(preferred *option) {
	var w *message.Wanted
	if preferred != nil {
		w = &message.Wanted{Digest: preferred.digest, Phase: preferred.standing.Phase, Why: cut(preferred.standing.Why)}
		if preferred.bundle != nil {
			w.Name = preferred.bundle.Manifest.Name()
		}
		if w.Phase == "" {
			w.Phase = message.Fetching
			if f.failed.digest == w.Digest {
				w.Why = cut(f.failed.why)
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !reflect.DeepEqual(w, f.wanted) {
		f.wanted = w
		signal(f.changed)
	}
}

// apply fetches and requests the target, unless the device uses it already.
func (f *Follower) apply(ctx context.Context, target *option) {
	if f.wishes.unclear && target == nil {
		return
	}
	if target == nil {
		f.stopFetching()
		f.failed.clear()
		f.installed = installed{} // the Device does not use it because it is withdrawn
		if err := f.store.Withdraw(); err != nil {
			f.blocked(err)
		} else {
			f.complain("the store", nil)
		}
		return
	}
	order := fleet.Order{Fleet: true, Force: f.wishes.force, Window: f.wishes.window}
	settled := false
	switch target.standing.Phase {
	case message.Trial, message.Good:
		waiting, err := f.store.Waiting()
		if err != nil {
			f.blocked(err)
			return
		}
		settled = waiting == "" || waiting == target.digest
	case message.Waiting:
		settled = reflect.DeepEqual(target.standing.Order, order)
	}
	if settled {
		f.stopFetching()
		f.failed.clear()
		f.complain("the store", f.store.DropBlobs()) // what a process that was killed has left
		return
	}
	f.fetch(ctx, target.bundle, order)
}

// nameOf returns what people call a bundle.
func nameOf(b *bundle.Bundle) string { return "bundle " + b.Manifest.Name() }

// maxWhy is how long a reason in a state can be, in bytes.
const maxWhy = 300

// cut returns text as one line of limited length.
func cut(text string) string { return safetext.Cut(safetext.Line(text), maxWhy, "...") }
