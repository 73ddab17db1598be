package audio

import (
	"bytes"
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio/pcm"
)

var sixteen = pcm.Format{Encoding: pcm.S16, Rate: 16000}

// buzz is d of a sine of 400 Hz at half loudness.
func buzz(d time.Duration) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = 0.5 * float32(math.Sin(2*math.Pi*400*float64(i)/Rate))
	}
	return sound
}

// A hearing is what the agent hears.
type hearing struct {
	chunks int
	sound  []byte
}

func (h *hearing) send(chunk []byte) int {
	h.chunks++
	h.sound = append(h.sound, chunk...)
	return 0
}

// loudness is the RMS of what was heard between two times.
func (h *hearing) loudness(from, to time.Duration) float64 {
	part := h.sound[sixteen.Bytes(from):sixteen.Bytes(to)]
	return math.Sqrt(power(pcm.NewDecoder(sixteen).Append(nil, part)))
}

// speak gives a recorder d of sound as a microphone does, in real time.
func speak(r *Recorder, sound []float32) {
	for len(sound) > 0 {
		n := min(len(sound), Samples(10*time.Millisecond))
		time.Sleep(Duration(n))
		r.Take(sound[:n], 0)
		sound = sound[n:]
	}
}

func TestSoundReachesTheAgentInChunksOfTheLengthAskedFor(t *testing.T) {
	for asked, length := range map[time.Duration]time.Duration{
		20 * time.Millisecond: 20 * time.Millisecond, 250 * time.Millisecond: 250 * time.Millisecond,
		0: 20 * time.Millisecond, time.Minute: 250 * time.Millisecond, // out of bounds
	} {
		synctest.Test(t, func(t *testing.T) {
			var h hearing
			r := NewRecorder(nil, new(Counts))
			r.Begin(sixteen, asked, false, h.send)
			speak(r, buzz(time.Second))
			if want := sixteen.Bytes(length); len(h.sound) != h.chunks*want {
				t.Errorf("%d bytes in %d chunks, want %d in each", len(h.sound), h.chunks, want)
			}
			if got := sixteen.Duration(len(h.sound)); got < time.Second-length-10*time.Millisecond {
				t.Errorf("%v of sound came through of a second", got)
			}
			if got := h.loudness(100*time.Millisecond, 700*time.Millisecond); math.Abs(got-0.5/math.Sqrt2) > 0.001 {
				t.Errorf("it is %.4f loud", got)
			}
			r.End()
			speak(r, buzz(time.Second))
			if got := sixteen.Duration(len(h.sound)); got > time.Second {
				t.Errorf("%v came through though it was over", got)
			}
		})
	}
}

func TestMutedAndNotListeningSendSilenceInsteadOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		r := NewRecorder(nil, new(Counts))
		r.Begin(sixteen, ChunkLength, false, h.send)
		r.SetMuted(true)
		speak(r, buzz(time.Second))
		muted := r.Level()
		r.SetMuted(false)
		r.SetListening(false)
		speak(r, buzz(time.Second))
		aside := r.Level()
		r.SetListening(true)
		speak(r, buzz(time.Second))

		if got := sixteen.Duration(len(h.sound)); got < 2950*time.Millisecond {
			t.Errorf("only %v were sent of 3 s", got)
		}
		for at, want := range []float64{0, 0, 0.5 / math.Sqrt2} {
			from := time.Duration(at)*time.Second + 100*time.Millisecond
			if got := h.loudness(from, from+800*time.Millisecond); math.Abs(got-want) > 0.001 {
				t.Errorf("in second %d it is %.4f loud, want %.4f", at+1, got, want)
			}
		}
		if muted != lowest || aside < -10 {
			t.Errorf("the level was %v muted and %v aside: only what is muted hears nothing", muted, aside)
		}
	})
}

func TestSilenceIsSentWhileThereIsNoMicrophone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		r := NewRecorder(nil, new(Counts))
		r.Begin(sixteen, ChunkLength, false, h.send)
		ctx, cancel := context.WithCancel(t.Context())
		go r.Run(ctx)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := sixteen.Duration(len(h.sound)); got < 1900*time.Millisecond || got > 2*time.Second {
			t.Errorf("%v of silence in 2 s", got)
		}
		if len(bytes.Trim(h.sound, "\x00")) > 0 {
			t.Error("that is no silence")
		}
		h.sound = nil
		speak(r, buzz(2*time.Second)) // a microphone has come: nothing is added to its sound
		synctest.Wait()
		if got := sixteen.Duration(len(h.sound)); got < 1900*time.Millisecond || got > 2030*time.Millisecond {
			t.Errorf("%v of sound in 2 s", got)
		}
		cancel()
		synctest.Wait()
	})
}

func TestWhatWasSaidWhileMutedIsNotHeardThoughItComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		r := NewRecorder(nil, new(Counts))
		r.Begin(sixteen, ChunkLength, false, h.send)
		time.Sleep(time.Second)
		r.SetMuted(true)
		time.Sleep(time.Second)
		r.SetMuted(false)
		r.Take(buzz(200*time.Millisecond), 0) // from a device that was late
		if got := h.loudness(0, 150*time.Millisecond); got != 0 {
			t.Errorf("it is %.4f loud, want 0", got)
		}
		r.SetMuted(false) // again, of no effect
		speak(r, buzz(500*time.Millisecond))
		if got := h.loudness(300*time.Millisecond, 600*time.Millisecond); got < 0.3 {
			t.Errorf("then it is %.4f loud", got)
		}
	})
}

func TestWhatAMachineHasSleptThroughIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		r := NewRecorder(nil, new(Counts))
		r.Begin(sixteen, ChunkLength, false, h.send)
		time.Sleep(8 * time.Hour)
		r.fill()
		if got := sixteen.Duration(len(h.sound)); got > time.Second {
			t.Errorf("%v of silence was sent at once", got)
		}
	})
}

func TestDroppedChunksAreCounted(t *testing.T) {
	counts := new(Counts)
	r := NewRecorder(nil, counts)
	r.Begin(sixteen, ChunkLength, false, func([]byte) int { return 1 })
	r.Take(buzz(100*time.Millisecond), 0)
	if got := counts.Dropped.Load(); got < 4 {
		t.Errorf("%d counted, want 4", got)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	p := NewPlayer(NewNone(), new(Counts))
	r := NewRecorder(NewGate(p), new(Counts))
	r.Begin(sixteen, ChunkLength, false, func([]byte) int { return 0 })
	sound := buzz(20 * time.Millisecond)
	r.Take(sound, 0)
	r.Take(sound, 0)
	if n := testing.AllocsPerRun(200, func() { r.Take(sound, 0) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// A saying is what a speaker says at each time, its first sample at began.
type saying struct {
	began time.Time
	sound []float32
}

func (s saying) At(t time.Time) int64 { return int64(t.Sub(s.began) * Rate / time.Second) }
func (s saying) Heard(dst []float32, from int64) {
	clear(dst)
	for i := range dst {
		if at := from + int64(i); at >= 0 && at < int64(len(s.sound)) {
			dst[i] = s.sound[at]
		}
	}
}

// speech is noise that comes and goes as speech does.
func speech(d time.Duration, loud float64, seed uint32) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		seed = seed*1664525 + 1013904223
		syllable := math.Abs(math.Sin(2 * math.Pi * 2.5 * float64(i) / Rate))
		sound[i] = float32(loud * syllable * (float64(seed>>8)/(1<<23) - 1))
	}
	return sound
}

func TestTheGateIsShutWhileTheSpeakerSpeaksAndOpensForTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := saying{time.Now(), speech(6*time.Second, 0.5, 1)}
		heard := make([]float32, Samples(8*time.Second))
		for i, x := range said.sound { // a room: half as loud, 10 ms later
			heard[i+480] += x / 2
		}
		for i, x := range speech(time.Second, 1, 2) { // the user, over it
			heard[i+Samples(4*time.Second)] += x
		}
		for i, x := range speech(time.Second, 0.2, 3) { // and when it is over
			heard[i+Samples(7*time.Second)] += x
		}
		var h hearing
		r := NewRecorder(NewGate(said), new(Counts))
		r.Begin(sixteen, ChunkLength, false, h.send)
		speak(r, heard)
		if got := h.loudness(0, 4*time.Second); got != 0 {
			t.Errorf("%.4f of the echo comes through", got)
		}
		if got := h.loudness(4500*time.Millisecond, 5*time.Second); got < 0.1 {
			t.Errorf("%.4f of the user comes through", got)
		}
		if got := h.loudness(7100*time.Millisecond, 7900*time.Millisecond); got < 0.03 {
			t.Errorf("%.4f comes through when the speaker has fallen silent", got)
		}
	})
}

func TestPrerollIsWhatWasHeardJustBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h, without hearing
		r := NewRecorder(nil, new(Counts))
		speak(r, ramp(4*time.Second))
		r.Begin(sixteen, ChunkLength, true, h.send)
		got := pcm.NewDecoder(sixteen).Append(nil, h.sound)
		if d := sixteen.Duration(len(h.sound)); d < Preroll-2*ChunkLength || d > Preroll {
			t.Errorf("%v of preroll", d)
		}
		for i := 100; i < len(got)-100; i++ {
			want := 1 - (Preroll.Seconds()-float64(i)/16000)/4
			if math.Abs(float64(got[i])-want) > 0.001 {
				t.Fatalf("sample %d is %.4f, want %.4f", i, got[i], want)
			}
		}
		r.End()
		r.Begin(sixteen, ChunkLength, true, without.send)
		if len(without.sound) > 0 {
			t.Errorf("%d bytes are heard twice", len(without.sound))
		}
	})
}

// ramp is d of sound that rises from 0 to 1, so that each place in it can be told.
func ramp(d time.Duration) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = float32(i) / float32(len(sound))
	}
	return sound
}

func TestNothingIsLostThatIsSaidWhileAConversationIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		r := NewRecorder(nil, new(Counts))
		sound := ramp(8 * time.Second)
		speak(r, sound[:Samples(3*time.Second)])
		r.Expect()
		speak(r, sound[Samples(3*time.Second):Samples(7*time.Second)])
		r.Begin(sixteen, ChunkLength, true, h.send)
		speak(r, sound[Samples(7*time.Second):])
		got := pcm.NewDecoder(sixteen).Append(nil, h.sound)
		want := Preroll + 5*time.Second
		if d := sixteen.Duration(len(h.sound)); d < want-2*ChunkLength || d > want {
			t.Errorf("%v came, want %v", d, want)
		}
		for i := 100; i < len(got)-100; i++ {
			want := (1.5 + float64(i)/16000) / 8
			if math.Abs(float64(got[i])-want) > 0.001 {
				t.Fatalf("sample %d is %.4f, want %.4f", i, got[i], want)
			}
		}
		if n := len(r.before.room); n != Samples(Preroll) {
			t.Errorf("%v is kept for ever", Duration(n))
		}
	})
}

func TestOfTooLongAWaitTheNewestIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hearing
		r := NewRecorder(nil, new(Counts))
		r.Expect()
		r.Expect()
		speak(r, ramp(20*time.Second))
		r.Begin(sixteen, ChunkLength, true, h.send)
		got := pcm.NewDecoder(sixteen).Append(nil, h.sound)
		if d, want := sixteen.Duration(len(h.sound)), Preroll+MaxWait; d < want-2*ChunkLength || d > want {
			t.Errorf("%v came", d)
		}
		if want := 8.5 / 20; math.Abs(float64(got[200])-want) > 0.002 {
			t.Errorf("it begins at %.4f, want %.4f", got[200], want)
		}
	})
}

// A listeningTap keeps what it hears.
type listeningTap struct{ sound []float32 }

func (l *listeningTap) Hear(sound []float32) { l.sound = append(l.sound, sound...) }

func TestATapHearsWhatIsHeardAndSilenceWhileMutedOrInAConversation(t *testing.T) {
	for _, always := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var h hearing
			var tap listeningTap
			r := NewRecorder(nil, new(Counts))
			r.SetTap(&tap, always)
			loud := func(step string, want bool) {
				t.Helper()
				tap.sound = nil
				speak(r, buzz(time.Second))
				if n := len(tap.sound); n != Samples(time.Second) {
					t.Errorf("%s: %v was heard", step, Duration(n))
				}
				if got := math.Sqrt(power(tap.sound)); (got > 0.3) != want || !want && got != 0 {
					t.Errorf("%s: it is %.3f loud", step, got)
				}
			}
			loud("no conversation", true)
			r.SetMuted(true)
			loud("muted", false)
			r.SetMuted(false)
			r.SetListening(false)
			loud("not listening", true)
			r.Begin(sixteen, ChunkLength, false, h.send)
			loud("in a conversation", always)
			r.End()
			loud("after it", true)
		})
	}
}

func TestTheGateShutsAgainWhenAnotherDeviceEchoesMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := saying{time.Now(), speech(30*time.Second, 0.5, 1)}
		heard := make([]float32, Samples(30*time.Second))
		for i, x := range said.sound[:len(said.sound)-480] {
			loud := float32(0.005) // a headset, and then a loudspeaker
			if i > Samples(5*time.Second) {
				loud = 0.5
			}
			heard[i+480] = loud * x
		}
		var h hearing
		r := NewRecorder(NewGate(said), new(Counts))
		r.Begin(sixteen, ChunkLength, false, h.send)
		speak(r, heard)
		if got := h.loudness(25*time.Second, 29*time.Second); got != 0 {
			t.Errorf("20 s later %.4f of the echo comes through", got)
		}
	})
}

func TestTheGateLearnsNothingFromAMicrophoneThatIsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := saying{time.Now(), speech(6*time.Second, 0.5, 1)}
		heard := make([]float32, Samples(6*time.Second))
		for i, x := range said.sound[:len(said.sound)-480] {
			if i > Samples(2*time.Second) {
				heard[i+480] = x / 2
			}
		}
		var h hearing
		r := NewRecorder(NewGate(said), new(Counts))
		r.Begin(sixteen, ChunkLength, false, h.send)
		speak(r, heard)
		if got := h.loudness(2*time.Second, 5900*time.Millisecond); got != 0 {
			t.Errorf("%.4f of the echo comes through", got)
		}
	})
}
