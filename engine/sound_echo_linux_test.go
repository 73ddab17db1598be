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
)

// echoModule is what the sound server's canceller is loaded as.
const echoModule = "module-echo-cancel"

// In a room where the microphone hears what the speaker plays, half as loud and
// with a tail, the agent does not hear itself.
func TestAgentDoesNotHearItself(t *testing.T) {
	if _, err := speex.New(16000, 10*time.Millisecond, 200*time.Millisecond); err != nil {
		t.Skip(err)
	}
	for _, way := range []struct {
		echo string
		want float64 // dB
	}{{"server", 25}, {"speex", 15}} {
		t.Run(way.echo, func(t *testing.T) {
			removed := 0.0
			for range 3 {
				if removed = echoRemoved(t, way.echo); removed >= way.want {
					return
				}
			}
			t.Errorf("%.1f dB are removed, want %.0f", removed, way.want)
		})
	}
}

// echoRemoved is by how many dB the agent hears itself softer than the
// microphone hears it, after there were two seconds to learn: in the better of
// many half seconds, since on a busy machine the sound of the room tears now
// and then, and is learned again.
func echoRemoved(t *testing.T, echo string) float64 {
	t.Helper()
	server := pulsetest.Start(t)
	server.Room()
	s := perform(t, server, full, Options{Voice: &Voice{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: echo}}})
	a := s.ready()
	room := server.Record(pulsetest.Microphone)
	a.say(1, babble(8*time.Second))
	eventually(t, "the room is loud", func() bool { return audible(room, 0) })
	time.Sleep(2 * time.Second)
	var removed []float64
	for range 9 {
		from, fromRoom := a.len(), room.Len()
		time.Sleep(500 * time.Millisecond)
		before, after := loudness(room.Samples(fromRoom)), loudness(a.since(from))
		if before > -40 { // the recording may lag behind the sound
			removed = append(removed, before-after)
		}
	}
	s.Stop()
	s.wait()
	if n := server.Modules(echoModule); n != 0 {
		t.Errorf("%d cancellers are left in the server", n)
	}
	t.Logf("dB removed: %.0f", removed)
	if len(removed) < 4 {
		return 0
	}
	slices.Sort(removed)
	return removed[len(removed)*3/4]
}

// loudness is the RMS in dBFS.
func loudness(sound []float32) float64 {
	return 10 * math.Log10(dot(sound, sound)/math.Max(1, float64(len(sound)))+1e-12)
}

// A canceller that a killed process has left is found again, and never
// doubled.
func TestCancellerOfAKilledProcessIsFoundAgain(t *testing.T) {
	server := pulsetest.Start(t)
	killed := performElsewhere(t, server, "pulse", "server")
	a := killed.agent()
	play := func(a *listener, id int) {
		t.Helper()
		heard := server.Record(pulsetest.Heard)
		defer heard.Stop()
		a.say(id, tone(20*time.Second))
		heard.Until(t, 0, "the agent is heard", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/4
		})
	}
	play(a, 1)
	if n := server.Modules(echoModule); n != 1 {
		t.Errorf("%d cancellers at first", n)
	}
	killed.end()
	if n := server.Modules(echoModule); n != 1 {
		t.Errorf("%d cancellers after the process was killed", n)
	}
	s := perform(t, server, full, Options{Voice: &Voice{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: "server"}}})
	a = s.ready()
	play(a, 2)
	if n := server.Modules(echoModule); n != 1 {
		t.Errorf("%d cancellers in the next process", n)
	}
	s.Stop()
	s.wait()
	if n := server.Modules(echoModule); n != 0 {
		t.Errorf("%d cancellers are left", n)
	}
}
