package realtimetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A Session is a connection of a client. Its methods are for the function that plays the session.
type Session struct {
	Model string // what the client has asked for

	server *Server
	ws     *websocket.Conn
	events chan Event    // what the client has sent, except for sound; closed at the end
	begun  chan bool     // closed when the client has set the session up
	gone   chan struct{} // closed when the connection is over
	over   chan struct{} // closed when the connection is over and the function of the test has returned

	writing sync.Mutex // held while a message is written

	mu     sync.Mutex // guards the fields below
	ready  bool       // session.updated was sent
	active *Answer
	items  map[string]*item
	calls  map[string]bool // ids of tool calls that have no result yet
	spoke  bool            // the model has spoken, so the voice cannot change
	voice  string
	sound  int // number of bytes of the user's sound so far
	serial int
	tools  []string
	log    []string // see Log
}

// An item is a part of the conversation.
type item struct {
	sound bool
	bytes int
}

// betaNames has the names of the events in the API before 2025.
var betaNames = map[string]string{
	"response.output_audio.delta":            "response.audio.delta",
	"response.output_audio.done":             "response.audio.done",
	"response.output_audio_transcript.delta": "response.audio_transcript.delta",
	"response.output_audio_transcript.done":  "response.audio_transcript.done",
	"response.output_text.delta":             "response.text.delta",
	"response.output_text.done":              "response.text.done",
	"conversation.item.added":                "conversation.item.created",
}

// Send sends an event.
func (s *Session) Send(o Object) {
	if name, ok := betaNames[fmt.Sprint(o["type"])]; ok && s.server.Beta {
		o["type"] = name
	}
	s.mu.Lock()
	s.serial++
	o["event_id"] = fmt.Sprint("event_", s.serial)
	s.mu.Unlock()
	text, err := json.Marshal(o)
	if err != nil {
		s.server.t.Errorf("%v", err)
		return
	}
	s.SendText(string(text))
}

// SendText sends a message as it is.
func (s *Session) SendText(text string) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.ws.SetWriteDeadline(time.Now().Add(Timeout))
	_ = s.ws.WriteMessage(websocket.TextMessage, []byte(text)) // the client may have left
}

// Cut ends the connection without a close frame.
func (s *Session) Cut() { s.ws.NetConn().Close() }

// Close ends the connection with a close frame.
func (s *Session) Close(code int, reason string) {
	s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
	s.ws.NetConn().Close()
}

// Wait waits until the test sends a value or closes the channel, but not after the client has left.
func (s *Session) Wait(c <-chan bool) {
	select {
	case <-c:
	case <-s.gone:
	}
}

// IsOpen reports whether the client has not left yet.
func (s *Session) IsOpen() bool {
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// Gone returns a channel that is closed when the connection is over.
func (s *Session) Gone() <-chan struct{} { return s.gone }

// Over returns a channel that is closed when the connection is over and the function that plays the
// session has returned.
func (s *Session) Over() <-chan struct{} { return s.over }

// Next returns the client's next event of the type, and skips others. ok is false if the session is
// over.
func (s *Session) Next(kind string) (e Event, ok bool) {
	timeout := time.After(Timeout)
	for {
		select {
		case e, ok := <-s.events:
			if !ok || e.Type == kind {
				return e, ok
			}
		case <-timeout:
			s.server.t.Errorf("the client sends no %s", kind)
			s.Cut()
			return Event{}, false
		}
	}
}

// Sound returns how many bytes of the user's sound have arrived.
func (s *Session) Sound() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sound
}

// Log returns the types of what the client has sent so far, except for sound, separated by spaces.
func (s *Session) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, " ")
}

// Tools returns the names of the tools that the client has sent last.
func (s *Session) Tools() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tools
}

// settings returns the settings with which the server begins.
func (s *Session) settings() Object {
	if s.server.Beta {
		return Object{"id": "sess_1", "object": "realtime.session", "model": s.Model, "modalities": []string{"audio", "text"}, "voice": "alloy", "input_audio_format": "pcm16", "output_audio_format": "pcm16", "turn_detection": Object{"type": "server_vad"}}
	}
	return Object{"id": "sess_1", "object": "realtime.session", "type": "realtime", "model": s.Model, "output_modalities": []string{"audio"}, "audio": Object{"input": Object{}, "output": Object{"voice": "alloy"}}}
}

// Greet begins the answer that the client has asked for. The test must have received the event
// response.create.
func (s *Session) Greet() *Answer {
	a := s.activeAnswer()
	if a == nil {
		return &Answer{s: s, over: true}
	}
	return a.begin()
}

// Interruptions waits for n events with which the client says that an answer was interrupted, and
// returns them, such as "truncate ITEM MILLISECONDS, delete ITEM, cancel".
func (s *Session) Interruptions(n int) string {
	var got []string
	timeout := time.After(Timeout)
	for len(got) < n {
		select {
		case e, ok := <-s.events:
			switch {
			case !ok:
				return strings.Join(append(got, "the end"), ", ")
			case e.Type == "conversation.item.truncate":
				got = append(got, "truncate "+e.Get("item_id")+" "+e.Get("audio_end_ms"))
			case e.Type == "conversation.item.delete":
				got = append(got, "delete "+e.Get("item_id"))
			case e.Type == "response.cancel":
				got = append(got, "cancel")
			}
		case <-timeout:
			return strings.Join(append(got, "nothing more"), ", ")
		}
	}
	return strings.Join(got, ", ")
}
