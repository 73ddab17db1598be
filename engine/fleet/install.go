package fleet

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"moonlark/engine/fleet/bundle"
)

// An Installation says what Install does.
type Installation struct {
	Store    string             // folder of the store; it is made if it does not exist
	Trust    []bundle.PublicKey // keys to trust; needed for the first bundle
	Identity Identity           // what the device knows of itself from now on; the zero value keeps the old one
	Again    bool               // install the bundle although it has failed on this device
	Moonlark string             // version of the running program
}

// An Installed says what Install has done.
type Installed struct {
	Name    string // name and version of the bundle, such as "shop 17"
	Already bool   // the bundle is the current one, undamaged, and no other waits: nothing has changed
	Running bool   // a process uses the store, and switches to the bundle
}

// Install puts the bundle in a file into a store. The process that uses the store switches to the bundle;
// if there is none, the next one does. The error is a *bundle.Refusal if the device may not use the bundle.
func Install(path string, o Installation) (done Installed, err error) {
	b, err := bundle.Open(path)
	if err != nil {
		return done, err
	}
	defer b.Close()
	return disk{dir: o.Store}.install(b, o, Order{})
}

// install puts a bundle with content into the store, and writes a request for it.
func (d disk) install(b *bundle.Bundle, o Installation, order Order) (done Installed, err error) {
	if err := d.makeFolders(); err != nil {
		return done, err
	}
	unlock, err := d.lockWithin(installLock, installTimeout)
	if err != nil {
		return done, err
	}
	defer unlock()
	keys, first, err := d.trust(o.Trust, b.Manifest.Fleet)
	if err != nil {
		return done, err
	}
	trusted, err := keys.Trusted()
	if err != nil {
		return done, err
	}
	if err := b.Verify(trusted); err != nil {
		return done, err
	}
	done.Name = b.Manifest.Name()
	s, _, err := d.readState() // the process that uses the store reports the damage
	if err != nil {
		return done, err
	}
	if s.Current != b.Digest { // the current bundle may run on, even if it has expired
		if err := d.checkNew(b, s, keys, o); err != nil {
			return done, err
		}
	} else if _, err := d.check(b.Digest); err == nil && !d.hasRequest() {
		done.Already = true
		return done, nil
	}
	if err := d.add(b); err != nil {
		return done, err
	}
	if b.Digest == s.Good || b.Digest == s.Spare { // the damaged copy, with its mark, has been replaced
		if err := d.markGood(b.Digest); err != nil {
			return done, err
		}
	}
	if first {
		text, err := keys.Encode()
		if err != nil {
			return done, err
		}
		if err := d.replace(keysFile, text); err != nil {
			return done, err
		}
	}
	if err := d.identify(o.Identity); err != nil {
		return done, err
	}
	done.Running = d.isRunning()
	return done, d.replaceJSON(nextFile, request{ID: rand.Text(), Digest: b.Digest, Again: o.Again, Order: order})
}

// hasRequest reports whether a bundle waits to run.
func (d disk) hasRequest() bool {
	_, err := os.Lstat(d.path(nextFile))
	return !errors.Is(err, fs.ErrNotExist)
}

// installTimeout is how long an installation waits for another one, and for the deletion of old bundles.
const installTimeout = 10 * time.Second

// checkNew returns an error if the device may not use the bundle.
func (d disk) checkNew(b *bundle.Bundle, s state, keys *bundle.KeySet, o Installation) error {
	if f, failed := s.Failed[b.Digest]; failed && !o.Again {
		return fmt.Errorf("bundle %s has failed on this device (%s: %s) and is not tried again: change it, or add --again", b.Manifest.Name(), f.Phase, f.Why)
	}
	device, err := d.device(keys, o.Moonlark)
	if err != nil {
		return err
	}
	o.Identity.addTo(&device)
	return bundle.Acceptable(b, device, s.seen(), time.Now())
}

// trust returns the keys that the store trusts. If it has none, they are made from public for the fleet,
// and first is true.
func (d disk) trust(public []bundle.PublicKey, fleet string) (keys *bundle.KeySet, first bool, err error) {
	keys, err = d.keys()
	if errors.Is(err, fs.ErrNotExist) {
		if len(public) == 0 {
			return nil, false, errors.New("the store trusts no key yet: add --trust with the public key of whoever signs the bundles")
		}
		keys = &bundle.KeySet{Format: bundle.KeysFormat, Fleet: fleet, Number: 1, Threshold: 1}
		for _, key := range public {
			keys.Keys = append(keys.Keys, key.String())
		}
		return keys, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	for _, key := range public {
		if !slices.Contains(keys.Keys, key.String()) {
			return nil, false, fmt.Errorf("the store trusts other keys than %s: to trust it instead, delete %s", bundle.KeyID(key.ID()), d.path(keysFile))
		}
	}
	return keys, false, nil
}

// identify writes what the device knows of itself. The zero Identity keeps the old one.
func (d disk) identify(id Identity) error {
	if id.Name == "" && id.Channel == "" && len(id.Groups) == 0 {
		return nil
	}
	var all Identity
	if err := d.readJSON(deviceFile, &all); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	device := bundle.Device{Name: all.Name, Groups: all.Groups, Channel: all.Channel}
	id.addTo(&device)
	return d.replaceJSON(deviceFile, Identity{Name: device.Name, Groups: device.Groups, Channel: device.Channel})
}

// addTo puts what is set into the device.
func (id Identity) addTo(device *bundle.Device) {
	if id.Name != "" {
		device.Name = id.Name
	}
	if id.Channel != "" {
		device.Channel = id.Channel
	}
	if len(id.Groups) > 0 {
		device.Groups = id.Groups
	}
}

// Check returns an error if the identity has a name that is not allowed.
func (id Identity) Check() error {
	for _, name := range append([]string{id.Name, id.Channel}, id.Groups...) {
		if err := bundle.CheckName(name); name != "" && err != nil {
			return err
		}
	}
	return nil
}

// isRunning reports whether a process uses the store.
func (d disk) isRunning() bool {
	unlock, err := d.lock(runLock)
	if err == nil {
		unlock()
	}
	return errors.Is(err, errLocked)
}
