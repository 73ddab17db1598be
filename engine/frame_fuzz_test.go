package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

// FuzzFrame sends arbitrary frames to an engine on a real socket. The conversation must go on, each
// tool call must be answered once, and no code may panic. The script handles every event and
// converts it to JSON.
func FuzzFrame(f *testing.F) {
	frames, err := filepath.Glob("convai/testdata/frames/server_*.json")
	if err != nil || len(frames) == 0 {
		f.Fatalf("no frames to start from: %v", err)
	}
	for _, path := range frames {
		frame, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	for _, value := range []string{`{"a":1,"b":[null,{"":"\u0000"}]}`, `[]`, `null`, `"x"`, `{"a":1e999}`, strings.Repeat("[", 200) + strings.Repeat("]", 200), "{"} {
		f.Add([]byte(`{"type":"client_tool_call","client_tool_call":{"tool_name":"echo","tool_call_id":"c","parameters":` + value + `}}`))
		f.Add([]byte(`{"type":"new","new_event":` + value + `}`))
		f.Add([]byte(`{"type":"vad_score","vad_score_event":` + value + `}`))
	}
	agent := startFuzzAgent(f)
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) <= 64<<10 && !endsConversation(frame) {
			agent.check(t, frame)
		}
	})
}

// endsConversation reports whether the client ends the conversation after a frame.
func endsConversation(frame []byte) bool {
	f, _ := convai.Parse(frame)
	m, ok := f.Message.(*convai.AgentToolResponse)
	format48k, alsoOK := f.Message.(*convai.AgentToolResponseFullPayload)
	return ok && m.ToolName == convai.EndCall || alsoOK && format48k.ToolName == convai.EndCall
}

// A fuzzAgent is the agent's end of one conversation, in which all frames are sent.
type fuzzAgent struct {
	*testAgent
	rounds  int
	results map[string]int // the number of results by the id of the tool call

	mu     sync.Mutex // guards panics
	panics []string   // the log entries about panics
}

// startFuzzAgent starts an engine and returns the agent's end of its conversation. Both end with
// the fuzzing.
func startFuzzAgent(f *testing.F) *fuzzAgent {
	var source strings.Builder
	for _, name := range append(convai.KnownServerTypes(), "new") {
		fmt.Fprintf(&source, "on(%q, function(e) json.decode(json.encode(e)) end)\n", name)
	}
	source.WriteString(`register_tool("echo", function(args) return args end)`)
	path := filepath.Join(f.TempDir(), "a.lua")
	if err := os.WriteFile(path, []byte(source.String()), 0o600); err != nil {
		f.Fatal(err)
	}
	s := &fuzzAgent{results: make(map[string]int)}
	connected, done := make(chan *testAgent), make(chan struct{})
	url := serveAgent(f, func(a *testAgent) {
		connected <- a
		<-done
	})
	b := new(bus.Bus)
	subscription := b.Subscribe(nil, func(e bus.Event) {
		if strings.HasPrefix(e.Text, "panic: ") {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.panics = append(s.panics, e.Text)
		}
	})
	e, err := New(Options{Scripts: []string{path}, Target: connect.Target{URL: url}, Bus: b})
	if err != nil {
		f.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- e.Run(context.Background()) }()
	f.Cleanup(func() {
		close(done)
		<-ran
		subscription.Close(testkit.Timeout)
	})
	select {
	case s.testAgent = <-connected:
	case err := <-ran:
		ran <- err
		f.Fatalf("the engine has not connected: %v", err)
	}
	return s
}

// check sends a frame and then a tool call, and reads until the result of the call has come: by
// then the client has handled the frame.
func (s *fuzzAgent) check(t *testing.T, frame []byte) {
	s.t = t
	s.rounds++
	last := fmt.Sprint("after round ", s.rounds)
	s.Send(frame)
	s.send(&convai.ClientToolCall{ToolName: "echo", ToolCallID: last, Parameters: json.RawMessage("{}")})
	for s.results[last] == 0 {
		next, err := s.Next()
		if err != nil {
			t.Fatalf("%v, after %q", err, frame)
		}
		f, err := convai.ParseClient(next.Text)
		if err != nil {
			t.Fatalf("the client sent %s, after %q: %v", next.Text, frame, err)
		}
		if r, ok := f.Message.(*convai.ClientToolResult); ok {
			if s.results[r.ToolCallID]++; s.results[r.ToolCallID] > 1 {
				t.Fatalf("%s is answered twice, after %q", r.ToolCallID, frame)
			}
		}
	}
	delete(s.results, last)
	if f, err := convai.Parse(frame); err == nil {
		if call, ok := f.Message.(*convai.ClientToolCall); ok && call.WantsResult() && s.results[call.ToolCallID] == 0 && call.ToolCallID != last {
			t.Fatalf("%s is not answered: %q", call.ToolCallID, frame)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.panics) > 0 {
		t.Fatalf("%s\nafter %q", s.panics[0], frame)
	}
}
