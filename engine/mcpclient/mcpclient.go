// Package mcpclient uses the MCP servers of other people: programs that speak the Model Context
// Protocol on their standard input and output, and servers that are reached by HTTP.
//
// A [Server] is one server. Whoever needs it calls [Server.Acquire]; the first call starts it in the
// background, and the last [Server.Release] ends it. A goroutine of the Server connects, lists the
// tools, and begins again when the server is lost. Calls come from any goroutine.
//
// What a server says about its tools, and what its tools return, are texts by strangers: the package
// bounds them, and removes what a terminal would act on. The rules of an [Entry] say which tools may
// be called; what may not be called is not listed either.
package mcpclient

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"moonlark/engine/guess"
)

// Servers are the servers that a file names. Any goroutine may use them. A nil *Servers has none.
type Servers struct {
	file    string // where they come from, for messages
	servers map[string]*Server
}

// NewServers returns the servers of these entries. file is the name of the file that lists them. log
// gets what happens to the servers, and at the debug level what they write to their standard error;
// nil means that it is dropped. NewServers starts nothing. The caller must call Close.
func NewServers(file string, entries []*Entry, log *slog.Logger) *Servers {
	s := &Servers{file: file, servers: make(map[string]*Server)}
	for _, e := range entries {
		s.servers[e.Name] = NewServer(e, log)
	}
	return s
}

// Names returns the names of the servers, sorted.
func (s *Servers) Names() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.servers))
}

// Server returns the server with this name. The error says which names there are.
func (s *Servers) Server(name string) (*Server, error) {
	if s == nil {
		return nil, fmt.Errorf("there is no MCP server %q: start with --mcp-servers=FILE, which names it", name)
	}
	if server := s.servers[name]; server != nil {
		return server, nil
	}
	return nil, fmt.Errorf("%s has no MCP server %q%s", s.file, name, guess.DidYouMean(name, s.Names()))
}

// Close ends all servers, also those that are still in use, and returns when nothing of them runs
// any more: after at most two seconds.
func (s *Servers) Close() {
	if s == nil {
		return
	}
	var wg sync.WaitGroup
	for _, server := range s.servers {
		wg.Go(server.Close)
	}
	wg.Wait()
}
