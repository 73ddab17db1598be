package cli

import (
	"context"
	"os"
	"sync"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/doctor"
	"moonlark/engine/mcpclient"
)

// mcpServersFlag names the MCP servers of other people that scripts can use.
type mcpServersFlag struct {
	MCPServers string `name:"mcp-servers" placeholder:"FILE" help:"MCP servers that scripts can use: a JSON file with mcpServers, as other programs have it. The servers run with all rights of Moonlark."`
}

// open reads the file. The servers log to events. It returns nil if the flag is not set. The error is
// a *usageError. The caller must close the servers.
func (f mcpServersFlag) open(events *bus.Bus) (*mcpclient.Servers, error) {
	if f.MCPServers == "" {
		return nil, nil
	}
	entries, err := mcpclient.ReadFile(f.MCPServers, os.LookupEnv)
	if err != nil {
		return nil, &usageError{err}
	}
	log := events.Logger("")
	for _, e := range entries {
		if e.IsUnencrypted() {
			log.Warn("mcp server " + e.Name + ": its headers go through the local network without encryption")
		}
	}
	return mcpclient.NewServers(f.MCPServers, entries, log), nil
}

// addTo reads the file and gives opts the servers, which log to opts.Bus. The error is a *usageError.
// The caller must call end after the engine has stopped.
func (f mcpServersFlag) addTo(opts *engine.Options) (end func(), err error) {
	opts.MCPServers, err = f.open(opts.Bus)
	return opts.MCPServers.Close, err
}

// startServers starts all servers, and waits until each is ready or has failed. It returns what has
// become of them, sorted by name. They run until they are closed.
func startServers(ctx context.Context, servers *mcpclient.Servers) []doctor.Server {
	names := servers.Names()
	all := make([]doctor.Server, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		server, err := servers.Server(name)
		if err != nil {
			continue // there is one for each name
		}
		wg.Go(func() {
			began := time.Now()
			server.Acquire()
			err := server.AwaitReady(ctx)
			all[i] = doctor.Server{Name: name, Tools: len(server.Tools()), Err: err, Took: time.Since(began)}
		})
	}
	wg.Wait()
	return all
}
