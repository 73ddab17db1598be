// Package fleet runs bundles of scripts on a device: it keeps them on the disk, tries new ones for a
// while, and goes back to the last good one when a new one fails. It needs no network and knows nothing
// of Lua: an [Agent] loads the scripts.
//
// One file decides which bundle runs, state.json, which is replaced in one step. It is written before the
// scripts of a new bundle run for the first time. So the power may fail at any moment: the next start
// finds the bundle that ran before, or a trial whose starts are counted.
//
// A Device belongs to one goroutine, which calls Boot, then Loaded or Failed, and then Run. Any goroutine
// may call Home, Health, Running, Paths, Defer, ShowLink and Store.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
	"moonlark/engine/health"
)

// The phases of a bundle. Ready, Trial, Good, Back and Refused are also those of bus events.
const (
	Ready   = "ready"   // signed, for this device, undamaged, and its scripts load
	Trial   = "trial"   // its scripts run, and are watched
	Good    = "good"    // it has passed its trial
	Back    = "back"    // it has failed its trial
	Refused = "refused" // the device may not use it, or its scripts do not load

	factory = "factory" // no bundle runs, but the factory scripts
)

const (
	interval  = time.Second // how often Run looks at the store and at the scripts
	retryTime = time.Minute // how long Run waits after a fault of the disk
	// maxStarts is how often the process may start within a trial: at this start, the trial has failed.
	maxStarts = 3
	// runTimeout is how long Open waits for another process to give up the store. An installation locks
	// the store for a moment.
	runTimeout = 500 * time.Millisecond
)

// An Agent runs the scripts. Outside tests it is an engine. Its methods are called on the goroutine of
// Run.
type Agent interface {
	Status() string // as remote.Remote.Status returns it
	Health() health.Report
	Silent(ctx context.Context) []string // as remote.Remote.Silent returns it

	// Check loads scripts without using them. The error says why they do not load. It is
	// context.Canceled if the program ends.
	Check(paths []string) error
	// Switch uses these scripts in place of those that run. After an error, nothing has changed. The error
	// is context.Canceled if the program ends.
	Switch(paths []string) error
}

// Options configure a Device.
type Options struct {
	Store    string   // folder of the store; it is made if it does not exist
	Factory  []string // paths of the scripts that run while there is no good bundle
	Bus      *bus.Bus // receives the log and an event for each change
	Moonlark string   // version of the running program

	// Step is called before each step that changes the store. It is nil outside tests, which kill the
	// process there.
	Step func(name string)
}

// A Device runs the bundles of a store.
type Device struct {
	opts   Options
	disk   disk
	unlock func() // gives up the lock of the store; nil without one

	// The fields below belong to the goroutine of the Device.
	state    state
	unread   error           // why state.json cannot be read now: then state is a guess; nil if it is not
	kept     remembered      // what is in seen.json; the zero value if that is not known
	inUse    choice          // the bundle whose scripts run now
	unusable map[string]bool // the bundles that are damaged or do not load, though they should
	next     *candidate      // the bundle that is ready; nil if there is none
	handled  string          // ID of the newest request that has been handled
	judge    *judge          // nil without a trial
	retryAt  time.Time       // after a fault, the next attempt is made at this time

	counts counts

	mu       sync.Mutex // guards the fields below
	shown    health.Fleet
	running  message.Running
	paths    []string  // of the scripts that run
	deferred time.Time // before this time, the Device does not switch to a bundle that waits: see Defer
}

// A choice is a bundle that can run, or the factory scripts: then digest is "" and manifest is nil.
type choice struct {
	digest   string
	manifest *bundle.Manifest
	paths    []string
}

// name returns what people call the choice.
func (c choice) name() string {
	if c.manifest == nil {
		return "the factory scripts"
	}
	return "bundle " + c.manifest.Name()
}

// Open opens a store. It returns an error only if another process uses the store. If the store cannot be
// read or written, Open logs that, and the Device uses what it can read, and tries again later. The caller must
// call Close.
func Open(opts Options) (*Device, error) {
	store, err := filepath.Abs(opts.Store)
	if err != nil {
		return nil, err
	}
	d := &Device{opts: opts, disk: disk{dir: store, step: opts.Step}, unusable: make(map[string]bool)}
	d.shown, d.running = health.Fleet{Status: "local", Phase: factory}, message.Running{Phase: factory}
	err = d.disk.makeFolders()
	if err == nil {
		d.unlock, err = d.disk.lockWithin(runLock, runTimeout)
	}
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%s: %w", store, err)
	}
	d.trouble(err)
	d.load()
	d.counts.lastReached = d.state.Reached
	opts.Bus.Attach(d.counts.receiver())
	return d, nil
}

// Close gives up the store.
func (d *Device) Close() {
	if d.unlock != nil {
		d.unlock()
	}
}

// Home returns the path that stands for the script file with this path: see permit.Settings.Home. The
// scripts of all bundles, and the factory scripts, have one home for each name.
func (d *Device) Home(path string) string {
	name, err := filepath.Rel(d.disk.path(bundlesFolder), path)
	if err != nil || !filepath.IsLocal(name) {
		return path
	}
	name, _ = filepath.Rel(filepath.Join(digestOf(name), filesFolder), name)
	for _, script := range d.opts.Factory {
		if filepath.Base(script) == name {
			return script
		}
	}
	if len(d.opts.Factory) > 0 {
		return filepath.Join(filepath.Dir(d.opts.Factory[0]), name)
	}
	return name // in the working directory, where the settings are
}

// digestOf returns the first element of a relative path.
func digestOf(name string) string {
	for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
		name = dir
	}
	return name
}

// HasGood reports whether the store has a bundle that has passed its trial.
func (d *Device) HasGood() bool { return d.state.Good != "" }

// Boot returns the scripts with which the process begins, and counts the start if a bundle is on trial.
// Call Loaded when they run, or Failed if they do not load.
func (d *Device) Boot() []string {
	before := d.state
	d.takeRequest(nil)
	if d.next != nil && d.isOutside(d.next) {
		d.setNext(nil) // Run handles the request
	}
	if d.next != nil {
		d.begin(d.next)
	}
	if t := d.state.Trial; t != nil {
		t.Starts++
		if t.Starts >= maxStarts {
			d.endStarts()
		} else if d.save() != nil {
			// a start that cannot be counted must not run new scripts
			if d.next != nil {
				d.state = before
				d.setNext(nil) // Run checks the bundle when the store can be written
			}
			d.use(d.choose(d.state.Good))
			return d.inUse.paths
		}
	} else if d.next != nil && d.save() != nil {
		d.setNext(nil) // as above
		d.use(d.choose(d.state.Current))
		return d.inUse.paths
	}
	d.dropRequest()
	d.setNext(nil)
	d.use(d.choose(d.state.Current))
	return d.inUse.paths
}

// Failed says that the scripts from Boot or Failed do not load. It returns others, or false if there are
// no others.
func (d *Device) Failed(err error) (paths []string, ok bool) {
	if d.onTrial() {
		d.end(d.short(d.state.Current, err))
		d.use(d.choose(d.state.Current))
		return d.inUse.paths, true
	}
	if d.inUse.digest == "" {
		return nil, false
	}
	d.unusable[d.inUse.digest] = true
	d.log(slog.LevelError, d.inUse.name()+" does not load: "+d.short(d.inUse.digest, err))
	d.use(d.choose(d.inUse.digest))
	return d.inUse.paths, true
}

// Loaded says that the scripts from Boot or Failed run.
func (d *Device) Loaded() {
	switch {
	case d.onTrial():
		d.startTrial(nil)
	case d.inUse.digest != "":
		d.log(slog.LevelInfo, "loaded "+d.inUse.name())
	case len(d.opts.Factory) == 0:
		d.log(slog.LevelWarn, "there is no bundle yet, and no script is named: install one with moonlark bundle install")
	}
}

// Run switches to new bundles, and ends trials, until ctx is done.
func (d *Device) Run(ctx context.Context, agent Agent) {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			d.tick(ctx, agent)
		case <-ctx.Done():
			d.stop()
			return
		}
	}
}

func (d *Device) tick(ctx context.Context, agent Agent) {
	if d.unread != nil && d.mayWrite() {
		d.loadAgain()
	}
	if d.unread != nil {
		return
	}
	if d.onTrial() && d.judge != nil {
		d.watch(ctx, agent)
	}
	if d.mayWrite() {
		d.resume(agent)
	}
	d.takeRequest(agent)
	if d.next != nil && d.mayWrite() && !d.mustWait(agent) {
		d.switchTo(d.next, agent)
	}
}

// stop keeps what the next process must know.
func (d *Device) stop() {
	reached := d.counts.get().lastReached
	if d.onTrial() || d.state.Reached != reached {
		if !d.onTrial() {
			d.state.Reached = reached
		}
		d.save()
	}
}

// onTrial reports whether the bundle that runs is on trial.
func (d *Device) onTrial() bool {
	return d.state.Trial != nil && d.inUse.digest == d.state.Current
}

// choose returns the bundle with this digest, if it is undamaged. Otherwise it returns the last good one,
// the one before, or the factory scripts. It leaves out those that do not load, and those that cannot be
// read now.
func (d *Device) choose(digest string) choice {
	for _, digest := range slices.Compact([]string{digest, d.state.Good, d.state.Spare}) {
		if digest == "" {
			break
		}
		if d.unusable[digest] {
			continue
		}
		m, err := d.disk.check(digest)
		if err == nil {
			return d.choiceOf(digest, m)
		}
		if isTransient(err) {
			d.postpone(err)
			continue
		}
		if d.state.Trial != nil && digest == d.state.Current {
			d.end(err.Error())
		} else {
			d.log(slog.LevelError, "the bundle "+digest+" cannot be used: "+err.Error())
		}
		d.unusable[digest] = true
	}
	return choice{paths: d.opts.Factory}
}

func (d *Device) choiceOf(digest string, m *bundle.Manifest) choice {
	c := choice{digest: digest, manifest: m}
	for _, script := range m.Scripts {
		c.paths = append(c.paths, d.disk.bundlePath(digest, filesFolder, filepath.FromSlash(script)))
	}
	return c
}

// wrote records whether the store could be written.
func (d *Device) wrote(err error) {
	d.trouble(err)
	d.retryAt = time.Time{}
	if err != nil {
		d.retryAt = time.Now().Add(retryTime)
	}
}

// mayWrite reports whether the store can probably be written.
func (d *Device) mayWrite() bool { return !time.Now().Before(d.retryAt) }

// dropRequest deletes the request that has been handled. During an installation, which may write a newer
// one, it leaves the request to takeRequest.
func (d *Device) dropRequest() {
	if d.state.Request != d.handled {
		d.handled = d.state.Request
		if err := d.disk.removeRequest(d.handled, 0); err != nil && !errors.Is(err, errLocked) {
			d.wrote(err)
		}
	}
}
