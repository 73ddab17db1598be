package remote

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/dialog"
	"moonlark/engine/script"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newScripts loads a script with this source. The scripts end with the test.
func newScripts(t *testing.T, source string) *script.Scripts {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.lua")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	scripts := script.New(script.Options{})
	t.Cleanup(scripts.Close)
	if _, err := scripts.Load(path); err != nil {
		t.Fatal(err)
	}
	return scripts
}

// newRemote returns a Remote of these parts, with a bus if they have none.
func newRemote(p Parts) *Remote {
	if p.Bus == nil {
		p.Bus = new(bus.Bus)
	}
	r := new(Remote)
	r.Connect(p)
	return r
}

// A fakeConversation is a conversation without a socket.
type fakeConversation struct {
	dialog.Conversation // nil: only the methods below are called

	done chan struct{} // closed when the conversation has ended

	mu     sync.Mutex // guards the fields below
	ended  error      // the error of Run; nil while the conversation goes on
	frames []string   // the frames that were sent
	err    error      // the error of Offer; nil means that the frame is sent
}

func newFakeConversation() *fakeConversation { return &fakeConversation{done: make(chan struct{})} }

// end makes Run return err.
func (c *fakeConversation) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.ended = err
		close(c.done)
	}
}

func (c *fakeConversation) Metadata() convai.ConversationInitiationMetadata {
	return convai.ConversationInitiationMetadata{ConversationID: "conv_1"}
}

func (c *fakeConversation) Run(context.Context, func(convai.Frame)) error {
	<-c.done
	return c.ended
}

func (c *fakeConversation) Close(_ context.Context, reason string) error {
	c.end(&convai.CloseError{Code: 1000, Reason: reason, Local: true})
	return nil
}

func (c *fakeConversation) Offer(m convai.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	frame, err := convai.Marshal(m)
	c.frames = append(c.frames, string(frame))
	return err
}

func (c *fakeConversation) Unsent() []convai.Message { return nil }
func (c *fakeConversation) Waiting() int             { return 3 }
func (c *fakeConversation) Stuck() bool              { return true }
