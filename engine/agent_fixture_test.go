package engine

import (
	"encoding/json"
	"testing"
	"time"

	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

// A testAgent is the agent's end of a conversation, with the messages of package convai.
type testAgent struct {
	t testing.TB
	*testkit.Conversation
}

// serveAgent starts an agent and returns its URL. play is called for each client after the metadata
// has been sent.
func serveAgent(t testing.TB, play func(*testAgent)) (url string) {
	t.Helper()
	return serveAgentWith(t, convai.ConversationInitiationMetadata{ConversationID: "conv_1"}, play)
}

// serveAgentWith is serveAgent with other metadata.
func serveAgentWith(t testing.TB, metadata convai.ConversationInitiationMetadata, play func(*testAgent)) (url string) {
	t.Helper()
	return serveUnopened(t, func(a *testAgent) {
		a.OpenWith(marshal(t, &metadata))
		play(a)
	})
}

// serveInTurn is serveAgent for several conversations, whose ids are conv_1, conv_2 and so on. The
// first of plays plays the first conversation, the second one the second conversation, and so on.
// The last of plays also plays all later conversations.
func serveInTurn(t testing.TB, plays ...func(*testAgent)) (url string) {
	t.Helper()
	return serveUnopened(t, func(a *testAgent) {
		a.Open()
		plays[min(a.Number, len(plays))-1](a)
	})
}

// serveUnopened is serveAgent, but play is called before anything has been read or sent.
func serveUnopened(t testing.TB, play func(*testAgent)) (url string) {
	t.Helper()
	return testkit.Serve(t, func(c *testkit.Conversation) { play(&testAgent{t, c}) }).URL
}

// marshal returns the frame of a message.
func marshal(t testing.TB, m convai.Message) string {
	frame, err := convai.Marshal(m)
	if err != nil {
		t.Error(err)
	}
	return string(frame)
}

func (a *testAgent) send(m convai.Message) { a.Send(marshal(a.t, m)) }

// nextFrame returns the client's next frame that is not a pong, or "" when the conversation has
// ended.
func (a *testAgent) nextFrame() string {
	for {
		f, err := a.Next()
		if err != nil {
			return ""
		}
		if f.Type != "pong" {
			return string(f.Text)
		}
	}
}

// call calls a tool and returns the client's answer.
func (a *testAgent) call(id, name, args string) testkit.ToolResult {
	r := a.Call(id, name, args)
	if r.Err != nil {
		a.t.Errorf("%s: %v", name, r.Err)
	}
	return r
}

// startCall calls a tool and does not wait. nextResult or nextFrame returns the answer.
func (a *testAgent) startCall(id, name, args string) { a.Send(testkit.ToolCall(id, name, args)) }

// nextResult returns the client's next tool result and passes over all other frames.
func (a *testAgent) nextResult() (r testkit.ToolResult) {
	if err := json.Unmarshal(a.WaitFor("client_tool_result").Text, &r); err != nil {
		a.t.Error(err)
	}
	return r
}

// requestApproval asks the client to approve an MCP tool call.
func (a *testAgent) requestApproval(id string, seconds int) {
	a.send(&convai.MCPToolCall{
		ServiceID: "s", ToolCallID: id, ToolName: "pay", Parameters: []byte(`{"sum":5}`),
		State: convai.MCPAwaitingApproval, ApprovalTimeoutSecs: seconds,
	})
}

// cut closes the connection without a close frame.
func cut(a *testAgent) { a.Cut() }

// format16k is the usual format of ElevenLabs agents.
var format16k = pcm.Format{Encoding: pcm.S16, Rate: 16000}

// soundMetadata opens a conversation with sound in format16k.
var soundMetadata = convai.ConversationInitiationMetadata{
	ConversationID: "conv_1", AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000",
}

// silence returns a message of the agent with silence in format16k.
func silence(d time.Duration) *convai.Audio {
	return &convai.Audio{Sound: make([]byte, format16k.Bytes(d)), EventID: 1}
}

// sameJSON reports whether two JSON texts have the same value.
func sameJSON(a, b string) bool {
	var x, y any
	json.Unmarshal([]byte(a), &x)
	json.Unmarshal([]byte(b), &y)
	ax, _ := json.Marshal(x)
	by, _ := json.Marshal(y)
	return string(ax) == string(by)
}
