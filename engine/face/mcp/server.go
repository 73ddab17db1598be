// Package mcp offers the tools of the scripts to other programs by the Model Context Protocol (MCP),
// such as to Claude Code, to editors and to home automation. A [Server] has the tools, whatever
// connection the clients use: stdin and stdout, or HTTP.
//
// The package serves both kinds of MCP in use: the versions up to 2025-11-25, in which a session
// begins with the request initialize, and 2026-07-28, in which every request stands for itself. The
// library go-sdk tells them apart for each request.
//
// Each request runs on a goroutine of its own, which waits for the script. The scripts never wait for
// a client: what they report goes through a place that holds only the latest value.
package mcp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

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

// A Server offers the tools of the scripts. Any goroutine may call its methods.
type Server struct {
	opts   Options // opts, remote and sdk do not change after New
	remote *remote.Remote
	sdk    *sdk.Server

	calls   atomic.Int64 // the number of calls so far, from which their ids are made
	running atomic.Int64 // the number of calls that have no result yet

	mu     sync.Mutex        // guards the fields below
	listed map[string][]byte // the tools that clients see, by name, each as JSON
	warned map[string]bool   // the names of Options.Only of which a warning was logged
}

// New returns a server for the tools that r has. It has no tools before Refresh is called.
func New(r *remote.Remote, opts Options) *Server {
	opts.Name = cmp.Or(opts.Name, "moonlark")
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{opts: opts, remote: r, listed: map[string][]byte{}, warned: map[string]bool{}}
	s.sdk = sdk.NewServer(&sdk.Implementation{Name: opts.Name, Version: opts.Version}, &sdk.ServerOptions{
		// clients ask to be told of changes only if the server says that it has tools which can change
		Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{ListChanged: true}},
	})
	s.sdk.AddReceivingMiddleware(s.refuse)
	return s
}

// SDK returns the server of go-sdk that holds the tools. It is for connections, such as the handlers
// of HTTP; only Refresh changes its tools.
func (s *Server) SDK() *sdk.Server { return s.sdk }

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
	return events.Subscribe(func(t bus.Type) bool { return t == bus.Loaded || t == bus.Reloaded },
		func(bus.Event) { s.Refresh() })
}

// Refresh gives clients the tools that the scripts have now. Clients are told of a change once, and
// only if something has changed that they can see.
func (s *Server) Refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	specs := s.remote.Tools()
	s.warnOfUnknown(specs)
	listed := make(map[string][]byte)
	var changed []*sdk.Tool
	for _, spec := range specs {
		if len(s.opts.Only) > 0 && !slices.Contains(s.opts.Only, spec.Name) {
			continue
		}
		t := definition(spec)
		text, err := json.Marshal(t)
		if err != nil { // cannot happen: a definition has only strings, booleans and JSON
			s.opts.Log.Error(fmt.Sprintf("mcp: %s cannot be offered: %v", spec.Name, err))
			continue
		}
		listed[spec.Name] = text
		if !bytes.Equal(s.listed[spec.Name], text) {
			changed = append(changed, t)
		}
	}
	var gone []string
	for name := range maps.Keys(s.listed) {
		if listed[name] == nil {
			gone = append(gone, name)
		}
	}
	s.listed = listed
	if len(gone) > 0 {
		s.sdk.RemoveTools(gone...)
	}
	for _, t := range changed {
		s.sdk.AddTool(t, s.call)
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
