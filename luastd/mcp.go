package luastd

import "moonlark/engine/mcpclient"

// An MCPUser gives access to the MCP servers of other people.
type MCPUser interface {
	// MCPServers returns the servers that the operator has named, or nil if there are none. Any
	// goroutine may call it.
	MCPServers() *mcpclient.Servers
}

// A FakeMCP takes the place of an MCP server in a test of a script. Any goroutine may call its methods,
// which must not block.
type FakeMCP interface {
	// Tools returns the tools of the server.
	Tools() []*mcpclient.Tool
	// Call records a call of a tool and returns its result.
	Call(tool string, args []byte) (*mcpclient.Result, error)
}
