package screen

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"moonlark/engine/face/web"
	"moonlark/engine/screen"
)

const (
	// beatInterval is the time between two events "beat", by which a page knows that the connection works.
	beatInterval = 5 * time.Second
	// levelInterval is the minimal time between two events "level".
	levelInterval = 80 * time.Millisecond
)

// serveEvents serves GET /screen/events, the stream of a page. It has these events: "document" and "voice"
// with a whole state each, at the beginning and after each change; "level" with the loudness while there is
// sound; and "beat" every 5 s.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !web.HasMethod(w, r, http.MethodGet) {
		return
	}
	open, err := s.agent.Screen().Open(pageInfo(r))
	if err != nil {
		w.Header().Set("Retry-After", "5")
		web.Fail(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	defer open.Close()
	s.readers.Add(1)
	defer s.readers.Add(-1)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not collect the events
	w.WriteHeader(http.StatusOK)
	st := &stream{Server: s, w: w, open: open, flush: http.NewResponseController(w).Flush}
	if st.sendDocument() && st.sendVoice() {
		st.run(r)
	}
}

// A stream is one open stream. Only the goroutine of its request uses it.
type stream struct {
	*Server
	w     http.ResponseWriter
	open  *screen.Page
	flush func() error

	voice   voiceState      // the newest state of the conversation that was sent
	changed <-chan struct{} // closed when the state of the conversation is not that in voice any more
	level   levels          // the newest loudness that was sent
}

// run sends an event whenever something has changed that the page shows. It returns when the page has closed
// the connection, or when the server is closed.
func (s *stream) run(r *http.Request) {
	beats, ticks := time.NewTicker(beatInterval), time.NewTicker(levelInterval)
	defer beats.Stop()
	defer ticks.Stop()
	for ok := true; ok; {
		ticking := ticks.C
		if !hasLevel[s.voice.Phase] {
			ticking = nil
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.open.Changed():
			ok = s.sendDocument() && s.sendVoice() // captions may have changed
		case <-s.changed:
			ok = s.sendVoice()
		case <-ticking:
			ok = s.sendLevel()
		case <-beats.C:
			ok = s.send("beat", struct{}{})
		}
	}
}

// send sends an event. It returns false if the page has gone.
func (s *stream) send(event string, data any) bool {
	text, err := json.Marshal(data)
	if err != nil {
		return true // cannot happen: the data has no cycles and no functions
	}
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, text); err != nil {
		return false
	}
	return s.flush() == nil
}

func (s *stream) sendDocument() bool { return s.send("document", s.document()) }

// sendVoice sends what the page shows of the conversation, if it has changed.
func (s *stream) sendVoice() bool {
	var state voiceState
	state, s.changed = s.current()
	if state == s.voice {
		return true
	}
	s.voice = state
	return s.send("voice", state)
}

// hasLevel has the value true for each phase in which a page shows the loudness.
var hasLevel = map[string]bool{"listening": true, "hearing": true, "speaking": true}

// levels are the loudness of the speaker and the microphone in dBFS, from -96 to 0.
type levels struct {
	Speaker int `json:"speaker"`
	Mic     int `json:"mic"`
}

// sendLevel sends the loudness if it has changed so much that the page looks different.
func (s *stream) sendLevel() bool {
	speaker, microphone, err := s.agent.Levels()
	if err != nil {
		return true
	}
	now := levels{quantise(speaker), quantise(microphone)}
	if now == s.level {
		return true
	}
	s.level = now
	return s.send("level", now)
}

// quantise rounds a loudness in dBFS to a multiple of 3 dB. It returns -96, which means silence, for a
// loudness of -54 dBFS or less.
func quantise(level float64) int {
	if !(level > -54) {
		return -96
	}
	return 3 * int(math.Round(min(level, 0)/3))
}
