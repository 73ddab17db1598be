package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/work"
	"moonlark/engine/remote"
	"moonlark/engine/tool"
	"moonlark/engine/version"
)

// A fleetMember is what scripts know of the fleet: see luastd.Fleet. Any goroutine may use it.
type fleetMember struct {
	device   *fleet.Device
	carrier  *nats.Device     // nil without a fleet
	caller   *work.Caller     // nil without a fleet
	jobs     *work.Jobs       // nil without a fleet
	follower *follow.Follower // set by start, before any script runs; nil without a fleet

	agent atomic.Pointer[remote.Remote] // nil before start
}

// openJobs opens the jobs of the device.
func (m *fleetMember) openJobs(folder string, events *bus.Bus) {
	m.jobs = work.OpenJobs(work.JobsOptions{
		Carrier: m.carrier, Folder: folder,
		Bundle: func() string { return m.device.Running().Digest },
		Log:    func(level slog.Level, text string) { events.Log("", level, text) },
		Ready: func() bool {
			agent := m.agent.Load()
			return agent != nil && agent.Status() != "" // the scripts have been loaded
		},
		Done: func(r tool.JobResult) {
			script := m.agent.Load().Owner(r.Tool)
			if script == "" {
				events.Log("", slog.LevelWarn, fmt.Sprintf("the job %s has its result, but no script has its tool %s any more", r.ID, r.Tool))
			}
			events.Publish(bus.FromJob(script, r))
		},
	})
}

// Name returns the name of the device in the fleet, or "" without a fleet.
func (m *fleetMember) Name() string {
	if m.carrier == nil {
		return ""
	}
	return m.carrier.Name()
}

// Groups returns the groups of the device.
func (m *fleetMember) Groups() []string {
	if m.carrier == nil {
		return nil
	}
	return m.carrier.Groups()
}

// Bundle returns the bundle that runs.
func (m *fleetMember) Bundle() (name string, version int64) {
	running := m.device.Running()
	return running.Name, running.Version
}

// Defer asks the device not to switch to another bundle for a while.
func (m *fleetMember) Defer(length time.Duration) { m.device.Defer(length) }

// Report has a value shown in the centre of the fleet.
func (m *fleetMember) Report(name string, value json.RawMessage) error {
	if string(value) == "null" {
		value = nil
	}
	return m.follower.Report(name, value)
}

// start makes the device follow the fleet that the flags name, until the function that it returns is called.
// Without a fleet, it does nothing.
func (m *fleetMember) start(ctx context.Context, f fleetFlags, events *bus.Bus, server *control.Control, agent *remote.Remote) (end func(), err error) {
	if m.carrier == nil {
		return func() {}, nil
	}
	opts := follow.Options{
		Carrier: m.carrier, Device: m.device, Bus: events, Moonlark: version.Version(), Share: f.share(),
		Health: agent.Health,
		OK:     func() (bool, []string) { return control.OK(ctx, agent) },
		Metrics: func() string {
			_, text := server.Do(ctx, agent, "metrics", nil, message.MaxState/2)
			return string(text)
		},
		Command: func(ctx context.Context, verb string, body []byte) message.Answer {
			status, text := server.Do(ctx, agent, verb, body, message.MaxCommand/2)
			return message.Answer{Status: status, Body: string(text)}
		},
	}
	if f.FleetSpool {
		store, err := f.folder()
		if err != nil {
			return nil, err
		}
		opts.Spool = filepath.Join(store, "spool")
	}
	m.agent.Store(agent)
	m.follower = follow.New(opts)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.follower.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

// addTo makes the scripts of the engine see the fleet.
func (m *fleetMember) addTo(opts *engine.Options) {
	opts.Member = m
	if m.caller != nil {
		opts.Offloader, opts.Jobs = m.caller, m.jobs
	}
}

// close ends the connection with the hub, if there is one.
func (m *fleetMember) close() {
	if m.carrier != nil {
		m.caller.Close()
		m.jobs.Close()
		m.carrier.Close()
	}
}
