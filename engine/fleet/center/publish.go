package center

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// DefaultStopAt is the StopAt of a Plan that has none: 3 %.
const DefaultStopAt = 300

// The limits of a Plan.
const (
	maxWaves = 20
	maxHold  = 30 * 24 * time.Hour
)

// A Plan says how a bundle is rolled out.
type Plan struct {
	To    string   // the target: see Fleet.Find
	First []string // devices, or groups of devices, that take the bundle before the first wave
	// Waves are the shares of the waves, of 10,000 devices. They grow, and the last one is 10,000. There must
	// be some unless AtOnce is set.
	Waves  []int
	AtOnce bool // all devices take the bundle at once

	Hold   time.Duration   // how long each wave lasts at least
	StopAt int             // the rollout ends if the bundle fails on more than this share of 10,000; 0 means DefaultStopAt
	Window *message.Window // when devices may switch; nil means at any time
	Force  bool            // devices do not wait for the end of the conversation, nor for Window

	Older   bool         // the version may be lower than that of the bundle that the devices run now
	Replace bool         // a rollout in progress is ended
	Keys    *bundle.Keys // the keys that must have signed the bundle; nil if they are not known here
	By      string       // who publishes the bundle
	DryRun  bool         // nothing is written
}

// A Publication is what Publish has done, or would do.
type Publication struct {
	Key      string // of the wish
	Bundle   string // name and version
	From     string // the bundle that it replaces; empty if there is none
	Direct   bool   // there is no rollout: the bundle is the first of these devices, and for all at once
	Waves    []Wave // the first devices, if the plan has any, and then the waves
	Warnings []string
}

// A Wave is a wave of a Publication.
type Wave struct {
	Share   int      // 0 for the first devices
	Devices []string // those of the wave that have not been in an earlier one, as far as the hub knows them
}

// A BusyError is the error of Publish when another rollout is in progress.
type BusyError struct {
	Rollout Rollout
	Target  string
}

// Error says which bundle is being rolled out, to whom, and who has published it when.
func (e *BusyError) Error() string {
	by := ""
	if e.Rollout.By != "" {
		by = " by " + e.Rollout.By
	}
	return fmt.Sprintf("%s is being rolled out to %s: published%s at %s", e.Rollout.Bundle, e.Target, by, e.Rollout.Began.UTC().Format(time.RFC3339))
}

// Publish stores the files of a bundle on the hub and begins to roll the bundle out. A Controller goes on
// with the rollout. The error is a *BusyError if another rollout is in progress.
func Publish(ctx context.Context, hub Hub, b *bundle.Bundle, plan Plan) (Publication, error) {
	f, err := Look(ctx, hub)
	if err != nil {
		return Publication{}, err
	}
	key, err := f.Find(plan.To)
	if err != nil {
		return Publication{}, err
	}
	p := publisher{fleet: f, bundle: b, plan: plan, done: Publication{Key: key, Bundle: b.Manifest.Name()}}
	var revision uint64
	if p.wish, revision, err = hub.Wish(ctx, key); err != nil {
		return Publication{}, err
	}
	p.fleet.Wishes[key] = p.wish
	if err := p.check(); err != nil {
		return Publication{}, err
	}
	if err := checkKeys(ctx, hub, b); err != nil {
		return Publication{}, err
	}
	w, err := p.next()
	if err != nil {
		return Publication{}, err
	}
	if plan.DryRun {
		return p.done, b.CheckFiles()
	}
	err = b.EachFile(func(file bundle.File, content []byte) error {
		if err := hub.PutFile(ctx, file.SHA256, content); err != nil {
			return fmt.Errorf("%s: %w", file.Path, err)
		}
		return nil
	})
	if err != nil {
		return Publication{}, err
	}
	if err := hub.SetWish(ctx, key, w, revision); err != nil {
		return Publication{}, whoWasFirst(ctx, hub, key, err)
	}
	return p.done, nil
}

// whoWasFirst returns the error for an operator who was too late: err, or a *BusyError if it is known who
// was first.
func whoWasFirst(ctx context.Context, hub Hub, key string, err error) error {
	if !errors.Is(err, ErrChanged) {
		return err
	}
	if w, _, e := hub.Wish(ctx, key); e == nil {
		if notes, e := readNotes(w); e == nil && notes.Now != nil {
			return &BusyError{*notes.Now, Target(key)}
		}
	}
	return err
}

// A publisher makes the wish for a bundle.
type publisher struct {
	fleet  Fleet
	bundle *bundle.Bundle
	plan   Plan
	wish   message.Wish // as it is now
	done   Publication
}

// check returns an error if the bundle must not be published.
func (p *publisher) check() error {
	if err := p.checkPlan(); err != nil {
		return err
	}
	b, m := p.bundle, p.bundle.Manifest
	if len(b.Signatures) == 0 {
		return errors.New("the bundle is not signed: see moonlark bundle sign")
	}
	if p.plan.Keys != nil {
		if err := b.Verify(*p.plan.Keys); err != nil {
			return err
		}
	}
	if m.Fleet != "" && m.Fleet != p.fleet.Name {
		return fmt.Errorf("the bundle is for the fleet %s, and this is the fleet %s", m.Fleet, p.fleet.Name)
	}
	if err := p.checkVersion(); err != nil {
		return err
	}
	if err := p.checkMembers(); err != nil {
		return err
	}
	notes, err := readNotes(p.wish)
	if (notes.Now != nil || err != nil) && !p.plan.Replace {
		if err != nil {
			return err
		}
		return &BusyError{*notes.Now, Target(p.done.Key)}
	}
	for _, e := range notes.Ended {
		if e.Digest == b.Digest && e.Bad > 0 {
			p.warn("the bundle has failed on %s before, which will not try it again", plural(e.Bad, "device"))
			break
		}
	}
	return nil
}

func (p *publisher) warn(format string, args ...any) {
	p.done.Warnings = append(p.done.Warnings, fmt.Sprintf(format, args...))
}

func (p *publisher) checkPlan() error {
	plan := p.plan
	switch {
	case len(plan.Waves) == 0 && !plan.AtOnce:
		return errors.New("waves: there are none, and it is not confirmed that all devices take the bundle at once")
	case len(plan.Waves) > 0 && plan.AtOnce:
		return errors.New("waves: they exclude that all devices take the bundle at once")
	case len(plan.Waves) > maxWaves:
		return fmt.Errorf("waves: %d are more than the %d allowed", len(plan.Waves), maxWaves)
	case len(plan.Waves) > 0 && plan.Waves[len(plan.Waves)-1] != message.Shares:
		return errors.New("waves: the last one must be 100%")
	case plan.Hold < 0 || plan.Hold > maxHold:
		return fmt.Errorf("hold %v: not between 0 and 30 days", plan.Hold)
	case plan.StopAt < 0 || plan.StopAt > message.Shares:
		return errors.New("stop at: not between 0% and 100%")
	}
	last := 0
	for _, share := range plan.Waves {
		if share <= last {
			return errors.New("waves: each must be larger than the one before, and the first more than 0%")
		}
		last = share
	}
	return nil
}

// checkVersion compares the bundle with the one that the devices run now.
func (p *publisher) checkVersion() error {
	if p.wish.Stable == nil {
		return nil
	}
	p.done.From = nameOf(p.wish.Stable)
	if digestOf(p.wish.Stable.Text) == p.bundle.Digest {
		return fmt.Errorf("%s runs %s already", Target(p.done.Key), p.bundle.Manifest.Name())
	}
	stable := manifestOf(p.wish.Stable)
	if stable == nil {
		p.warn("the manifest of the bundle that is replaced cannot be read")
		return nil
	}
	switch version := p.bundle.Manifest.Version; {
	case version == stable.Version:
		return fmt.Errorf("%s has another bundle of version %d: a version must not be made twice", Target(p.done.Key), version)
	case version < stable.Floor:
		return fmt.Errorf("version %d is below %d, the floor of %s: devices refuse it", version, stable.Floor, stable.Name())
	case version < stable.Version && !p.plan.Older:
		return fmt.Errorf("version %d is lower than that of %s, which the devices run now", version, stable.Name())
	}
	return nil
}

// checkMembers asks for each known device whether it may use the bundle.
func (p *publisher) checkMembers() error {
	m := p.bundle.Manifest
	members := p.fleet.members(p.done.Key)
	var refusing []string
	var first error
	for _, r := range members {
		d := bundle.Device{Fleet: p.fleet.Name, Channel: m.Channel, Name: r.Device, Groups: r.Groups, Moonlark: r.Moonlark}
		if err := bundle.Acceptable(p.bundle, d, bundle.Seen{}, p.fleet.Now); err != nil {
			refusing = append(refusing, r.Device)
			if first == nil {
				first = err
			}
		}
	}
	switch {
	case len(members) == 0:
		p.warn("no device of %s has been heard of yet", Target(p.done.Key))
	case len(refusing) == len(members):
		return fmt.Errorf("all devices of %s would refuse the bundle: %w", Target(p.done.Key), first)
	case len(refusing) > 0:
		p.warn("%s would refuse the bundle (%s: %v)", plural(len(refusing), "device"), refusing[0], first)
	}
	if m.Channel != "" {
		p.warn("devices of other channels than %s refuse the bundle", m.Channel)
	}
	return nil
}

// next returns the wish that begins the rollout, and lists the waves in p.done.
func (p *publisher) next() (message.Wish, error) {
	w, now := p.wish, p.fleet.Now
	notes, _ := readNotes(w) // without notes, the rollout in progress is replaced
	if notes.Now != nil {
		notes.end(&w, Replaced, p.plan.By, now, p.fleet.progressOf(p.done.Key, w))
	}
	signed := &message.Signed{Text: p.bundle.ManifestBytes, Signatures: bundle.EncodeSignatures(p.bundle.Signatures)}
	w.Next, w.First, w.Share, w.Salt = nil, nil, 0, ""
	w.Window, w.Force = p.plan.Window, p.plan.Force
	w.Once = slices.DeleteFunc(slices.Clone(w.Once), func(o message.Once) bool { return !now.Before(o.Expires) })
	if p.plan.AtOnce && w.Stable == nil && len(p.plan.First) == 0 {
		w.Stable, p.done.Direct = signed, true
		notes.add(Ended{ID: rand.Text(), Bundle: p.done.Bundle, Digest: p.bundle.Digest, Result: Done, Began: now, Ended: now, By: p.plan.By})
		all := w
		p.listWave(&all, message.Shares)
		return w, notes.write(&w)
	}
	w.Next, w.Salt = signed, p.bundle.Digest // so that a dry run shows the devices that will be first
	r := &Rollout{
		ID: rand.Text(), Bundle: p.done.Bundle, Digest: p.bundle.Digest, From: p.done.From, By: p.plan.By,
		Began: now, Since: now, Waves: p.plan.Waves, Hold: int64(p.plan.Hold / time.Second), StopAt: p.plan.StopAt,
	}
	if p.plan.AtOnce {
		r.Waves = []int{message.Shares}
	}
	if r.StopAt == 0 {
		r.StopAt = DefaultStopAt
	}
	notes.Now = r
	first, err := p.first()
	if err != nil {
		return w, err
	}
	rest := r.Waves
	if w.First = first; len(first) > 0 {
		p.done.Waves = append(p.done.Waves, Wave{Devices: first})
	} else {
		p.listWave(&w, p.fleet.shareOf(p.done.Key, w, rest[0]))
		r.Wave, rest = 1, rest[1:]
	}
	later := w
	for _, share := range rest {
		p.listWave(&later, p.fleet.shareOf(p.done.Key, later, max(share, later.Share)))
	}
	return w, notes.write(&w)
}

// first returns the names of the first devices.
func (p *publisher) first() ([]string, error) {
	members := p.fleet.members(p.done.Key)
	var names []string
	for _, name := range p.plan.First {
		found := false
		for _, r := range members {
			if r.Device == name || slices.Contains(r.Groups, name) {
				names, found = append(names, r.Device), true
			}
		}
		if !found {
			return nil, fmt.Errorf("first: no device or group of %s is called %.80q", Target(p.done.Key), name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// listWave sets the share of w, and adds the wave with the devices that take the bundle from then on.
func (p *publisher) listWave(w *message.Wish, share int) {
	before := *w
	w.Share = share
	wave := Wave{Share: share}
	for _, r := range p.fleet.members(p.done.Key) {
		if w.Next == nil || w.Takes(r.Device) && !before.Takes(r.Device) {
			wave.Devices = append(wave.Devices, r.Device)
		}
	}
	p.done.Waves = append(p.done.Waves, wave)
}

// plural returns "1 device" or "2 devices".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
