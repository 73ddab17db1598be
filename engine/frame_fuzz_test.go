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

	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// Whatever a server sends, on a real socket: the conversation goes on, a tool
// call is answered once, and no Go panic comes out of the handlers, which see
// every event and write it as JSON.
func FuzzFrame(f *testing.F) {
	frames, err := filepath.Glob("convai/testdata/frames/server_*.json")
	if err != nil || len(frames) == 0 {
		f.Fatalf("no frames: %v", err)
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
	server := converseWithFuzz(f)
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) <= 64<<10 && !hangsUp(frame) {
			server.give(t, frame)
		}
	})
}

// hangsUp says whether a frame ends the conversation, as it should.
func hangsUp(frame []byte) bool {
	f, _ := convai.Parse(frame)
	m, ok := f.Message.(*convai.AgentToolResponse)
	full, alsoOK := f.Message.(*convai.AgentToolResponseFullPayload)
	return ok && m.ToolName == convai.EndCall || alsoOK && full.ToolName == convai.EndCall
}

// A fuzzServer is the server's end of one conversation that lasts as long as
// the fuzzing.
type fuzzServer struct {
	*fakeAgent
	rounds   int
	answered map[string]int // results, by id of the call

	mu     sync.Mutex // guards what follows
	panics []string   // what was logged of them
}

func converseWithFuzz(f *testing.F) *fuzzServer {
	var source strings.Builder
	for _, name := range append(convai.KnownServerTypes(), "new") {
		fmt.Fprintf(&source, "on(%q, function(e) json.decode(json.encode(e)) end)\n", name)
	}
	source.WriteString(`register_tool("echo", function(args) return args end)`)
	path := filepath.Join(f.TempDir(), "a.lua")
	if err := os.WriteFile(path, []byte(source.String()), 0o600); err != nil {
		f.Fatal(err)
	}
	s := &fuzzServer{answered: make(map[string]int)}
	connected, done := make(chan *fakeAgent), make(chan struct{})
	url := fake(f, func(a *fakeAgent) {
		connected <- a
		<-done
	})
	e, err := New(Options{Scripts: []string{path}, Target: Target{URL: url}, Show: func(e event.Event) {
		if strings.HasPrefix(e.Text, "panic: ") {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.panics = append(s.panics, e.Text)
		}
	}})
	if err != nil {
		f.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- e.Run(context.Background()) }()
	f.Cleanup(func() {
		close(done)
		<-ran
	})
	select {
	case s.fakeAgent = <-connected:
	case err := <-ran:
		ran <- err
		f.Fatalf("no conversation: %v", err)
	}
	return s
}

// give sends a frame and then a call, and reads until that is answered: by
// then all has been done that the frame asked for.
func (s *fuzzServer) give(t *testing.T, frame []byte) {
	s.t = t
	s.rounds++
	last := fmt.Sprint("after round ", s.rounds)
	s.raw(string(frame))
	s.send(&convai.ClientToolCall{ToolName: "echo", ToolCallID: last, Parameters: json.RawMessage("{}")})
	for s.answered[last] == 0 {
		m := s.next()
		if m == nil {
			t.Fatalf("the conversation has ended, or keeps silent, after %q", frame)
		}
		if r, ok := m.(*convai.ClientToolResult); ok {
			if s.answered[r.ToolCallID]++; s.answered[r.ToolCallID] > 1 {
				t.Fatalf("%s is answered twice, after %q", r.ToolCallID, frame)
			}
		}
	}
	delete(s.answered, last)
	if f, err := convai.Parse(frame); err == nil {
		if call, ok := f.Message.(*convai.ClientToolCall); ok && call.WantsResult() && s.answered[call.ToolCallID] == 0 && call.ToolCallID != last {
			t.Fatalf("%s is not answered: %q", call.ToolCallID, frame)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.panics) > 0 {
		t.Fatalf("%s\nafter %q", s.panics[0], frame)
	}
}
