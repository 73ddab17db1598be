package mcp

import (
	"context"
	"encoding/json"
	"time"

	"moonlark/engine/guess"
	"moonlark/engine/mcpclient"
	"moonlark/luastd"
)

// A fakeServer takes the place of a server in a test of the script. It is ready from the start.
type fakeServer struct {
	name string
	luastd.FakeMCP
}

func (s fakeServer) Tool(name string) (*mcpclient.Tool, error) {
	var names []string
	for _, t := range s.Tools() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return nil, &mcpclient.Error{Code: "not_found", Text: "the MCP server " + s.name + " has no tool " + name + guess.DidYouMean(name, names)}
}

func (s fakeServer) Status() (mcpclient.State, string) { return mcpclient.Ready, "" }
func (s fakeServer) Watch(func()) (stop func())        { return func() {} }
func (s fakeServer) Timeout() time.Duration            { return mcpclient.DefaultTimeout }

func (s fakeServer) Call(_ context.Context, name string, args json.RawMessage) (*mcpclient.Result, error) {
	if _, err := s.Tool(name); err != nil {
		return nil, err
	}
	return s.FakeMCP.Call(name, args)
}
