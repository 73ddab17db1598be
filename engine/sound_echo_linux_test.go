package engine

import (
	"math"
	"slices"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/audio/speex"
	"moonlark/engine/testkit"
	"moonlark/engine/voice"
)

// echoModule is the module of the sound server that removes the echo.
const echoModule = "module-echo-cancel"

// The microphone hears what the speaker plays, at half the amplitude and with reflections: see
// Server.AddEcho.
func TestTheAgentDoesNotHearItself(t *testing.T) {
	if _, err := speex.New(16000, 10*time.Millisecond, 200*time.Millisecond); err != nil {
		t.Skip(err)
	}
	for _, row := range []struct {
		echo string
		want float64 // dB
	}{{"server", 25}, {"speex", 15}} {
		t.Run(row.echo, func(t *testing.T) {
			t.Parallel() // beside the other canceller, but not beside other tests
			removed := 0.0
			for range 3 { // other programs may keep the machine busy
				if removed = echoRemoved(t, row.echo); removed >= row.want {
					return
				}
			}
			t.Errorf("%.1f dB are removed, want %.0f", removed, row.want)
		})
	}
}

// echoRemoved returns how many dB softer the agent hears the speaker than the microphone does,
// after the canceller has adapted for two seconds. It measures several half seconds and returns the upper
// quartile: on a busy machine the sound of the room is sometimes interrupted, and the canceller has
// to adapt again.
func echoRemoved(t *testing.T, echo string) float64 {
	t.Helper()
	server := pulsetest.Start(t)
	server.AddEcho()
	s := startSoundTest(t, server, format48k, Options{Voice: &voice.Settings{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: echo}}})
	a := s.awaitReady()
	room := server.Record(pulsetest.Microphone)
	a.say(1, babble(8*time.Second))
	testkit.Until(t, "the microphone hears the speaker", func() bool { return audible(room, 0) })
	time.Sleep(2 * time.Second)
	var removed []float64
	for range 9 {
		from, fromRoom := a.heardLen(), room.Len()
		time.Sleep(500 * time.Millisecond)
		before, after := loudness(room.Samples(fromRoom)), loudness(a.heardSince(from))
		if before > -40 { // a lower value means that the recording lags behind the sound
			removed = append(removed, before-after)
		}
	}
	s.Engine.Stop()
	s.wait()
	if n := server.Modules(echoModule); n != 0 {
		t.Errorf("%d cancellers are left in the server, want none", n)
	}
	t.Logf("dB removed: %.0f", removed)
	if len(removed) < 4 {
		return 0
	}
	slices.Sort(removed)
	return removed[len(removed)*3/4]
}

// loudness returns the mean power in dBFS.
func loudness(sound []float32) float64 {
	return 10 * math.Log10(dot(sound, sound)/math.Max(1, float64(len(sound)))+1e-12)
}

func TestTheCancellerOfAKilledProcessIsReplaced(t *testing.T) {
	t.Parallel()
	server := pulsetest.Start(t)
	child := startChildEngine(t, server, "pulse", "server")
	a := child.awaitAgent()
	// sayAndListen waits until the agent is heard.
	sayAndListen := func(a *soundAgent, id int) {
		t.Helper()
		heard := server.Record(pulsetest.Heard)
		defer heard.Stop()
		a.say(id, tone(20*time.Second))
		heard.Until(t, 0, "the agent is heard", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/4
		})
	}
	sayAndListen(a, 1)
	if n := server.Modules(echoModule); n != 1 {
		t.Errorf("%d cancellers in the first process, want 1", n)
	}
	child.kill()
	if n := server.Modules(echoModule); n != 1 {
		t.Errorf("%d cancellers after the process was killed, want 1", n)
	}
	s := startSoundTest(t, server, format48k, Options{Voice: &voice.Settings{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: "server"}}})
	a = s.awaitReady()
	sayAndListen(a, 2)
	if n := server.Modules(echoModule); n != 1 {
		t.Errorf("%d cancellers in the next process, want 1", n)
	}
	s.Engine.Stop()
	s.wait()
	if n := server.Modules(echoModule); n != 0 {
		t.Errorf("%d cancellers are left, want none", n)
	}
}
