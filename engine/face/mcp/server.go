// Package mcp offers the tools, resources and prompts of the scripts to other programs by the Model
// Context Protocol (MCP): to Claude Code, editors and home automation, for example. One [Server] serves
// the clients of all connections: stdin and stdout, and HTTP.
//
// The package serves both kinds of MCP in use: the versions up to 2025-11-25, in which a session
// begins with the request initialize, and 2026-07-28, in which requests do not depend on each other. The
// library go-sdk tells them apart for each request.
//
// Each request runs on a goroutine of its own, which waits for the script. The scripts never wait for
// a client: if a client reads slowly, it gets only the latest progress of a call.
package mcp

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/bus"
	"moonlark/engine/guess"
	"moonlark/engine/remote"
	"moonlark/engine/tool"
)

// Options are the options of a Server.
type Options struct {
	Name    string // the name of the server, which clients show; empty means "moonlark"
	Version string // the version of the program, which clients show

	// Only are the names of the tools that clients may see and call. Empty means all tools.
	Only []string

	Log *slog.Logger // where problems of this package are logged; nil means nowhere
}

// A Server offers what the scripts have. Any goroutine may call its methods.
type Server struct {
	opts   Options // opts, remote, sdk and answerTimeout do not change after New
	remote *remote.Remote
	sdk    *sdk.Server

	calls   atomic.Int64 // the number of calls so far, from which their ids are made
	running atomic.Int64 // the number of calls that have no result yet

	answerTimeout time.Duration // the constant answerTimeout; longer in tests

	mu        sync.Mutex // guards the fields below
	tools     listing
	resources listing // by URI
	templates listing // the resources whose URIs have parameters, by URI
	prompts   listing
	// whether there have been resources and prompts since New; the server then has their methods
	hadResources, hadPrompts bool
	changes                  changes
	warned                   map[string]bool // the names of Options.Only for which a warning was logged
}

// New returns a server for what the scripts of r have. It offers nothing before Refresh is called.
func New(r *remote.Remote, opts Options) *Server {
	opts.Name = cmp.Or(opts.Name, "moonlark")
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{opts: opts, remote: r, answerTimeout: answerTimeout, warned: map[string]bool{}}
	s.sdk = sdk.NewServer(&sdk.Implementation{Name: opts.Name, Version: opts.Version}, &sdk.ServerOptions{
		// clients ask to be told of changes only if the server says that it has tools which can change
		Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{ListChanged: true}},
	})
	s.sdk.AddReceivingMiddleware(s.refuse)
	s.sdk.AddSendingMiddleware(s.tellOnce)
	return s
}

// Sessions returns how many clients are connected now. A client that uses MCP 2026-07-28 over HTTP
// counts only while it waits for an answer.
func (s *Server) Sessions() int {
	n := 0
	for range s.sdk.Sessions() {
		n++
	}
	return n
}

// Watch makes the server call Refresh after each load and reload of a script, until the caller closes
// the subscription.
func (s *Server) Watch(events *bus.Bus) *bus.Subscription {
	return events.Subscribe(func(t bus.Type) bool { return t == bus.Loaded || t == bus.Reloaded || t == bus.ToolsChanged },
		func(bus.Event) { s.Refresh() })
}

// Refresh gives clients the tools, resources and prompts that the scripts have now. Clients are told of
// a change once, and only if something has changed that they can see.
func (s *Server) Refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshTools()
	s.refreshResources()
	s.refreshPrompts()
}

// refreshTools does the part of Refresh for tools. The caller must hold s.mu.
func (s *Server) refreshTools() {
	specs := s.remote.Tools()
	s.warnOfUnknown(specs)
	now := make(map[string]any)
	for _, spec := range specs {
		if len(s.opts.Only) == 0 || slices.Contains(s.opts.Only, spec.Name) {
			now[spec.Name] = definition(spec)
		}
	}
	changed, gone := s.tools.replace(now)
	s.noteChange(toolsChanged, changed, gone)
	if len(gone) > 0 {
		s.sdk.RemoveTools(gone...)
	}
	for _, name := range changed {
		s.sdk.AddTool(now[name].(*sdk.Tool), s.call)
	}
}

// warnOfUnknown logs a warning for each name of Options.Only that no tool has. The caller must hold
// s.mu.
func (s *Server) warnOfUnknown(specs []*tool.Spec) {
	var names []string
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	for _, name := range s.opts.Only {
		if !slices.Contains(names, name) && !s.warned[name] {
			s.warned[name] = true
			s.opts.Log.Warn(fmt.Sprintf("mcp: --only %s: no script has a tool of that name%s", name, guess.DidYouMean(name, names)))
		}
	}
}
