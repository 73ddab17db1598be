package doctor

import (
	"fmt"
	"time"
)

// A Server is an MCP server of other people that scripts can use, after an attempt to start it.
type Server struct {
	Name  string
	Tools int           // the number of tools that may be called
	Took  time.Duration // until it was ready
	Err   error         // why it is not ready; nil if it is
}

// checkServers reports whether each MCP server of the file could be started.
func (c *checker) checkServers() {
	const group = "mcp servers"
	for _, s := range c.Servers {
		switch {
		case s.Err != nil:
			c.fail(group, s.Name, s.Err.Error(), "start its command in a terminal, or check its url; raise its \"startup\" if it is slow")
		case s.Tools == 0:
			c.warn(group, s.Name, "it is ready, but has no tool that may be called", "check its allow and deny")
		default:
			c.ok(group, s.Name, fmt.Sprintf("ready after %.1f s, with %s that may be called", s.Took.Seconds(), plural(s.Tools, "tool")))
		}
	}
}
