package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
)

// A Fleet says what a device knows of its fleet.
type Fleet struct {
	Store string // the folder of the store
	Creds string // the path of the credentials; not used without Hub

	// Hub says how to connect with the hub, or HubError why that is not known. If both are nil, only the
	// store is checked.
	Hub      *nats.Options
	HubError error
}

// fleetGroup is the group of the findings about the fleet.
const fleetGroup = "fleet"

// joinFix is the suggestion for a device that is not a member of the fleet.
const joinFix = "moonlark fleet join, with the invitation of moonlark fleet invite"

// checkFleet reports on the store of bundles, and on the hub of the fleet, if Options.Fleet is set.
func (c *checker) checkFleet(ctx context.Context) {
	f := c.Fleet
	if f == nil {
		return
	}
	if creds, err := identity.ReadCreds(f.Creds); f.Hub != nil && err == nil && creds.Role != identity.Device {
		c.skip(fleetGroup, "store", fmt.Sprintf("%s is a member with the role %s, which needs none", creds.Name, creds.Role), "")
		if _, ok := c.checkCredentials(nil); ok {
			c.checkHub(ctx, creds, nil)
		}
		return
	}
	contents := c.checkFleetStore()
	if f.Hub == nil && f.HubError == nil {
		return
	}
	creds, ok := c.checkCredentials(contents.Keys)
	switch {
	case f.HubError != nil && ok: // otherwise, the error is probably about the credentials too
		c.fail(fleetGroup, "hub", f.HubError.Error(), "check --fleet-creds and --fleet-ca")
	case !ok:
		c.skip(fleetGroup, "hub", "the problem above comes first", "")
	default:
		c.checkHub(ctx, creds, contents.Keys)
	}
}

// checkFleetStore reports on the store, and returns what is in it.
func (c *checker) checkFleetStore() fleet.Contents {
	const subject = "store"
	dir, d := c.Fleet.Store, c.Device.withDefaults()
	contents, err := fleet.Examine(dir)
	if errors.Is(err, fs.ErrNotExist) {
		c.fail(fleetGroup, subject, "there is no folder "+dir, joinFix+"; or name the folder with --fleet-store")
		return contents
	} else if err != nil {
		c.fail(fleetGroup, subject, err.Error(), "check --fleet-store, and which user runs moonlark")
		return contents
	}
	if d.CanOpen(dir, true) {
		c.ok(fleetGroup, subject, dir+" can be written")
	} else {
		c.fail(fleetGroup, subject, "this user cannot write "+dir+": the device cannot get new bundles",
			"sudo chown -R to the user who runs moonlark; on a file system that is read-only, name another folder with --fleet-store")
	}
	c.checkFleetSpace(d)
	if contents.Damage != nil {
		c.warn(fleetGroup, "state", contents.Damage.Error(), "the next start of moonlark run writes it anew; check the memory card")
	}
	c.checkBundles(contents)
	c.checkTrust(contents)
	return contents
}

// checkFleetSpace reports whether a large bundle fits into the store.
func (c *checker) checkFleetSpace(d Device) {
	const (
		needed = 2 * bundle.MaxSize // a bundle that is fetched and then unpacked
		none   = 1 << 20
		fix    = "delete what is not needed: journalctl --vacuum-size=50M, apt-get clean"
	)
	free, total, err := d.Space(c.Fleet.Store)
	if err != nil || total == 0 {
		return
	}
	text := fmt.Sprintf("%d MiB are free for the store", free>>20)
	switch {
	case free < none:
		c.fail(fleetGroup, "space", text+": the device cannot get new bundles", fix)
	case free < needed:
		c.warn(fleetGroup, "space", text+", and a large bundle needs more", fix)
	default:
		c.ok(fleetGroup, "space", text)
	}
}

// checkBundles reports which bundle runs, which ones are damaged, and what looks like a secret in the one
// that runs.
func (c *checker) checkBundles(contents fleet.Contents) {
	const subject = "bundle"
	if len(contents.Bundles) == 0 {
		c.ok(fleetGroup, subject, "there is none that has passed its trial: the named scripts run")
		return
	}
	for i, b := range contents.Bundles {
		const fix = "the device gets it again when the fleet wants it; by hand, moonlark bundle install. Check the memory card"
		switch {
		case b.Err == nil && i > 0: // a reserve
		case b.Err == nil && contents.Trial:
			c.ok(fleetGroup, subject, b.Name()+" is on trial, and undamaged")
		case b.Err == nil:
			c.ok(fleetGroup, subject, b.Name()+" runs, and is undamaged")
		case i == 0:
			c.fail(fleetGroup, subject, fmt.Sprintf("%s cannot be used: %v", b.Name(), b.Err), fix)
		default:
			c.warn(fleetGroup, subject, fmt.Sprintf("%s, to which the device would go back, cannot be used: %v", b.Name(), b.Err), fix)
		}
	}
	if b := contents.Bundles[0]; b.Err == nil {
		c.checkSecrets(b)
	}
}

// checkSecrets reports what looks like a secret in the files of a bundle.
func (c *checker) checkSecrets(b fleet.Stored) {
	const maxRead = 1 << 20 // as much as bundle.FindSecrets examines
	found := false
	for _, f := range b.Manifest.Files {
		text, err := readStart(filepath.Join(b.Folder, filepath.FromSlash(f.Path)), maxRead)
		if err != nil {
			c.skip(fleetGroup, "secrets", err.Error(), "")
			return
		}
		for _, s := range bundle.FindSecrets(text) {
			found = true
			c.warn(fleetGroup, "secrets", fmt.Sprintf("%s:%d of %s looks like %s: all devices of the fleet and the hub can read it", f.Path, s.Line, b.Name(), s.What),
				"put it into the environment file of each device, publish a bundle without it, and make a new key, since this one is known")
		}
	}
	if !found {
		c.ok(fleetGroup, "secrets", "nothing in "+b.Name()+" looks like one")
	}
}

// readStart returns the first bytes of a file, at most max.
func readStart(path string, max int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, max))
}

// checkTrust reports which keys the device trusts.
func (c *checker) checkTrust(contents fleet.Contents) {
	const subject = "keys"
	keys := contents.Keys
	switch {
	case errors.Is(contents.KeysErr, fs.ErrNotExist):
		c.fail(fleetGroup, subject, "the device trusts no keys yet, so it refuses all bundles", joinFix+"; without a fleet, moonlark bundle install --trust")
	case contents.KeysErr != nil:
		c.fail(fleetGroup, subject, contents.KeysErr.Error(), "join the fleet again: delete keys.json in the store, then "+joinFix)
	default:
		c.ok(fleetGroup, subject, fmt.Sprintf("the device trusts the keys %d, of which %d of %d must sign", keys.Number, keys.Threshold, len(keys.Keys)))
	}
}

// checkCredentials reports whose credentials the device has, and how old they are. It returns false if they
// cannot be used. keys are those that the device trusts; nil if there are none.
func (c *checker) checkCredentials(keys *bundle.KeySet) (identity.Creds, bool) {
	const (
		subject = "credentials"
		soon    = 30 * 24 * time.Hour
		maxOff  = 5 * time.Minute // between the clocks of two machines
	)
	path := c.Fleet.Creds
	creds, err := identity.ReadCreds(path)
	if errors.Is(err, fs.ErrNotExist) {
		c.fail(fleetGroup, subject, "there is no file "+path+": the device has not joined a fleet", joinFix)
		return creds, false
	} else if err != nil {
		c.fail(fleetGroup, subject, err.Error(), "join the fleet again: "+joinFix)
		return creds, false
	}
	now, text := c.readClocks().wall, describeCreds(creds)
	switch {
	case keys != nil && keys.Fleet != creds.Fleet:
		c.fail(fleetGroup, subject, fmt.Sprintf("%s, but the store trusts the keys of the fleet %q", text, keys.Fleet), "use another --fleet-store, or delete this one and join again")
		return creds, false
	case creds.Issued.After(now.Add(maxOff)):
		c.fail(fleetGroup, "clock", fmt.Sprintf("the clock says %s, but the credentials were issued at %s: TLS fails", now.Format(time.DateTime), creds.Issued.Format(time.DateTime)),
			"set the clock, and keep it right (timedatectl set-ntp true)")
	case !creds.Expires.IsZero() && now.After(creds.Expires):
		c.fail(fleetGroup, subject, text+"; they have expired on "+creds.Expires.Format(time.DateOnly), "if the clock is right, join again: "+joinFix)
		return creds, false
	case !creds.Expires.IsZero() && creds.Expires.Sub(now) < soon:
		c.warn(fleetGroup, subject, text+"; they expire on "+creds.Expires.Format(time.DateOnly), "join again before: "+joinFix)
	default:
		c.ok(fleetGroup, subject, fmt.Sprintf("%s; issued %s (%s ago)", text, creds.Issued.Format(time.DateOnly), plural(int(max(0, now.Sub(creds.Issued).Hours()))/24, "day")))
	}
	if info, err := os.Stat(path); err == nil && os.PathSeparator == '/' && info.Mode().Perm()&0o077 != 0 {
		c.warn(fleetGroup, subject, "other users of this machine can read "+path, "chmod 600 "+path)
	}
	return creds, true
}

// describeCreds returns whose credentials they are.
func describeCreds(c identity.Creds) string {
	text := fmt.Sprintf("%s, %s of the fleet %s", c.Name, c.Role, c.Fleet)
	if len(c.Groups) > 0 {
		text += ", in the groups " + strings.Join(c.Groups, ", ")
	}
	return text
}
