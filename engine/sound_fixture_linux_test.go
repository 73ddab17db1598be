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
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
	"moonlark/engine/voice"
)

// The tests of sound run an engine between a private sound server and an agent of the test. What
// the agent says is recorded from the monitor of the server's speaker. What is played into the
// server's microphone arrives at the agent.
//
// Each server belongs to one test, so that most of these tests run at the same time. Tests that
// check for short interruptions of the sound do not, because a busy machine also causes those.

// A soundTest is a running engine with sound.
type soundTest struct {
	*testEngine
	server *pulsetest.Server
	agents chan *soundAgent
	wait   func() error // waits until Run has returned, and returns its error
	lastID atomic.Int64 // the event id that was given to a sound last; the first is 2, and 1 is free for the test
}

var (
	format48k = pcm.Format{Encoding: pcm.S16, Rate: 48000} // needs no resampling
	format8k  = pcm.Format{Encoding: pcm.S16, Rate: 8000}  // has the least data
)

// startSoundTest starts an engine that uses the sound server, and an agent with this format in both
// directions. files are those of newTestEngine; there may be none. Without opts.Voice the engine
// uses the default devices of the server, without an echo canceller.
func startSoundTest(t testing.TB, server *pulsetest.Server, format pcm.Format, opts Options, files ...string) *soundTest {
	t.Helper()
	s := &soundTest{server: server, agents: make(chan *soundAgent, 1)}
	s.lastID.Store(1)
	opts.Target.URL = serveSound(t, format, s.agents)
	if opts.Voice == nil {
		opts.Voice = &voice.Settings{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: "off"}}
	}
	opts.Voice.Server = server.Address()
	if len(files) == 0 {
		files = []string{"a.lua", ""}
	}
	s.testEngine = newTestEngine(t, opts, files...)
	s.wait = s.start(context.Background())
	return s
}

// awaitAgent waits until the engine has connected, and returns the agent's end of the conversation.
func (s *soundTest) awaitAgent() *soundAgent {
	s.t.Helper()
	select {
	case a := <-s.agents:
		return a
	case <-time.After(testkit.Timeout):
		s.t.Fatal("the engine does not connect to the agent")
		return nil
	}
}

// awaitReady waits like awaitAgent, and then until both devices work.
func (s *soundTest) awaitReady() *soundAgent {
	s.t.Helper()
	a := s.awaitAgent()
	s.awaitWorking(bus.Speaker)
	s.awaitWorking(bus.Microphone)
	return a
}

// awaitWorking waits until a device works.
func (s *soundTest) awaitWorking(device bus.Type) {
	s.t.Helper()
	testkit.Until(s.t, string(device)+" works", func() bool {
		all := s.published(device)
		return len(all) > 0 && all[len(all)-1].Text == ""
	})
}

// awaitFailure waits until a device does not work, and returns the event that says so.
func (s *soundTest) awaitFailure(device bus.Type) bus.Event {
	s.t.Helper()
	var last bus.Event
	testkit.Until(s.t, string(device)+" fails", func() bool {
		if all := s.published(device); len(all) > 0 {
			last = all[len(all)-1]
		}
		return last.Text != ""
	})
	return last
}

// A soundAgent is an agent that records what it hears from the microphone.
type soundAgent struct {
	*testAgent
	format   pcm.Format
	messages chan convai.Message // the client's messages that are not sound
	left     chan struct{}       // closed when the client has left

	mu    sync.Mutex // guards the fields below
	heard []byte
	last  time.Time     // when the last chunk of sound came
	pause time.Duration // the longest time between two chunks
}

// serveSound starts an agent with this format in both directions, and returns its URL. clients gets
// the agent's end of each conversation.
func serveSound(t testing.TB, format pcm.Format, clients chan<- *soundAgent) (url string) {
	metadata := convai.ConversationInitiationMetadata{
		ConversationID: "conv_1", AgentOutputAudioFormat: format.String(), UserInputAudioFormat: format.String(),
	}
	return serveAgentWith(t, metadata, func(a *testAgent) {
		l := &soundAgent{testAgent: a, format: format, messages: make(chan convai.Message, 1000), left: make(chan struct{})}
		clients <- l
		l.read()
	})
}

// read reads the client's frames until the client leaves.
func (a *soundAgent) read() {
	defer close(a.left)
	for {
		next, err := a.Next()
		if err != nil {
			return
		}
		f, err := convai.ParseClient(next.Text)
		if err != nil {
			a.t.Errorf("the client sent %s: %v", next.Text, err)
			continue
		}
		chunk, ok := f.Message.(*convai.UserAudioChunk)
		if !ok {
			a.messages <- f.Message
			continue
		}
		a.mu.Lock()
		now := time.Now()
		if !a.last.IsZero() {
			a.pause = max(a.pause, now.Sub(a.last))
		}
		a.last = now
		a.heard = append(a.heard, chunk.Sound...)
		a.mu.Unlock()
	}
}

// heardLen returns how many samples the agent has heard so far.
func (a *soundAgent) heardLen() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.heard) / a.format.SampleBytes()
}

// heardSince returns what the agent has heard from the sample with this index on, at the rate of
// the format.
func (a *soundAgent) heardSince(sample int) []float32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	from := min(sample*a.format.SampleBytes(), len(a.heard))
	return pcm.NewDecoder(a.format).Append(nil, a.heard[from:])
}

// hears reports whether the agent has heard more than silence from the sample with this index on.
func (a *soundAgent) hears(sample int) bool {
	n, _, _ := pulsetest.Audible(a.heardSince(sample))
	return n > 0
}

// maxPause returns the longest time without a chunk of sound.
func (a *soundAgent) maxPause() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(a.pause, time.Since(a.last))
}

// say sends sound at the rate of the format, as agents do: faster than it is played, in pieces of
// at most a second.
func (a *soundAgent) say(id int, sound []float32) {
	for len(sound) > 0 {
		n := min(len(sound), a.format.Rate)
		a.send(&convai.Audio{EventID: id, Sound: a.format.Append(nil, sound[:n])})
		sound = sound[n:]
	}
}

// hangUp ends the conversation and waits until the client has left.
func (a *soundAgent) hangUp() {
	a.SendClose(websocket.CloseNormalClosure, "")
	<-a.left
}

// tone returns a tone of 1 kHz at the rate of format48k.
func tone(d time.Duration) []float32 { return pulsetest.Tone(1000, 0.5, d) }

// audible reports whether a recording has sound from the sample with this index on.
func audible(r *pulsetest.Recording, from int) bool {
	n, _, _ := pulsetest.Audible(r.Samples(from))
	return n > 0
}
