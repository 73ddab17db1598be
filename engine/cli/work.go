package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/work"
	"moonlark/engine/remote"
	"moonlark/engine/tool"
)

// maxJobs is the maximal value of --jobs. A script has at most 64 calls that wait.
const maxJobs = 64

type workCommand struct {
	Scripts []string `arg:"" name:"script" help:"Lua files. Their tools with where = \"worker\" are carried out for the fleet."`

	memberFlags `embed:""`

	Jobs    int           `default:"4" placeholder:"N" help:"Carry out at most this many calls, and this many jobs, at a time (${default}), and leave the others to other workers."`
	Drain   time.Duration `default:"30s" placeholder:"TIME" help:"After a signal, give the running calls so long to end (${default})."`
	Bundle  string        `placeholder:"FILE" help:"The bundle that the scripts are part of. Devices that run another one log a warning. Scripts that change are not reloaded."`
	NoWatch bool          `help:"Do not reload scripts that change."`

	permissionFlags `embed:""`
	pinFlags        `embed:""`
	limitFlags      `embed:""`
	logFlags        `embed:""`
}

// Run carries out calls of the fleet until a signal arrives.
func (c *workCommand) Run(ctx context.Context, con *console) error {
	if c.Jobs < 1 || c.Jobs > maxJobs {
		return &usageError{fmt.Errorf("--jobs %d: want 1 to %d", c.Jobs, maxJobs)}
	}
	if c.Drain < 0 {
		return &usageError{fmt.Errorf("--drain %v: want 0s or more", c.Drain)}
	}
	opts := engine.Options{Scripts: c.Scripts, Watch: !c.NoWatch && c.Bundle == ""} // a script that was edited is not that of the bundle
	var err error
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return &usageError{err}
	}
	if opts.Pins, err = c.pinFlags.chip(); err != nil {
		return &usageError{err}
	}
	digest, err := c.digest()
	if err != nil {
		return &usageError{err}
	}
	con.onExit(exitOK, nil)
	con.allowToEnd(c.Drain + exitTimeout)
	events, endShow := c.logFlags.showOnStderr(con)
	defer endShow()
	defer showStandardLog(events)()
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		return err
	}
	defer endServers()
	defer c.limitFlags.apply(&opts)()
	keepHeapFloor()
	opts.Bus = events
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running atomic.Pointer[remote.Remote] // nil while the scripts are loaded
	defer onSIGHUP(func() {
		if r := running.Load(); r != nil && c.Bundle == "" {
			r.Reload()
		}
	}, cancel)()
	return engine.RunScripts(ctx, opts, func(ctx context.Context, r *remote.Remote) error {
		running.Store(r)
		return c.serve(ctx, r, events, digest)
	})
}

// serve carries out calls with the loaded scripts until ctx is done.
func (c *workCommand) serve(ctx context.Context, r *remote.Remote, events *bus.Bus, digest string) error {
	if len(toolsOnWorkers(r)) == 0 {
		return &usageError{errors.New(`no script registers a tool with where = "worker"`)}
	}
	options, err := c.memberFlags.connection(events)
	if err != nil {
		return &usageError{err}
	}
	server, err := nats.DialWorker(options)
	if err != nil {
		return &usageError{err}
	}
	defer server.Close()
	w := work.NewWorker(work.WorkerOptions{
		Server: server, Jobs: c.Jobs, Bundle: digest,
		Log: func(level slog.Level, text string) { events.Log("", level, text) },
		Run: func(ctx context.Context, name string, request work.Request) (tool.Result, error) {
			device, _, _ := strings.Cut(request.Call, "/")
			return r.CallTool(ctx, name, request.Args, remote.CallOptions{ID: request.Call, Client: device, Via: "fleet"})
		},
	})
	jobs := work.NewJobWorker(work.JobWorkerOptions{
		Server: server, Jobs: c.Jobs, Bundle: digest,
		Log: func(level slog.Level, text string) { events.Log("", level, text) },
		Run: func(ctx context.Context, j work.Job) (tool.Result, error) {
			return r.CallTool(ctx, j.Tool, j.Args, remote.CallOptions{ID: j.ID, Client: j.Device, Via: "fleet", Job: true})
		},
	})
	var updating sync.Mutex
	update := func() {
		updating.Lock()
		defer updating.Unlock()
		specs := toolsOnWorkers(r)
		calls := slices.DeleteFunc(slices.Clone(specs), func(s *tool.Spec) bool { return s.Job })
		withJobs := slices.DeleteFunc(slices.Clone(specs), func(s *tool.Spec) bool { return !s.Job })
		if err := errors.Join(w.SetTools(calls), jobs.SetTools(withJobs)); err != nil {
			events.Log("", slog.LevelError, err.Error())
		}
		events.Log("", slog.LevelInfo, fmt.Sprintf("the worker %s carries out %s", server.Name(), toolNames(specs)))
	}
	// The subscription comes first, so that no reload is missed.
	changes := events.Subscribe(func(t bus.Type) bool { return t == bus.Reloaded || t == bus.ToolsChanged }, func(bus.Event) { update() })
	update()
	<-ctx.Done()
	changes.Close(stopTimeout)
	drain, cancel := context.WithTimeout(context.Background(), c.Drain)
	defer cancel()
	var ending sync.WaitGroup
	ending.Go(func() { w.Close(drain) })
	jobs.Close(drain)
	ending.Wait()
	return nil
}

// toolsOnWorkers returns the tools that workers carry out.
func toolsOnWorkers(r *remote.Remote) []*tool.Spec {
	return slices.DeleteFunc(slices.Clone(r.Tools()), func(s *tool.Spec) bool { return !s.OnWorker })
}

// toolNames returns the names of the tools for people.
func toolNames(specs []*tool.Spec) string {
	if len(specs) == 0 {
		return "no tool"
	}
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// digest returns the digest of --bundle, or "" without it. The error says that a script is not part of the
// bundle.
func (c *workCommand) digest() (string, error) {
	if c.Bundle == "" {
		return "", nil
	}
	b, err := bundle.Open(c.Bundle)
	if err != nil {
		return "", fmt.Errorf("--bundle: %w", err)
	}
	defer b.Close()
	for _, path := range c.Scripts {
		sum, err := sumOf(path)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(b.Manifest.Files, func(f bundle.File) bool { return f.SHA256 == sum }) {
			return "", fmt.Errorf("--bundle: %s is not among the files of the bundle %s", path, b.Manifest.Name())
		}
	}
	return b.Digest, nil
}

// sumOf returns the SHA-256 of a file in hexadecimal.
func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
