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

// An ear is a microphone's sink that keeps what it takes.
type ear struct {
	mu    sync.Mutex
	sound []float32
	sizes map[int]int // pieces, by how many samples they had
	ages  []time.Duration
}

func (e *ear) Take(sound []float32, age time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sizes == nil {
		e.sizes = make(map[int]int)
	}
	e.sound = append(e.sound, sound...)
	e.sizes[len(sound)]++
	e.ages = append(e.ages, age)
}

func (e *ear) len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sound)
}

func record(t testing.TB, m *pulse.Microphone, sink audio.Sink) *run {
	return start(t, func(ctx context.Context) error { return m.Record(ctx, sink) })
}

// ends waits for the end of r and looks what it says. It must not take long.
func (r *run) ends(t *testing.T, within time.Duration, want ...string) {
	t.Helper()
	since := time.Now()
	select {
	case <-r.done:
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	if took := time.Since(since); took > within+2*time.Second { // the machine may be busy
		t.Errorf("it ended after %v, want %v", took, within)
	}
	for _, w := range want {
		if r.err != nil && strings.Contains(r.err.Error(), w) {
			return
		}
	}
	t.Errorf("why it ended: got %v, want one of %q", r.err, want)
}

// playing plays silence until the server takes it.
func playing(t *testing.T, opts pulse.Options) *run {
	t.Helper()
	v := newVoice(false)
	r := play(t, pulse.NewSpeaker(opts), v)
	r.until(t, "the speaker takes sound", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.given > audio.Rate })
	return r
}

// recording records until sound has come for a while.
func recording(t *testing.T, opts pulse.Options) *run {
	t.Helper()
	e := &ear{}
	r := record(t, pulse.NewMicrophone(opts), e)
	r.until(t, "the microphone gives sound", func() bool { return e.len() > audio.Rate/2 })
	return r
}

func (r *run) until(t *testing.T, what string, f func() bool) {
	t.Helper()
	until(t, what, func() bool {
		select {
		case <-r.done:
			t.Fatalf("before %s: %v", what, r.err)
		default:
		}
		return f()
	})
}

func TestServerKilledAndBack(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		opts := pulse.Options{Server: server.Address()}
		speaking, hearing := playing(t, opts), recording(t, opts)
		server.Kill()
		words := []string{"the sound server has closed the connection", "connection reset", "is gone"}
		speaking.ends(t, time.Second, words...)
		hearing.ends(t, time.Second, words...)
		play(t, pulse.NewSpeaker(opts), newVoice(false)).ends(t, time.Second, "no sound server; looked at "+server.Address()[5:])
		server.Restart()
		playing(t, opts)
		recording(t, opts)
	})
}

func TestServerThatHangs(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		opts := pulse.Options{Server: server.Address()}
		speaking, hearing := playing(t, opts), recording(t, opts)
		server.Freeze()
		defer server.Thaw()
		speaking.ends(t, 4*time.Second, "the sound server does not answer")
		hearing.ends(t, 4*time.Second, "the sound server does not answer")
	})
}

func TestContextEndsEverythingAtOnce(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	for _, hangs := range []bool{false, true} {
		speaking, hearing := playing(t, opts), recording(t, opts)
		if hangs {
			server.Freeze()
			defer server.Thaw()
			time.Sleep(100 * time.Millisecond)
		}
		for _, r := range []*run{speaking, hearing} {
			since := time.Now()
			r.stop()
			<-r.done
			if took := time.Since(since); r.err != nil || took > 500*time.Millisecond {
				t.Errorf("ended after %v with %v", took, r.err)
			}
		}
	}
}

func TestOnlySpeakerUnplugged(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	server.RemoveMicrophone()
	speaking := playing(t, opts)
	server.RemoveSink(pulsetest.Speaker)
	speaking.ends(t, time.Second, "the speaker is gone")
	play(t, pulse.NewSpeaker(opts), newVoice(false)).ends(t, time.Second, "open the speaker: there is no such device")
	server.AddSink(pulsetest.Speaker)
	playing(t, opts)
}

func TestOnlyMicrophoneUnplugged(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	server.RemoveSink(pulsetest.Speaker)
	hearing := recording(t, opts)
	server.RemoveMicrophone()
	hearing.ends(t, time.Second, "the microphone is gone")
	server.AddMicrophone()
	recording(t, opts)
}

func TestSuspendedDevices(t *testing.T) {
	server := pulsetest.Start(t)
	opts := pulse.Options{Server: server.Address()}
	speaking, hearing := playing(t, opts), recording(t, opts)
	server.SuspendMicrophone(true)
	hearing.ends(t, time.Second, "the microphone is suspended")
	server.SuspendSink(pulsetest.Speaker, true)
	speaking.ends(t, 3*time.Second, "the speaker is suspended")
}

func TestNamedSpeakerIsTakenAgainWhenItIsBack(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		server.AddSink("dock")
		words := &logged{}
		opts := pulse.Options{Server: server.Address(), Device: "dock", Log: words.logger()}
		speaking := playing(t, opts)
		server.RemoveSink("dock")
		until(t, "the sound has moved", func() bool { return words.say("the sound now comes from The ") })
		server.AddSink("dock")
		speaking.ends(t, time.Second, "the speaker that was asked for is back")
		playing(t, opts)
	})
}

func TestSoundFollowsTheDefault(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		server.AddSink("dock")
		words := &logged{}
		speaking := play(t, pulse.NewSpeaker(pulse.Options{Server: server.Address(), Log: words.logger()}), newVoice(true))
		heard := server.Record(pulsetest.Heard)
		speaking.until(t, "the tone is heard", func() bool { return loudest(heard.Samples(0)) > 0.4 })
		docked := server.Record("dock.monitor")
		server.SetDefaultSink("dock")
		speaking.until(t, "it is heard from the dock", func() bool { return loudest(docked.Samples(0)) > 0.4 })
		until(t, "a person is told", func() bool { return words.say("the sound now comes from The dock") })
	})
}

// A relay stands between a client and the server, and can break as a network does.
func TestConnectionReset(t *testing.T) {
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
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", server.Address()[5:])
		if err != nil {
			t.Error(err)
			return
		}
		relays.Go(func() { io.Copy(near, far) })
		relays.Go(func() { io.Copy(far, near); far.Close() })
		clients <- near.(*net.TCPConn)
	})
	speaking := playing(t, pulse.Options{Server: "tcp:" + listener.Addr().String()})
	client := <-clients
	client.SetLinger(0)
	client.Close()
	speaking.ends(t, time.Second, "connection reset", "the sound server has closed the connection")
}
