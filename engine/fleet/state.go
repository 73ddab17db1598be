package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

// The limits of a state, which keep state.json shorter than maxFile.
const (
	maxVersions = 1000 // versions
	maxFailed   = 100  // bundles that are not tried again
	maxWhy      = 300  // bytes of fail.Why
)

// A state is the content of state.json. Digests identify bundles; "" stands for the factory scripts.
type state struct {
	Current string `json:"current"` // what runs, or will run at the next start
	Good    string `json:"good"`    // the last one that has passed its trial
	Spare   string `json:"spare"`   // the bundle that was Good before; it runs if Good is damaged or does not load

	Trial *trial `json:"trial,omitempty"` // the trial of Current; nil if there is none

	Floor    int64            `json:"floor"`    // the highest floor of the bundles that were accepted
	Versions map[int64]string `json:"versions"` // the digests of the bundles that were accepted, by version
	Failed   map[string]fail  `json:"failed"`   // the bundles that are not tried again, by digest

	Request string `json:"request"` // ID of the newest request that has been handled
	Reached bool   `json:"reached"` // the agent was reached at the last attempt with a good bundle
}

// A trial is a trial in progress.
type trial struct {
	Starts  int     `json:"starts"`  // how often the process has started within the trial
	Seconds float64 `json:"seconds"` // how long the scripts of the bundle have run
	Reached bool    `json:"reached"` // the agent was reached before
	Met     bool    `json:"met"`     // the agent was reached within the trial
	Hub     bool    `json:"hub"`     // there was a connection with the hub before
	HubMet  bool    `json:"hub_met"` // there was one within the trial
	Errors  bool    `json:"errors"`  // more than half of the tool calls failed before
}

// A fail says why a bundle is not used.
type fail struct {
	Version int64  `json:"version"`
	Phase   string `json:"phase"` // Back or Refused
	Why     string `json:"why"`   // one line
}

// A request is the content of next.json: a bundle in the store that somebody wants to run.
type request struct {
	ID     string `json:"id"` // different for each request
	Digest string `json:"digest"`
	Again  bool   `json:"again"` // also if the bundle has failed before
	Order
}

// An Order is how a fleet wants a device to switch to a bundle. The zero Order is that of an installation
// by hand.
type Order struct {
	Fleet  bool            `json:"fleet,omitempty"`  // the fleet wants the bundle, and may withdraw it before it runs
	Force  bool            `json:"force,omitempty"`  // wait neither for the end of the conversation nor for Window
	Window *message.Window `json:"window,omitempty"` // when the device may switch; nil if at any time
}

// accept records that a bundle has been accepted.
func (s *state) accept(b *bundle.Bundle) {
	s.Floor = max(s.Floor, b.Manifest.Floor)
	if s.Versions == nil {
		s.Versions = make(map[int64]string)
	}
	s.Versions[b.Manifest.Version] = b.Digest
	delete(s.Failed, b.Digest)
	s.limitVersions()
}

// A remembered is the content of seen.json: the part of the state that keeps out old bundles. It is stored a second time,
// because a damaged state.json would otherwise let an attacker bring the device back to one of them. Whenever this part
// of the state changes, seen.json is written first, and then state.json.
type remembered struct {
	Floor    int64            `json:"floor"`
	Versions map[int64]string `json:"versions"`
}

// equals reports whether r and other say the same.
func (r remembered) equals(other remembered) bool {
	return r.Floor == other.Floor && maps.Equal(r.Versions, other.Versions)
}

// remember adds what r says to the state.
func (s *state) remember(r remembered) {
	s.Floor = max(s.Floor, r.Floor)
	if s.Versions == nil {
		s.Versions = make(map[int64]string)
	}
	maps.Copy(s.Versions, r.Versions)
	s.limitVersions()
}

// limitVersions forgets the versions that no bundle can have any more, and the lowest ones if there are too
// many.
func (s *state) limitVersions() {
	versions := make([]int64, 0, len(s.Versions))
	for v := range s.Versions {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	for _, v := range versions {
		if v < s.Floor || len(s.Versions) > maxVersions { // below the floor, none is accepted
			delete(s.Versions, v)
		}
	}
}

// fail records why a bundle is not tried again.
func (s *state) fail(digest string, f fail) {
	if s.Failed == nil {
		s.Failed = make(map[string]fail)
	}
	f.Why = safetext.Cut(safetext.Line(f.Why), maxWhy, "...")
	s.Failed[digest] = f
	for len(s.Failed) > maxFailed {
		lowest := digest
		for other := range s.Failed {
			if s.Failed[other].Version < s.Failed[lowest].Version {
				lowest = other
			}
		}
		delete(s.Failed, lowest)
	}
}

// seen returns what the device remembers of the accepted bundles.
func (s *state) seen() bundle.Seen { return bundle.Seen{Floor: s.Floor, Versions: s.Versions} }

// readState reads state.json. If there is none, or if it is damaged, readState makes a state from the
// stored bundles that have passed their trial, and from seen.json. damage says what is wrong; nil if nothing
// is. err says that a file cannot be read now: then the state must be used for nothing but to run a bundle.
func (d disk) readState() (s state, damage, err error) {
	damage = d.readJSON(stateFile, &s)
	if damage == nil {
		return s, nil, nil
	}
	s, err = d.recoverState()
	if isUnreadable(damage) {
		return s, nil, damage
	}
	if errors.Is(damage, fs.ErrNotExist) && s.Good == "" && s.Floor == 0 && len(s.Versions) == 0 {
		return s, nil, err // a new store
	}
	return s, fmt.Errorf("%s cannot be read (%w): the newest good bundle on the disk is used", stateFile, damage), err
}

// isUnreadable reports whether err, of disk.read or disk.readJSON, says that a file may exist, undamaged, and
// cannot be read.
func isUnreadable(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist)
}

// recoverState makes a state from the stored bundles that have passed their trial, and from seen.json. The
// error says that one of them cannot be read now.
func (d disk) recoverState() (s state, err error) {
	type passed struct {
		version int64
		digest  string
	}
	var good []passed
	for _, digest := range d.stored() {
		if _, err := os.Stat(d.bundlePath(digest, goodFile)); err != nil {
			continue
		}
		b, e := d.load(digest)
		if e == nil {
			e = b.Manifest.CheckFolder(d.bundlePath(digest, filesFolder))
		}
		if e == nil {
			s.accept(b)
			good = append(good, passed{b.Manifest.Version, digest})
		} else if isTransient(e) {
			err = e
		}
	}
	slices.SortFunc(good, func(a, b passed) int { return cmp.Compare(b.version, a.version) })
	if len(good) > 0 {
		s.Current, s.Good = good[0].digest, good[0].digest
	}
	if len(good) > 1 {
		s.Spare = good[1].digest
	}
	var r remembered
	if e := d.readJSON(seenFile, &r); e == nil {
		s.remember(r)
	} else if isUnreadable(e) {
		err = e
	}
	return s, err
}

// load reads the state. It replaces a damaged one. If the state cannot be read now, d.unread says why, and
// nothing is written.
func (d *Device) load() {
	var damage error
	if d.state, damage, d.unread = d.disk.readState(); d.unread != nil {
		d.showTrouble("the fleet store cannot be read: " + d.unread.Error())
		d.retryAt = time.Now().Add(retryTime)
		return
	}
	d.handled = d.state.Request
	if damage != nil {
		d.log(slog.LevelError, damage.Error())
		os.Rename(d.disk.path(stateFile), d.disk.path(stateFile+".damaged")) // for people; it may have been moved already
		d.save()
	}
}

// loadAgain reads the state that could not be read before.
func (d *Device) loadAgain() {
	d.load()
	if d.unread != nil {
		return
	}
	if d.mayWrite() { // load has not found another fault
		d.trouble(nil)
	}
	t := d.state.Trial
	if t == nil {
		return
	}
	if t.Starts++; t.Starts >= maxStarts {
		d.endStarts()
		return
	}
	d.save()
	if d.onTrial() { // its scripts run already; otherwise resume runs them
		d.use(d.inUse)
		d.startTrial(nil)
	}
}

// save writes the state to the disk.
func (d *Device) save() error {
	if d.unread != nil {
		return d.unread
	}
	var err error
	if r := (remembered{d.state.Floor, maps.Clone(d.state.Versions)}); !r.equals(d.kept) {
		if err = d.disk.replaceJSON(seenFile, r); err == nil {
			d.kept = r
		}
	}
	if err == nil {
		err = d.disk.replaceJSON(stateFile, d.state)
	}
	d.wrote(err)
	return err
}

// An Identity is the content of device.json: what the device knows of itself.
type Identity struct {
	Name    string   `json:"name,omitempty"`
	Groups  []string `json:"groups,omitempty"`
	Channel string   `json:"channel,omitempty"`
}

// device returns what the device knows of itself. moonlark is the version of the running program.
func (d disk) device(keys *bundle.KeySet, moonlark string) (bundle.Device, error) {
	var id Identity
	if err := d.readJSON(deviceFile, &id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return bundle.Device{}, err
	}
	return bundle.Device{Fleet: keys.Fleet, Channel: id.Channel, Name: id.Name, Groups: id.Groups, Moonlark: moonlark}, nil
}

// keys returns the keys that the device trusts. The error wraps fs.ErrNotExist if there are none.
func (d disk) keys() (*bundle.KeySet, error) {
	text, err := d.read(keysFile)
	if err != nil {
		return nil, err
	}
	return bundle.ParseKeySet(text)
}

// accept returns the stored bundle if the device may begin to use it: if it is signed by trusted keys,
// is for this device, and is undamaged. With an error, b is the bundle if it could be read.
func (d disk) accept(digest string, s *state, moonlark string) (b *bundle.Bundle, err error) {
	keys, err := d.keys()
	if err != nil {
		return nil, err
	}
	trusted, err := keys.Trusted()
	if err != nil {
		return nil, err
	}
	device, err := d.device(keys, moonlark)
	if err != nil {
		return nil, err
	}
	if b, err = d.load(digest); err != nil {
		return nil, err
	}
	if err := b.Verify(trusted); err != nil {
		return b, err
	}
	if digest != s.Current { // the current bundle may run on, even if it has expired
		if err := bundle.Acceptable(b, device, s.seen(), time.Now()); err != nil {
			return b, err
		}
	}
	return b, b.Manifest.CheckFolder(d.bundlePath(digest, filesFolder))
}
