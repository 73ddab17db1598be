package dialog

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/life"
	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/engine/voice"
)

// A fakeConversation is a simulated conversation without a socket, on the fake clock of the test.
type fakeConversation struct {
	frames chan convai.Frame
	over   chan struct{} // closed when the conversation has ended

	mu       sync.Mutex       // guards the fields below
	messages []convai.Message // the messages that the dialog has sent
	sent     []string         // JSON of the messages that the dialog has sent since the last call of wire
	ended    error            // how the conversation ended; nil while it is open
	unsent   []convai.Message
	busy     error // error that Offer returns

	onSend func() // called by Send before it returns; nil for nothing
}

func newFakeConversation() *fakeConversation {
	return &fakeConversation{frames: make(chan convai.Frame), over: make(chan struct{})}
}

func (m *fakeConversation) Metadata() convai.ConversationInitiationMetadata {
	return convai.ConversationInitiationMetadata{
		ConversationID: "conv_1", AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000",
	}
}

func (m *fakeConversation) Run(_ context.Context, handler func(convai.Frame)) error {
	for {
		select {
		case f := <-m.frames:
			handler(f)
		case <-m.over:
			return m.ended
		}
	}
}

// end ends the conversation: Run returns err.
func (m *fakeConversation) end(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended == nil {
		m.ended = err
		close(m.over)
	}
}

func (m *fakeConversation) Send(message convai.Message) error {
	if m.onSend != nil {
		defer m.onSend()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended != nil {
		return convai.ErrOver
	}
	frame, err := convai.Marshal(message)
	m.messages = append(m.messages, message)
	m.sent = append(m.sent, string(frame))
	return err
}

func (m *fakeConversation) Offer(message convai.Message) error {
	if m.busy != nil {
		return m.busy
	}
	return m.Send(message)
}

func (m *fakeConversation) SendSound([]byte) int      { return 0 }
func (m *fakeConversation) SendEarlySound([]byte) int { return 0 }
func (m *fakeConversation) Unsent() []convai.Message  { return m.unsent }
func (m *fakeConversation) Waiting() int              { return 0 }
func (m *fakeConversation) Stuck() bool               { return false }

func (m *fakeConversation) Close(_ context.Context, reason string) error {
	m.end(&convai.CloseError{Code: 1000, Reason: reason})
	return nil
}

// receive delivers a message of the agent to the dialog and waits until the dialog has handled it.
func (m *fakeConversation) receive(message convai.Message) {
	frame, err := convai.Marshal(message)
	if err != nil {
		panic(err)
	}
	m.receiveText(string(frame))
}

func (m *fakeConversation) receiveText(frame string) {
	f, err := convai.Parse([]byte(frame))
	if err != nil {
		panic(err)
	}
	select {
	case m.frames <- f:
	case <-m.over:
	}
	synctest.Wait()
}

// wire returns the JSON of the messages that have been sent since the last call of wire.
func (m *fakeConversation) wire() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	sent := m.sent
	m.sent = nil
	return sent
}

// A fakeScripts stands in for the scripts. It collects the tool calls, which the test answers.
type fakeScripts struct {
	mu        sync.Mutex // guards the fields below
	calls     []*script.Call
	shortened map[string]time.Duration
	listens   map[string]bool
}

func (d *fakeScripts) Call(c *script.Call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, c)
}

func (d *fakeScripts) ShortenTimeout(c *script.Call, timeout time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shortened[c.ID] = timeout
}

func (d *fakeScripts) Owner(string) (scriptName, at string) { return "a.lua", "a.lua:1" }
func (d *fakeScripts) Listens(event string) bool            { return d.listens[event] }

// A testDialog is a dialog with a simulated conversation. It records the events of the dialog.
type testDialog struct {
	*Dialog
	conv    *fakeConversation
	scripts *fakeScripts
	cancel  context.CancelFunc // makes the program end

	mu     sync.Mutex // guards events
	events []bus.Event
}

func (s *testDialog) note(e bus.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// all returns the events of type t that have been published.
func (s *testDialog) all(t bus.Type) (found []bus.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Type == t {
			found = append(found, e)
		}
	}
	return found
}

// anyVoice stands for a Voice without devices, which play makes on the fake clock.
var anyVoice = new(voice.Voice)

// play runs Dialog.Hold on a fake clock, calls test meanwhile, and then ends the conversation. It
// returns how the dialog ended.
func play(t *testing.T, opts Options, test func(*testDialog)) (ending life.Ending, s *testDialog) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s = &testDialog{conv: newFakeConversation(), scripts: &fakeScripts{shortened: map[string]time.Duration{}, listens: map[string]bool{}}}
		opts.Bus, opts.Scripts, opts.Turns = new(bus.Bus), s.scripts, NewTurns()
		opts.Bus.Attach(bus.Receiver{Wants: func(bus.Type, string) bool { return true }, Receive: s.note})
		if opts.Voice == anyVoice {
			opts.Voice = voice.New(voice.Options{Bus: opts.Bus})
			opts.Voice.Start()
			defer opts.Voice.Close()
		}
		s.Dialog = New(s.conv, opts)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.cancel = cancel
		done := make(chan struct{})
		go func() {
			defer close(done)
			ending = s.Hold(ctx, false, false)
		}()
		synctest.Wait()
		test(s)
		s.conv.end(&convai.CloseError{Code: 1000, Reason: "the test is over"})
		<-done
	})
	return ending, s
}

// answer answers the oldest tool call that has no answer yet.
func (s *testDialog) answer(r tool.Result) {
	s.scripts.mu.Lock()
	c := s.scripts.calls[0]
	s.scripts.calls = s.scripts.calls[1:]
	s.scripts.mu.Unlock()
	c.Reply(c, r)
	synctest.Wait()
}

func callMessage(id, name string) *convai.ClientToolCall {
	return &convai.ClientToolCall{ToolName: name, ToolCallID: id, Parameters: json.RawMessage(`{"n":1}`), EventID: 1}
}
