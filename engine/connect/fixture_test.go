package connect

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

// An opening is what a client sent to open a conversation.
type opening struct {
	request *http.Request
	frames  []string // the frames up to conversation_initiation_client_data
}

// serveOpenings starts an agent that opens each conversation. The channel gets what each client
// sent to open it.
func serveOpenings(t *testing.T) (url string, openings <-chan opening) {
	t.Helper()
	all := make(chan opening, 4)
	agent := testkit.Serve(t, func(c *testkit.Conversation) {
		o := opening{request: c.Request}
		for {
			frame, err := c.Next()
			if err != nil {
				c.Fail("%v, want conversation_initiation_client_data", err)
			}
			o.frames = append(o.frames, string(frame.Text))
			if frame.Type == "conversation_initiation_client_data" {
				break
			}
		}
		c.Send(testkit.Metadata(c.ID, "pcm_16000"))
		all <- o
		c.Wait()
	})
	return agent.URL, all
}

// newConnector returns a connector that is closed when the test ends.
func newConnector(t *testing.T, opts Options) *Connector {
	t.Helper()
	if opts.Bus == nil {
		opts.Bus = new(bus.Bus)
	}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// openAndClose opens a conversation with these settings and closes it. The error is that of Open.
func openAndClose(t *testing.T, c *Connector, s agentsettings.Settings) error {
	t.Helper()
	conv, err := c.Open(t.Context(), s)
	if err != nil {
		return err
	}
	conv.Close(context.Background(), "the test has ended")
	return nil
}

// checkJSON fails the test if two JSON texts do not have the same value.
func checkJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Errorf("got %s: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("want %s: %v", want, err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
