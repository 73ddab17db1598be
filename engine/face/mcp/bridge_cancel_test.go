package mcp

import (
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// A client that has as many calls as the agent takes can cancel them all, each as soon as it has sent
// it, and whatever it has sent last.
func TestABridgePassesOnEachCancellation(t *testing.T) {
	f := newHTTPFixture(t, hang, "")
	c := bridgeTo(t, f.url(), "")
	c.begin()
	var calls, cancels strings.Builder
	for i := range maxCalls {
		id := fmt.Sprint("call ", i)
		calls.WriteString(request(id, "tools/call", `{"name":"hang"}`))
		cancels.WriteString(cancelOf(id))
	}
	c.write(calls.String())
	f.counted(fmt.Sprint(maxCalls, " 0"))
	c.write(request("without a session", "tools/list", modern("")))
	c.read()
	c.write(cancels.String())
	f.counted(fmt.Sprint(maxCalls, " ", maxCalls))
	for i := range 50 {
		id := fmt.Sprint("quick ", i)
		c.write(request(id, "tools/call", `{"name":"hang"}`) + cancelOf(id) + request("after", "ping", "{}"))
		c.until(`"id":"after"`)
	}
	testkit.Until(t, "all calls have been cancelled", func() bool {
		result, err := f.remote.Call(t.Context(), "count", nil)
		waiting, cancelled, _ := strings.Cut(result.Text, " ")
		return err == nil && waiting == cancelled && f.server.running.Load() == 0
	})
	c.write(request("last", "tools/call", `{"name":"greet"}`))
	if got := c.until(`"id":"last"`); !strings.Contains(got, "hello you") {
		t.Errorf("got %s", got)
	}
	c.in.Close()
	c.end()
}
