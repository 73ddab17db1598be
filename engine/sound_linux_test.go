package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio/device"
	"moonlark/audio/pcm"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// The whole engine with sound is tested between a sound server and an agent,
// both the test's own: what the one plays is recorded from the monitor of its
// speaker, and what its microphone hears arrives at the other.

// A stage is an engine that stands there.
type stage struct {
	*house
	server *pulsetest.Server
	agents chan *listener
	wait   func() error // for the engine's end
	id     atomic.Int64 // of what the agent says next
}

// full is the format of the wire that needs no conversion.
var full = pcm.Format{Encoding: pcm.S16, Rate: 48000}

// perform starts an engine on a sound server, and an agent whose sound has that
// format both ways. Files are scripts, as for build.
func perform(t testing.TB, server *pulsetest.Server, format pcm.Format, opts Options, files ...string) *stage {
	t.Helper()
	t.Setenv("PULSE_SERVER", server.Address())
	return performAnywhere(t, server, format, opts, files...)
}

// performAnywhere is perform where the sound server is whichever there is.
func performAnywhere(t testing.TB, server *pulsetest.Server, format pcm.Format, opts Options, files ...string) *stage {
	t.Helper()
	s := &stage{server: server, agents: make(chan *listener, 1)}
	s.id.Store(1)
	opts.Target.URL = listen(t, format, s.agents)
	if opts.Voice == nil {
		opts.Voice = &Voice{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: "off"}}
	}
	if len(files) == 0 {
		files = []string{"a.lua", ""}
	}
	s.house = build(t, opts, files...)
	s.wait = s.start(context.Background())
	return s
}

// agent is the agent's end of the conversation.
func (s *stage) agent() *listener {
	s.t.Helper()
	select {
	case a := <-s.agents:
		return a
	case <-time.After(20 * time.Second):
		s.t.Fatal("nobody connects to the agent")
		return nil
	}
}

// ready is the same once both devices work.
func (s *stage) ready() *listener {
	s.t.Helper()
	a := s.agent()
	s.works(event.Speaker)
	s.works(event.Microphone)
	return a
}

// works waits until a device does.
func (s *stage) works(device event.Type) {
	s.t.Helper()
	eventually(s.t, string(device)+" works", func() bool {
		all := s.all(device)
		return len(all) > 0 && all[len(all)-1].Text == ""
	})
}

// fails waits until a device does not work, and says what is shown of it.
func (s *stage) fails(device event.Type) event.Event {
	s.t.Helper()
	var last event.Event
	eventually(s.t, string(device)+" fails", func() bool {
		if all := s.all(device); len(all) > 0 {
			last = all[len(all)-1]
		}
		return last.Text != ""
	})
	return last
}

// eventually waits until f is true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// A listener is an agent that keeps what it hears.
type listener struct {
	*fakeAgent
	format pcm.Format
	others chan convai.Message // that are no sound
	gone   chan struct{}       // closed when the client has left

	mu      sync.Mutex // guards what follows
	heard   []byte
	latest  time.Time     // when the last chunk came
	longest time.Duration // that none did
}

// listen starts an agent for one client after the other and returns its URL.
func listen(t testing.TB, format pcm.Format, clients chan<- *listener) (url string) {
	metadata := convai.ConversationInitiationMetadata{
		ConversationID: "conv_fake", AgentOutputAudioFormat: format.String(), UserInputAudioFormat: format.String(),
	}
	return fakeWith(t, metadata, func(a *fakeAgent) {
		l := &listener{fakeAgent: a, format: format, others: make(chan convai.Message, 1000), gone: make(chan struct{})}
		clients <- l
		l.hear()
	})
}

func (l *listener) hear() {
	defer close(l.gone)
	for m := l.next(); m != nil; m = l.next() {
		chunk, ok := m.(*convai.UserAudioChunk)
		if !ok {
			l.others <- m
			continue
		}
		l.mu.Lock()
		if now := time.Now(); !l.latest.IsZero() {
			l.longest = max(l.longest, now.Sub(l.latest))
		}
		l.latest = time.Now()
		l.heard, _ = chunk.Base64.AppendBytes(l.heard)
		l.mu.Unlock()
	}
}

// len is how much it has heard so far, in samples.
func (l *listener) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.heard) / l.format.SampleBytes()
}

// since is what it has heard from a sample on, at the rate of the format.
func (l *listener) since(sample int) []float32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := min(sample*l.format.SampleBytes(), len(l.heard))
	return pcm.NewDecoder(l.format).Append(nil, l.heard[from:])
}

// pause is the longest time without a chunk.
func (l *listener) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.longest, time.Since(l.latest))
}

// say sends sound, which has the rate of the format, as agents do: faster than
// it is heard, in pieces of a second at most.
func (l *listener) say(id int, sound []float32) {
	for len(sound) > 0 {
		n := min(len(sound), l.format.Rate)
		l.send(&convai.Audio{EventID: id, Base64: convai.EncodeSound(l.format.Append(nil, sound[:n]))})
		sound = sound[n:]
	}
}

// hears is whether what it has heard from a sample on is more than silence.
func (l *listener) hears(sample int) bool {
	n, _, _ := pulsetest.Audible(l.since(sample))
	return n > 0
}

// bye ends the conversation and waits until the client is gone.
func (l *listener) bye() {
	end := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	l.conn.WriteControl(websocket.CloseMessage, end, time.Now().Add(time.Second))
	<-l.gone
}

// tone is one of 1 kHz.
func tone(d time.Duration) []float32 { return pulsetest.Tone(1000, 0.5, d) }

// audible is whether a recording has sound from a sample on.
func audible(r *pulsetest.Recording, from int) bool {
	n, _, _ := pulsetest.Audible(r.Samples(from))
	return n > 0
}
