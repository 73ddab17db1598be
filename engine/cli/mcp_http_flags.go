package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/mcp"
	"moonlark/engine/remote"
	"moonlark/engine/version"
)

// mcpHTTPFlags offer the tools of the scripts to MCP clients on the HTTP server of the agent.
type mcpHTTPFlags struct {
	MCP       bool     `name:"mcp" help:"With --http: offer the tools of the scripts at /mcp, to clients of the Model Context Protocol."`
	Only      []string `placeholder:"TOOL,..." help:"With --mcp: offer only these tools. Resources and prompts are not affected."`
	PathToken bool     `name:"mcp-path-token" help:"With --mcp: answer at /mcp/TOKEN too, for clients that cannot send headers. Others may see the token in the logs of a proxy."`
}

// check returns an error if the flags do not fit those of the HTTP server.
func (f mcpHTTPFlags) check(server control.Options) error {
	switch {
	case f.MCP && server.Addr == "":
		return errors.New("--mcp needs --http")
	case !f.MCP && f.Only != nil:
		return errors.New("--only needs --mcp")
	case !f.MCP && f.PathToken:
		return errors.New("--mcp-path-token needs --mcp")
	case f.PathToken && server.Token == "":
		return errors.New("--mcp-path-token needs a token: set " + tokenVariable)
	}
	return checkOnly(f.Only)
}

// checkOnly returns an error if --only has an empty name, such as that of a variable which is not set.
// Without names, all tools would be offered.
func checkOnly(only []string) error {
	if only != nil && len(only) == 0 || slices.Contains(only, "") {
		return errors.New("--only: the name of a tool is empty")
	}
	return nil
}

// mount adds MCP to the HTTP server, if the flags ask for it. scripts are the files of the scripts.
// Call it before the server is opened and the scripts are loaded, and call end after the server has
// been closed. When ctx is done, the server closes its connections. The calls end then too, so that the
// end of the program does not wait for them.
func (f mcpHTTPFlags) mount(ctx context.Context, server *control.Control, r *remote.Remote, events *bus.Bus, scripts []string) (end func()) {
	if !f.MCP {
		return func() {}
	}
	tools := mcp.New(r, mcp.Options{Name: serverName(scripts), Version: version.Version(), Only: f.Only, Log: events.Logger("")})
	watched := tools.Watch(events)
	handler := mcp.NewHTTPHandler(tools)
	server.Mount(control.Mount{
		Path: mcp.HTTPPath, Handler: handler, MaxOpen: mcp.MaxHTTPRequests, MaxBody: mcp.MaxHTTPBody,
		Streams: true, PathToken: f.PathToken,
	})
	server.Gauge("moonlark_mcp_sessions", func() float64 { return float64(tools.Sessions()) })
	context.AfterFunc(ctx, handler.Close)
	return func() {
		watched.Close(stopTimeout)
		handler.Close()
	}
}

// serverName returns the name of an MCP server for these scripts.
func serverName(scripts []string) string {
	if len(scripts) == 0 { // bundles bring them
		return "moonlark"
	}
	return strings.TrimSuffix(filepath.Base(scripts[0]), ".lua")
}
