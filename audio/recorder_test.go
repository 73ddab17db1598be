package audio

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio/pcm"
)

var pcm16000 = pcm.Format{Encoding: pcm.S16, Rate: 16000}

// sine returns a sine wave of 400 Hz and length d with half of the maximum amplitude.
func sine(d time.Duration) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = 0.5 * float32(math.Sin(2*math.Pi*400*float64(i)/Rate))
	}
	return sound
}

// A fakeAgent keeps the chunks that a recorder sends.
type fakeAgent struct {
	chunks int
	sound  []byte
}

func (a *fakeAgent) send(chunk []byte) int {
	a.chunks++
	a.sound = append(a.sound, chunk...)
	return 0
}

// rms returns the root mean square of the sound between the times begin and end, which count from
// the first sample.
func (a *fakeAgent) rms(begin, end time.Duration) float64 {
	part := a.sound[pcm16000.Bytes(begin):pcm16000.Bytes(end)]
	return math.Sqrt(meanSquare(pcm.NewDecoder(pcm16000).Append(nil, part)))
}

// record passes sound to a recorder in real time, as a microphone does.
func record(r *Recorder, sound []float32) {
	for len(sound) > 0 {
		n := min(len(sound), Samples(10*time.Millisecond))
		time.Sleep(Duration(n))
		r.Take(sound[:n], 0)
		sound = sound[n:]
	}
}

func TestChunksHaveTheRequestedLength(t *testing.T) {
	for requested, length := range map[time.Duration]time.Duration{
		20 * time.Millisecond: 20 * time.Millisecond, 250 * time.Millisecond: 250 * time.Millisecond,
		// lengths outside the range from 20 to 250 ms
		0: 20 * time.Millisecond, time.Minute: 250 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			var agent fakeAgent
			r := NewRecorder(nil, new(Counts))
			r.Begin(pcm16000, requested, false, agent.send)
			record(r, sine(time.Second))
			if want := pcm16000.Bytes(length); len(agent.sound) != agent.chunks*want {
				t.Errorf("%d bytes in %d chunks, want %d in each", len(agent.sound), agent.chunks, want)
			}
			if got := pcm16000.Duration(len(agent.sound)); got < time.Second-length-10*time.Millisecond {
				t.Errorf("%v of a second of sound was sent", got)
			}
			if got := agent.rms(100*time.Millisecond, 700*time.Millisecond); math.Abs(got-0.5/math.Sqrt2) > 0.001 {
				t.Errorf("RMS %.4f, want %.4f", got, 0.5/math.Sqrt2)
			}
			r.End()
			record(r, sine(time.Second))
			if got := pcm16000.Duration(len(agent.sound)); got > time.Second {
				t.Errorf("%v was sent, some of it after End", got)
			}
		})
	}
}

func TestSilenceIsSentWhileMutedOrNotListening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var agent fakeAgent
		r := NewRecorder(nil, new(Counts))
		r.Begin(pcm16000, ChunkLength, false, agent.send)
		r.SetMuted(true)
		record(r, sine(time.Second))
		mutedLevel := r.Level()
		r.SetMuted(false)
		r.SetListening(false)
		record(r, sine(time.Second))
		notListeningLevel := r.Level()
		r.SetListening(true)
		record(r, sine(time.Second))

		if got := pcm16000.Duration(len(agent.sound)); got < 2950*time.Millisecond {
			t.Errorf("%v of 3 s was sent", got)
		}
		for at, want := range []float64{0, 0, 0.5 / math.Sqrt2} {
			from := time.Duration(at)*time.Second + 100*time.Millisecond
			if got := agent.rms(from, from+800*time.Millisecond); math.Abs(got-want) > 0.001 {
				t.Errorf("second %d: RMS %.4f, want %.4f", at+1, got, want)
			}
		}
		if mutedLevel != minLevel || notListeningLevel < -10 {
			t.Errorf("level %v while muted, want %v; level %v while not listening, want about -9", mutedLevel, minLevel, notListeningLevel)
		}
	})
}

func TestSilenceIsSentWhileThereIsNoMicrophone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var agent fakeAgent
		r := NewRecorder(nil, new(Counts))
		r.Begin(pcm16000, ChunkLength, false, agent.send)
		ctx, cancel := context.WithCancel(t.Context())
		go r.Run(ctx)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := pcm16000.Duration(len(agent.sound)); got < 1900*time.Millisecond || got > 2*time.Second {
			t.Errorf("%v of silence was sent in 2 s", got)
		}
		if len(bytes.Trim(agent.sound, "\x00")) > 0 {
			t.Error("the sound sent is not silence")
		}
		agent.sound = nil
		// from now on, the microphone records, so the recorder must not add silence
		record(r, sine(2*time.Second))
		synctest.Wait()
		if got := pcm16000.Duration(len(agent.sound)); got < 1900*time.Millisecond || got > 2030*time.Millisecond {
			t.Errorf("%v of sound was sent in 2 s", got)
		}
		cancel()
		synctest.Wait()
	})
}

func TestSoundRecordedWhileMutedIsSilentEvenIfDeliveredLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var agent fakeAgent
		r := NewRecorder(nil, new(Counts))
		r.Begin(pcm16000, ChunkLength, false, agent.send)
		time.Sleep(time.Second)
		r.SetMuted(true)
		time.Sleep(time.Second)
		r.SetMuted(false)
		// the device delivers the sound only after the recorder was unmuted
		r.Take(sine(200*time.Millisecond), 0)
		if got := agent.rms(0, 150*time.Millisecond); got != 0 {
			t.Errorf("RMS %.4f of the sound recorded while muted, want 0", got)
		}
		r.SetMuted(false) // the second call of SetMuted(false) has no effect
		record(r, sine(500*time.Millisecond))
		if got := agent.rms(300*time.Millisecond, 600*time.Millisecond); got < 0.3 {
			t.Errorf("RMS %.4f of the sound after that, want 0.35", got)
		}
	})
}

// TestSoundRecordedWhileMutedIsSilentIfUnmutedMeanwhile passes sound that was recorded while the
// recorder was muted. The sound must be silent even if SetMuted(false) is called at the same time
// as Take.
func TestSoundRecordedWhileMutedIsSilentIfUnmutedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tap fakeTap
		r := NewRecorder(nil, new(Counts))
		r.SetTap(&tap, true)
		sound := slices.Repeat([]float32{0.5}, 4)
		for range 300 {
			r.SetMuted(true)
			time.Sleep(20 * time.Millisecond)
			go r.SetMuted(false)
			for range 2000 {
				r.Take(sound, 0)
			}
			synctest.Wait()
		}
		if got := meanSquare(tap.sound); got != 0 {
			t.Errorf("mean square of the sound is %g, want 0", got)
		}
	})
}

func TestTapMayBeSetDuringTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tap fakeTap
		r := NewRecorder(nil, new(Counts))
		go r.Take(sine(20*time.Millisecond), 0)
		r.SetTap(&tap, true) // the race detector checks that Take and SetTap use the same lock
		synctest.Wait()
	})
}

func TestTimeOfASuspensionIsNotFilledWithSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var agent fakeAgent
		r := NewRecorder(nil, new(Counts))
		r.Begin(pcm16000, ChunkLength, false, agent.send)
		time.Sleep(8 * time.Hour)
		r.fillWithSilence()
		if got := pcm16000.Duration(len(agent.sound)); got > time.Second {
			t.Errorf("%v of silence was sent, want at most 1s", got)
		}
	})
}

func TestDroppedChunksAreCounted(t *testing.T) {
	counts := new(Counts)
	r := NewRecorder(nil, counts)
	r.Begin(pcm16000, ChunkLength, false, func([]byte) int { return 1 })
	r.Take(sine(100*time.Millisecond), 0)
	if got := counts.Dropped.Load(); got < 4 {
		t.Errorf("got %d dropped chunks, want at least 4", got)
	}
}

func TestRecorderDoesNotAllocate(t *testing.T) {
	p := NewPlayer(NewNullSpeaker(), new(Counts))
	r := NewRecorder(NewEchoGate(p), new(Counts))
	r.Begin(pcm16000, ChunkLength, false, func([]byte) int { return 0 })
	sound := sine(20 * time.Millisecond)
	r.Take(sound, 0)
	r.Take(sound, 0)
	if n := testing.AllocsPerRun(200, func() { r.Take(sound, 0) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestPrerollIsSentFirstAndOnlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var agent, second fakeAgent
		r := NewRecorder(nil, new(Counts))
		record(r, ramp(4*time.Second))
		r.Begin(pcm16000, ChunkLength, true, agent.send)
		got := pcm.NewDecoder(pcm16000).Append(nil, agent.sound)
		if d := pcm16000.Duration(len(agent.sound)); d < Preroll-2*ChunkLength || d > Preroll {
			t.Errorf("%v of preroll was sent, want %v", d, Preroll)
		}
		for i := 100; i < len(got)-100; i++ {
			want := 1 - (Preroll.Seconds()-float64(i)/16000)/4
			if math.Abs(float64(got[i])-want) > 0.001 {
				t.Fatalf("sample %d is %.4f, want %.4f", i, got[i], want)
			}
		}
		r.End()
		r.Begin(pcm16000, ChunkLength, true, second.send)
		if len(second.sound) > 0 {
			t.Errorf("%d bytes were sent twice", len(second.sound))
		}
	})
}

// ramp returns sound that rises from 0 to 1, so that the value of a sample tells its position.
func ramp(d time.Duration) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = float32(i) / float32(len(sound))
	}
	return sound
}

func TestSoundRecordedWhileConnectingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var agent fakeAgent
		r := NewRecorder(nil, new(Counts))
		sound := ramp(8 * time.Second)
		record(r, sound[:Samples(3*time.Second)])
		r.Expect()
		record(r, sound[Samples(3*time.Second):Samples(7*time.Second)])
		r.Begin(pcm16000, ChunkLength, true, agent.send)
		record(r, sound[Samples(7*time.Second):])
		got := pcm.NewDecoder(pcm16000).Append(nil, agent.sound)
		want := Preroll + 5*time.Second
		if d := pcm16000.Duration(len(agent.sound)); d < want-2*ChunkLength || d > want {
			t.Errorf("%v was sent, want %v", d, want)
		}
		for i := 100; i < len(got)-100; i++ {
			want := (1.5 + float64(i)/16000) / 8
			if math.Abs(float64(got[i])-want) > 0.001 {
				t.Fatalf("sample %d is %.4f, want %.4f", i, got[i], want)
			}
		}
		if n := len(r.preroll.samples); n != Samples(Preroll) {
			t.Errorf("the preroll buffer has %v, want %v", Duration(n), Preroll)
		}
	})
}

func TestLatestSoundIsKeptIfConnectingTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var agent fakeAgent
		r := NewRecorder(nil, new(Counts))
		r.Expect()
		r.Expect()
		record(r, ramp(20*time.Second))
		r.Begin(pcm16000, ChunkLength, true, agent.send)
		got := pcm.NewDecoder(pcm16000).Append(nil, agent.sound)
		if d, want := pcm16000.Duration(len(agent.sound)), Preroll+MaxWait; d < want-2*ChunkLength || d > want {
			t.Errorf("%v was sent, want %v", d, want)
		}
		if want := 8.5 / 20; math.Abs(float64(got[200])-want) > 0.002 {
			t.Errorf("sample 200 is %.4f, want %.4f", got[200], want)
		}
	})
}

// A fakeTap is a Tap that keeps all sound.
type fakeTap struct{ sound []float32 }

func (f *fakeTap) Hear(sound []float32) { f.sound = append(f.sound, sound...) }

func TestTapGetsSilenceWhileMutedOrInConversation(t *testing.T) {
	for _, always := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var agent fakeAgent
			var tap fakeTap
			r := NewRecorder(nil, new(Counts))
			r.SetTap(&tap, always)
			check := func(step string, wantSound bool) {
				t.Helper()
				tap.sound = nil
				record(r, sine(time.Second))
				if n := len(tap.sound); n != Samples(time.Second) {
					t.Errorf("%s: the tap got %v, want 1s", step, Duration(n))
				}
				if got := math.Sqrt(meanSquare(tap.sound)); (got > 0.3) != wantSound || !wantSound && got != 0 {
					t.Errorf("%s: RMS %.3f, want sound: %v", step, got, wantSound)
				}
			}
			check("no conversation", true)
			r.SetMuted(true)
			check("muted", false)
			r.SetMuted(false)
			r.SetListening(false)
			check("not listening", true)
			r.Begin(pcm16000, ChunkLength, false, agent.send)
			check("in a conversation", always)
			r.End()
			check("after the conversation", true)
		})
	}
}
