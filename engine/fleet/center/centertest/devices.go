package centertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// beat is how often a device reads the wishes and reports its state.
const beat = 30 * time.Second

// trialTime is how long the trial of a device is.
const trialTime = 10 * time.Minute

// A Device follows the wishes of a Hub without running anything.
type Device struct {
	Name   string
	Groups []string
	Away   bool // it is not connected

	// Fails says why the bundle with this version fails on the device; "" if it does not. Nil means that none
	// fails.
	Fails func(version int64) string
	// Stays is the phase in which the device stays with a new bundle, such as message.Waiting; empty if it
	// goes on.
	Stays string

	Took []int64 // the versions that the device has begun to run

	seq     int64
	good    message.Running
	failed  map[string]message.Wanted
	wanted  message.Wanted
	began   time.Time // when the trial of wanted has begun
	running message.Running
}

// Devices are the devices of a fleet. They belong to one goroutine.
type Devices struct {
	Hub  *Hub
	Each []*Device

	manifests map[string]*bundle.Manifest // by digest
}

// Pass lets a time pass, in which all devices read the wishes and report every 30 seconds.
func (d *Devices) Pass(ctx context.Context, length time.Duration) {
	for end := time.Now().Add(length); time.Now().Before(end); {
		d.Step(ctx)
		time.Sleep(beat)
	}
}

// Step lets all devices read the wishes and report once. It panics if the hub fails.
func (d *Devices) Step(ctx context.Context) {
	wishes, err := d.Hub.Wishes(ctx)
	if err != nil {
		panic(err)
	}
	for _, device := range d.Each {
		if !device.Away {
			device.follow(d.choose(wishes, device), d.manifest)
			d.Hub.Report(device.state())
		}
	}
}

// choose returns the bundles that the device may run, the preferred one first.
func (d *Devices) choose(wishes map[string]message.Wish, device *Device) []message.Signed {
	keys := []string{message.Device(device.Name)}
	for _, group := range device.Groups {
		keys = append(keys, message.Group(group))
	}
	for _, key := range append(keys, message.All) {
		if choices := wishes[key].Choices(device.Name); len(choices) > 0 {
			return choices
		}
	}
	return nil
}

// manifest returns the manifest of a bundle, and its digest.
func (d *Devices) manifest(s message.Signed) (*bundle.Manifest, string) {
	sum := sha256.Sum256(s.Text)
	digest := hex.EncodeToString(sum[:])
	if d.manifests == nil {
		d.manifests = make(map[string]*bundle.Manifest)
	}
	if d.manifests[digest] == nil {
		m, err := bundle.ParseManifest(s.Text)
		if err != nil {
			panic(err)
		}
		d.manifests[digest] = m
	}
	return d.manifests[digest], digest
}

// follow goes one step toward the preferred bundle.
func (d *Device) follow(choices []message.Signed, manifest func(message.Signed) (*bundle.Manifest, string)) {
	if len(choices) == 0 {
		d.wanted = message.Wanted{}
		return
	}
	m, digest := manifest(choices[0])
	if failed, ok := d.failed[digest]; ok {
		d.wanted = failed
		if len(choices) == 2 {
			m, digest = manifest(choices[1])
			d.switchTo(m, digest, message.Good)
		}
		return
	}
	if d.good.Digest == digest {
		d.running = d.good
		d.wanted = message.Wanted{Name: m.Name(), Digest: digest, Phase: message.Good}
		return
	}
	if d.wanted.Digest != digest {
		d.wanted = message.Wanted{Name: m.Name(), Digest: digest, Phase: message.Fetching}
		return
	}
	switch {
	case d.wanted.Phase == d.Stays:
	case d.wanted.Phase == message.Fetching:
		d.wanted.Phase = message.Waiting
	case d.wanted.Phase == message.Waiting:
		d.wanted.Phase, d.began = message.Trial, time.Now()
		d.switchTo(m, digest, message.Trial)
	case time.Since(d.began) >= trialTime:
		d.endTrial(m, digest)
	}
}

// endTrial ends the trial.
func (d *Device) endTrial(m *bundle.Manifest, digest string) {
	why := ""
	if d.Fails != nil {
		why = d.Fails(m.Version)
	}
	if why == "" {
		d.wanted.Phase = message.Good
		d.running.Phase = message.Good
		d.good = d.running
		return
	}
	d.wanted.Phase, d.wanted.Why = message.Back, why
	if d.failed == nil {
		d.failed = make(map[string]message.Wanted)
	}
	d.failed[digest] = d.wanted
	if d.running = d.good; d.good.Digest == "" {
		d.running.Phase = "factory"
	}
}

func (d *Device) switchTo(m *bundle.Manifest, digest, phase string) {
	if d.running.Digest != digest {
		d.Took = append(d.Took, m.Version)
	}
	d.running = message.Running{Name: m.Name(), Version: m.Version, Digest: digest, Phase: phase}
	if phase == message.Good {
		d.good = d.running
	}
}

func (d *Device) state() message.State {
	d.seq++
	s := message.State{
		Header: message.Header{Device: d.Name, Boot: "boot-" + d.Name, Seq: d.seq, Time: time.Now()},
		Groups: d.Groups, Moonlark: "v1.4.0", OK: true, Status: "waiting", Running: d.running,
	}
	if s.Running.Phase == "" {
		s.Running.Phase = "factory"
	}
	if d.wanted.Digest != "" {
		wanted := d.wanted
		s.Wanted = &wanted
	}
	return s
}

// Runs returns the version that the device runs; 0 stands for the factory scripts.
func (d *Device) Runs() int64 { return d.running.Version }
