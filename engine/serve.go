package engine

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/filewatch"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// Serve runs the server of the embedded agent at addr, such as "127.0.0.1:8765", until ctx is done.
// The scripts only define the tools that the agent can call. Serve calls none of their handlers,
// because each client runs the tools itself. When the server listens, Serve calls ready with its
// URL.
func Serve(ctx context.Context, opts Options, addr string, ready func(url string)) error {
	e, err := New(opts)
	if err != nil {
		return err
	}
	defer e.close()
	offered := &servedTools{}
	defer context.AfterFunc(ctx, e.scripts.Cancel)()
	if err := offered.load(e.scripts, opts.Scripts); errors.Is(err, script.ErrCancelled) {
		return endCause(ctx)
	} else if err != nil {
		return err
	}
	if opts.Watch && len(opts.Scripts) > 0 {
		e.watcher = filewatch.New(opts.Scripts, func(string) []script.File { return offered.files() }, func(path string) {
			began := time.Now()
			if err := offered.load(e.scripts, opts.Scripts); errors.Is(err, script.ErrCancelled) {
				return
			} else if err != nil {
				e.bus.Publish(reloadFailed(path, err))
				return
			}
			e.bus.Publish(loadedEvent(bus.Reloaded, offered.summary(path), time.Since(began)))
		}, e.warn)
	}
	server, err := connect.Listen(addr, opts.LocalAgent, offered.tools, e.bus)
	if err != nil {
		return err
	}
	ready(server.URL())
	<-ctx.Done()
	return connect.CloseServer(server)
}

// A servedTools has the tools of scripts whose handlers never run. Any goroutine may use it.
type servedTools struct {
	mu     sync.Mutex // guards the fields below
	all    []script.Summary
	failed []script.File // the files that the last load depended on; nil if it succeeded
}

// load loads the scripts again. When a script cannot be loaded, the tools of the last successful load
// stay.
func (t *servedTools) load(scripts *script.Scripts, paths []string) error {
	all, err := scripts.Check(paths...)
	t.mu.Lock()
	defer t.mu.Unlock()
	var load *script.LoadError
	if errors.As(err, &load) {
		t.failed = load.Files
	}
	if err != nil {
		return err
	}
	t.all, t.failed = all, nil
	return nil
}

func (t *servedTools) tools() []*tool.Spec {
	t.mu.Lock()
	defer t.mu.Unlock()
	var specs []*tool.Spec
	for _, s := range t.all {
		specs = append(specs, s.Tools...)
	}
	return specs
}

// files returns the files on which the scripts depend.
func (t *servedTools) files() []script.File {
	t.mu.Lock()
	defer t.mu.Unlock()
	var files []script.File
	for _, s := range t.all {
		files = append(files, s.Files...)
	}
	return append(files, t.failed...)
}

// summary returns the tools and handlers of the script at path.
func (t *servedTools) summary(path string) script.Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.all {
		if s.Path == filepath.Clean(path) {
			return s
		}
	}
	return script.Summary{Path: path}
}
