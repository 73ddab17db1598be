package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/health"
	"moonlark/engine/script"
)

// loadFleet loads the scripts of Options.Fleet. If those of a bundle do not load, it loads others. The
// error is a *script.LoadError only if there is no good bundle: another start may help otherwise, and the
// service must start again.
func (e *Engine) loadFleet(...string) ([]script.Summary, error) {
	device := e.opts.Fleet
	paths, ok := device.Boot(), true
	for {
		all, err := e.scripts.Switch(paths...)
		if err == nil {
			device.Loaded()
			return all, nil
		}
		if errors.Is(err, script.ErrCancelled) {
			return nil, err
		}
		if paths, ok = device.Failed(err); !ok && device.HasGood() {
			return nil, fmt.Errorf("neither a bundle nor the factory scripts load: %s", err)
		} else if !ok {
			return nil, err
		}
	}
}

// runFleet starts the goroutine that switches to new bundles. The function that it returns ends that.
func (e *Engine) runFleet(ctx context.Context) (end func()) {
	if e.opts.Fleet == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.opts.Fleet.Run(ctx, fleetAgent{e})
	}()
	return func() {
		cancel()
		e.scripts.Cancel() // so that Run does not wait for a load
		<-done
	}
}

// A fleetAgent is the fleet.Agent of an engine.
type fleetAgent struct{ *Engine }

func (a fleetAgent) Status() string                      { return a.remote.Status() }
func (a fleetAgent) Health() health.Report               { return a.remote.Health() }
func (a fleetAgent) Silent(ctx context.Context) []string { return a.remote.Silent(ctx) }

func (a fleetAgent) Check(paths []string) error {
	_, err := a.scripts.Check(paths...)
	return cancelled(err)
}

// Switch replaces the scripts. It reports the new ones as a reload does.
func (a fleetAgent) Switch(paths []string) error {
	began := time.Now()
	all, err := a.scripts.Switch(paths...)
	if err != nil {
		return cancelled(err)
	}
	for _, s := range all {
		a.bus.Publish(loadedEvent(bus.Reloaded, s, time.Since(began)))
	}
	a.setPaths(all)
	return nil
}

// cancelled returns err, or context.Canceled if the program ends.
func cancelled(err error) error {
	if errors.Is(err, script.ErrCancelled) {
		return context.Canceled
	}
	return err
}
