package doctor

import (
	"context"
	"fmt"
	"time"

	"moonlark/engine/connect"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/tool"
)

// slowSession is how long it may take to set a session up. A service that takes longer gets a
// warning.
const slowSession = 3 * time.Second

// checkRealtime checks the speech-to-speech service of the embedded agent: whether it can be
// reached, takes the key, and accepts the settings and the tools of a session. It does not speak,
// so it costs nothing.
func (c *checker) checkRealtime(ctx context.Context) {
	if c.Realtime == nil {
		return
	}
	const group, subject = "model", "session"
	var tools []*tool.Spec
	for _, s := range c.Scripts {
		tools = append(tools, s.Tools...)
	}
	took, err := c.Realtime.Probe(ctx, realtime.Start{Start: brain.Start{
		Tools: func() []*tool.Spec { return tools }, Settings: connect.Initiation(c.Settings),
	}})
	if err != nil {
		c.failModel(subject, err)
		return
	}
	text := fmt.Sprintf("%s has accepted a session with %s after %.1f s", c.Realtime, plural(len(tools), "tool"), took.Seconds())
	if took > slowSession {
		c.warn(group, subject, text, "the first answer of each conversation takes that much longer")
		return
	}
	c.ok(group, subject, text)
}
