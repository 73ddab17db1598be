package fleet

import (
	"log/slog"
	"time"

	"moonlark/engine/fleet/message"
	"moonlark/engine/health"
)

// use records that c runs now.
func (d *Device) use(c choice) {
	d.inUse = c
	phase := factory
	if c.digest != "" {
		phase = Good
	}
	if d.onTrial() {
		phase = Trial
	}
	d.show(func(f *health.Fleet) {
		d.paths, d.running = c.paths, message.Running{Digest: c.digest, Phase: phase}
		if c.manifest != nil {
			d.running.Name, d.running.Version = c.manifest.Name(), c.manifest.Version
		}
		f.Bundle, f.Version, f.Phase = d.running.Name, d.running.Version, phase
	})
}

// Health returns the state of the device. Any goroutine may call it.
func (d *Device) Health() *health.Fleet {
	d.mu.Lock()
	defer d.mu.Unlock()
	shown := d.shown
	return &shown
}

// Running returns the bundle that runs. Any goroutine may call it.
func (d *Device) Running() message.Running {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running
}

// ShowLink shows the state of the connection with the hub in Health: see the fields of health.Fleet. Any
// goroutine may call it.
func (d *Device) ShowLink(status, reason string, heard time.Time, dropped int) {
	d.show(func(f *health.Fleet) { f.Status, f.Reason, f.LastHeard, f.Dropped = status, reason, heard, dropped })
}

// The values of health.Fleet.Status that ShowLink shows.
const (
	connected = "connected"
	offline   = "offline"
)

// hasHub reports whether there is a connection with the hub.
func (d *Device) hasHub() bool { return d.Health().Status == connected }

// Paths returns the paths of the scripts that run. Any goroutine may call it.
func (d *Device) Paths() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paths
}

func (d *Device) show(change func(*health.Fleet)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.shown)
}

func (d *Device) log(level slog.Level, text string) { d.opts.Bus.Log("", level, text) }

// trouble shows that the store cannot be written, or, without an error, that it can.
func (d *Device) trouble(err error) {
	text := ""
	if err != nil {
		text = "the fleet store cannot be written: " + err.Error()
	}
	d.showTrouble(text)
}

// showTrouble shows what is wrong with the store, or, with "", that nothing is.
func (d *Device) showTrouble(text string) {
	if text != "" && d.Health().Trouble == "" {
		d.log(slog.LevelError, text)
	}
	d.show(func(f *health.Fleet) { f.Trouble = text })
}
