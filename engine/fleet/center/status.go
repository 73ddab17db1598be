package center

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"moonlark/engine/fleet/message"
)

// slowAfter is how long a wave lasts until devices that still fetch its bundle are shown.
const slowAfter = 15 * time.Minute

// A Status says how a fleet fares. Its JSON is what moonlark fleet status --json prints. The texts of
// devices are as the devices have sent them; Text makes them safe for a terminal.
type Status struct {
	Fleet    string           `json:"fleet"`
	Time     time.Time        `json:"time"` // by the clock of the hub
	Known    int              `json:"known"`
	Online   int              `json:"online"`
	Rollouts []RolloutStatus  `json:"rollouts"`
	Running  map[string]int   `json:"running"` // how many devices run each bundle, by its name; "" stands for the factory scripts
	Ended    map[string]Ended `json:"ended"`   // the last rollout that has ended, by target
	Devices  []DeviceStatus   `json:"devices"` // sorted by name
}

// A RolloutStatus says how far a rollout is.
type RolloutStatus struct {
	Key    string `json:"key"` // of the wish
	Target string `json:"target"`
	Rollout
	Share   int     `json:"share"`             // how many of 10,000 devices take the bundle now
	Left    float64 `json:"left"`              // seconds until the wave can end; 0 if it waits for devices
	Trouble string  `json:"trouble,omitempty"` // why nothing goes on; empty if it does
	progress
}

// A DeviceStatus says how a device fares.
type DeviceStatus struct {
	message.State
	Received time.Time `json:"received"` // when the hub has received the state
	Online   bool      `json:"online"`
	Target   string    `json:"target,omitempty"` // target of the wish that decides for the device
	Next     string    `json:"next,omitempty"`   // name of the bundle that it runs next, or runs already
	Twice    bool      `json:"twice,omitempty"`  // two devices have its name
	Slow     bool      `json:"slow,omitempty"`   // it still fetches the bundle of a wave that has begun long ago
}

// StatusOf returns how a fleet fares. twice has the devices that Copies has found; it may be nil.
func StatusOf(f Fleet, twice map[string]bool) Status {
	s := Status{
		Fleet: f.Name, Time: f.Now, Known: len(f.Reports), Rollouts: []RolloutStatus{},
		Running: make(map[string]int), Ended: make(map[string]Ended), Devices: make([]DeviceStatus, 0, len(f.Reports)),
	}
	bundles := make(map[string][2]string) // names of Stable and Next, by key
	slow := make(map[string]bool)         // digests of the bundles of waves that have begun long ago
	for _, key := range slices.Sorted(maps.Keys(f.Wishes)) {
		w := f.Wishes[key]
		bundles[key] = [2]string{nameOf(w.Stable), nameOf(w.Next)}
		notes, _ := readNotes(w)
		if len(notes.Ended) > 0 {
			s.Ended[f.target(key)] = notes.Ended[0]
		}
		if w.Next != nil {
			r := f.rolloutStatus(key, w)
			s.Rollouts = append(s.Rollouts, r)
			slow[r.Digest] = f.Now.Sub(r.Since) > slowAfter
		}
	}
	for _, r := range f.Reports {
		d := DeviceStatus{State: r.State, Received: r.Received, Online: f.isOnline(r), Twice: twice[r.Device]}
		if d.Online {
			s.Online++
		}
		s.Running[r.Running.Name]++
		if key := f.decides(r); key != "" {
			d.Target, d.Next = f.target(key), bundles[key][0]
			if f.Wishes[key].Takes(r.Device) {
				d.Next = bundles[key][1]
			}
		}
		d.Slow = d.Online && r.Wanted != nil && r.Wanted.Phase == message.Fetching && slow[r.Wanted.Digest]
		s.Devices = append(s.Devices, d)
	}
	slices.SortFunc(s.Devices, func(a, b DeviceStatus) int { return cmp.Compare(a.Device, b.Device) })
	return s
}

// rolloutStatus returns how far the rollout of w is, which is the wish under the key.
func (f Fleet) rolloutStatus(key string, w message.Wish) RolloutStatus {
	r := RolloutStatus{Key: key, Target: f.target(key), Share: w.Share, progress: *f.progressOf(key, w)}
	notes, err := readNotes(w)
	if err != nil {
		r.Rollout = Rollout{Bundle: nameOf(w.Next), Digest: digestOf(w.Next.Text), From: nameOf(w.Stable)}
		r.Trouble = err.Error()
		return r
	}
	r.Rollout = *notes.Now
	r.Left = max(0, r.Rollout.end().Sub(f.Now).Seconds())
	return r
}

// Device returns the status of one device.
func (s Status) Device(name string) (DeviceStatus, bool) {
	i, ok := slices.BinarySearchFunc(s.Devices, name, func(d DeviceStatus, name string) int { return cmp.Compare(d.Device, name) })
	if !ok {
		return DeviceStatus{}, false
	}
	return s.Devices[i], true
}

// Copies finds devices whose name two processes use at once. The process of a device has a random boot id,
// which changes when the process starts anew. So an id that comes back after another one is that of a second
// process. The zero value is ready to use. Copies belongs to one goroutine.
type Copies struct {
	boots map[string][]string  // the last boot ids of each device, the newest last
	found map[string]time.Time // when the last id has come back
}

// The limits of Copies.
const (
	maxBoots   = 4                // boot ids that are kept of a device
	copiesTime = 10 * time.Minute // how long a device counts as running twice after an id has come back
)

// See examines a state, after all earlier ones.
func (c *Copies) See(r Report) {
	if c.boots == nil {
		c.boots, c.found = make(map[string][]string), make(map[string]time.Time)
	}
	boots := c.boots[r.Device]
	i := slices.Index(boots, r.Boot)
	if i >= 0 && i == len(boots)-1 {
		return
	}
	if i >= 0 {
		c.found[r.Device] = r.Received
		boots = slices.Delete(boots, i, i+1)
	}
	boots = append(boots, r.Boot)
	c.boots[r.Device] = boots[max(0, len(boots)-maxBoots):]
}

// Twice returns the devices that run twice at the time now, by the clock of the hub.
func (c *Copies) Twice(now time.Time) map[string]bool {
	twice := make(map[string]bool)
	for device, at := range c.found {
		if now.Sub(at) < copiesTime {
			twice[device] = true
		}
	}
	return twice
}

// Watch calls show with the status of the fleet at once, and then every time that the interval has passed,
// until ctx is done or the hub returns an error. show is called on the goroutine of Watch. Unlike StatusOf
// with one Fleet, it finds devices that run twice.
func Watch(ctx context.Context, hub Hub, interval time.Duration, show func(Status)) error {
	f, err := Look(ctx, hub)
	if err != nil {
		return err
	}
	var mu sync.Mutex // guards reports and copies
	var copies Copies
	reports := make(map[string]Report, len(f.Reports))
	see := func(r Report) {
		mu.Lock()
		defer mu.Unlock()
		copies.See(r)
		reports[r.Device] = r
	}
	for _, r := range f.Reports {
		see(r)
	}
	ctx, cancel := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() { watched <- hub.WatchStates(ctx, see) }()
	defer func() { cancel(); <-watched }()
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		mu.Lock()
		f.Reports = slices.Collect(maps.Values(reports))
		s := StatusOf(f, copies.Twice(f.Now))
		mu.Unlock()
		show(s)
		select {
		case <-ticks.C:
		case err := <-watched:
			watched <- err // for the deferred function
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.Now, err = hub.Now(ctx); err == nil {
			f.Wishes, err = hub.Wishes(ctx)
		}
		if err != nil {
			return err
		}
	}
}
