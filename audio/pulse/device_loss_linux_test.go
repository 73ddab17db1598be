package pulse_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
)

// A recordingSink is an audio.Sink that keeps all sound.
type recordingSink struct {
	mu    sync.Mutex // guards the fields below
	sound []float32
	sizes map[int]int     // maps a number of samples to the number of calls of Take with so many
	ages  []time.Duration // the age of each chunk
}

func (s *recordingSink) Take(sound []float32, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sizes == nil {
		s.sizes = make(map[int]int)
	}
	s.sound = append(s.sound, sound...)
	s.sizes[len(sound)]++
	s.ages = append(s.ages, age)
}

func (s *recordingSink) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sound)
}

// record starts to record with m into sink and returns the running call of Record.
func record(t testing.TB, m *pulse.Microphone, sink audio.Sink) *run {
	return start(t, func(ctx context.Context) error { return m.Record(ctx, sink) })
}

// wantError waits until the running call returns. It fails the test unless the call returns within
// the time within, and its error contains one of the strings in want.
func (r *run) wantError(t *testing.T, within time.Duration, want ...string) {
	t.Helper()
	since := time.Now()
	select {
	case <-r.done:
	case <-time.After(20 * time.Second):
		t.Fatal("the call does not return")
	}
	// the test allows 2 s more, because the machine may be busy
	if took := time.Since(since); took > within+2*time.Second {
		t.Errorf("the call returned after %v, want %v", took, within)
	}
	for _, w := range want {
		if r.err != nil && strings.Contains(r.err.Error(), w) {
			return
		}
	}
	t.Errorf("got error %v, want one of %q", r.err, want)
}

// startPlaying starts to play silence. It returns the running call of Play when the server has
// taken a second of sound.
func startPlaying(t *testing.T, opts pulse.Options) *run {
	t.Helper()
	s := newToneSource(false)
	r := play(t, pulse.NewSpeaker(opts), s)
	r.waitUntil(t, "the speaker takes sound", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.taken > audio.Rate })
	return r
}

// startRecording starts to record. It returns the running call of Record after half a second of
// sound.
func startRecording(t *testing.T, opts pulse.Options) *run {
	t.Helper()
	s := &recordingSink{}
	r := record(t, pulse.NewMicrophone(opts), s)
	r.waitUntil(t, "the microphone delivers sound", func() bool { return s.len() > audio.Rate/2 })
	return r
}

// waitUntil waits until done returns true. It fails the test if the running call returns before
// that. what describes what done checks, such as "the tone is audible".
func (r *run) waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	waitUntil(t, what, func() bool {
		select {
		case <-r.done:
			t.Fatalf("returned %v before: %s", r.err, what)
		default:
		}
		return done()
	})
}

func TestKilledServerEndsPlayAndRecord(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		opts := pulse.Options{Server: server.Address()}
		playing, recording := startPlaying(t, opts), startRecording(t, opts)
		server.Kill()
		want := []string{"the sound server has closed the connection", "connection reset", "was removed"}
		playing.wantError(t, time.Second, want...)
		recording.wantError(t, time.Second, want...)
		play(t, pulse.NewSpeaker(opts), newToneSource(false)).wantError(t, time.Second, "no sound server; tried "+server.Address()[5:])
		server.Restart()
		startPlaying(t, opts)
		startRecording(t, opts)
	})
}

func TestHangingServerEndsPlayAndRecord(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		opts := pulse.Options{Server: server.Address()}
		playing, recording := startPlaying(t, opts), startRecording(t, opts)
		server.Freeze()
		defer server.Thaw()
		playing.wantError(t, 4*time.Second, "the sound server does not answer")
		recording.wantError(t, 4*time.Second, "the sound server does not answer")
	})
}

func TestPlayAndRecordReturnAtOnceWhenTheContextIsDone(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	for _, hangs := range []bool{false, true} {
		playing, recording := startPlaying(t, opts), startRecording(t, opts)
		if hangs {
			server.Freeze()
			defer server.Thaw()
			time.Sleep(100 * time.Millisecond)
		}
		for _, r := range []*run{playing, recording} {
			since := time.Now()
			r.stop()
			<-r.done
			if took := time.Since(since); r.err != nil || took > 500*time.Millisecond {
				t.Errorf("returned after %v with error %v, want at once and nil", took, r.err)
			}
		}
	}
}

func TestRemovedSpeakerEndsPlay(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	server.RemoveMicrophone()
	playing := startPlaying(t, opts)
	server.RemoveSink(pulsetest.Speaker)
	playing.wantError(t, time.Second, "the speaker was removed")
	play(t, pulse.NewSpeaker(opts), newToneSource(false)).wantError(t, time.Second, "open the speaker: device not found")
	server.AddSink(pulsetest.Speaker)
	startPlaying(t, opts)
}

func TestRemovedMicrophoneEndsRecord(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	server.RemoveSink(pulsetest.Speaker)
	recording := startRecording(t, opts)
	server.RemoveMicrophone()
	recording.wantError(t, time.Second, "the microphone was removed")
	server.AddMicrophone()
	startRecording(t, opts)
}

func TestSuspendedDevicesEndPlayAndRecord(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	playing, recording := startPlaying(t, opts), startRecording(t, opts)
	server.SuspendMicrophone(true)
	recording.wantError(t, time.Second, "the microphone is suspended")
	server.SuspendSink(pulsetest.Speaker, true)
	playing.wantError(t, 3*time.Second, "the speaker is suspended")
}

func TestNamedSpeakerIsUsedAgainWhenItIsBack(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		server.AddSink("dock")
		messages := &logBuffer{}
		opts := pulse.Options{Server: server.Address(), Device: "dock", Log: messages.logger()}
		playing := startPlaying(t, opts)
		server.RemoveSink("dock")
		waitUntil(t, "another speaker is used", func() bool { return messages.contain("the speaker is now The ") })
		server.AddSink("dock")
		playing.wantError(t, time.Second, "the chosen speaker is available again")
		startPlaying(t, opts)
	})
}

func TestSpeakerFollowsTheDefaultSink(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		server.AddSink("dock")
		messages := &logBuffer{}
		playing := play(t, pulse.NewSpeaker(pulse.Options{Server: server.Address(), Log: messages.logger()}), newToneSource(true))
		heard := server.Record(pulsetest.Heard)
		playing.waitUntil(t, "the tone is audible", func() bool { return peak(heard.Samples(0)) > 0.4 })
		docked := server.Record("dock.monitor")
		server.SetDefaultSink("dock")
		playing.waitUntil(t, "the tone is audible on the dock", func() bool { return peak(docked.Samples(0)) > 0.4 })
		waitUntil(t, "the change is logged", func() bool { return messages.contain("the speaker is now The dock") })
	})
}

// TestConnectionResetEndsPlay connects to the sound server through a TCP relay and then resets the
// connection to the relay.
func TestConnectionResetEndsPlay(t *testing.T) {
	server := pulsetest.Start(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var relays sync.WaitGroup
	defer relays.Wait()
	clients := make(chan *net.TCPConn, 1)
	relays.Go(func() {
		clientConn, err := listener.Accept()
		if err != nil {
			return
		}
		serverConn, err := net.Dial("unix", server.Address()[5:])
		if err != nil {
			t.Error(err)
			return
		}
		relays.Go(func() { io.Copy(clientConn, serverConn) })
		relays.Go(func() { io.Copy(serverConn, clientConn); serverConn.Close() })
		clients <- clientConn.(*net.TCPConn)
	})
	playing := startPlaying(t, pulse.Options{Server: "tcp:" + listener.Addr().String()})
	client := <-clients
	client.SetLinger(0)
	client.Close()
	playing.wantError(t, time.Second, "connection reset", "the sound server has closed the connection")
}
