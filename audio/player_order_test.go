package audio

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio/pcm"
)

// A manualSpeaker contains a Player and plays its output. It fills its buffer, plays and flushes
// only when the test calls its methods. The speech of the tests has the sample rate of the device,
// so that the player does not resample it.
type manualSpeaker struct {
	*Player
	buffer  []float32
	played  []float32
	flushes atomic.Int32 // how often the player has asked for a flush since the last flush
}

// A flushCounter is a Speaker whose Flush method only counts its calls.
type flushCounter struct {
	*NullSpeaker
	speaker *manualSpeaker
}

func (c flushCounter) Flush() { c.speaker.flushes.Add(1) }

// newManualSpeaker returns a manualSpeaker that has played nothing yet. It must be called in a
// synctest bubble.
func newManualSpeaker() *manualSpeaker {
	s := new(manualSpeaker)
	s.Player = NewPlayer(flushCounter{speaker: s}, new(Counts))
	s.Begin(pcm.Format{Encoding: pcm.S16, Rate: Rate})
	s.flushes.Store(0)
	return s
}

// fillBuffer takes n samples from the player and appends them to the buffer.
func (s *manualSpeaker) fillBuffer(n int) {
	more := make([]float32, n)
	s.Fill(more, Duration(len(s.buffer)))
	s.buffer = append(s.buffer, more...)
}

// play plays the first n samples of the buffer in real time.
func (s *manualSpeaker) play(n int) {
	n = min(n, len(s.buffer))
	time.Sleep(Duration(n))
	s.played = append(s.played, s.buffer[:n]...)
	s.buffer = s.buffer[n:]
}

// flush discards the buffer, with the exception of its first keep samples.
func (s *manualSpeaker) flush(keep int) {
	s.flushes.Store(0)
	keep = min(keep, len(s.buffer))
	lost := len(s.buffer) - keep
	s.buffer = s.buffer[:keep]
	s.Lost(lost)
}

// playClip plays a track of these samples that is not lowered while the agent speaks.
func (s *manualSpeaker) playClip(sound []float32) error {
	return s.Play(s.NewClip(sound, TrackOptions{Volume: 1}))
}

// finish plays all queued speech of a test, for 3 s. It flushes when the player asks for a flush.
func (s *manualSpeaker) finish() {
	for range 150 {
		if s.flushes.Load() > 0 {
			s.flush(0)
		}
		s.fillBuffer(Samples(20 * time.Millisecond))
		s.play(Samples(20 * time.Millisecond))
	}
}

// constant returns speech of length d in which every sample has the value thousandths/1000.
func constant(d time.Duration, thousandths int) []byte {
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = float32(thousandths) / 1000
	}
	return pcm.Format{Encoding: pcm.S16, Rate: Rate}.Append(nil, sound)
}

// count returns the number of played samples that have the value thousandths/1000.
func (s *manualSpeaker) count(thousandths int) (n int) {
	for _, x := range s.played {
		if math.Abs(float64(x)-float64(thousandths)/1000) < 0.0005 {
			n++
		}
	}
	return n
}

// wantPlayed checks how much sound was played whose samples have the value thousandths/1000. The
// test fails if the length of this sound differs from want by more than tolerance.
func wantPlayed(t *testing.T, s *manualSpeaker, thousandths int, want, tolerance time.Duration) {
	t.Helper()
	got := Duration(s.count(thousandths))
	if (got - want).Abs() > tolerance {
		t.Errorf("samples of %d/1000 were played for %v, want %v", thousandths, got, want)
	}
}

func TestInterruptionWithoutFlushKeepsNextResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.fillBuffer(960)
		s.Queue(1, constant(time.Second, 100))
		s.fillBuffer(960)
		s.play(960)
		s.Interrupt(1) // the speaker does not flush although the player asks for a flush
		s.flushes.Store(0)
		s.play(960)
		time.Sleep(time.Second)
		s.Queue(2, constant(time.Second, 200))
		for range 20 {
			s.fillBuffer(960)
		}
		s.SetVolume(1) // this call only causes a flush, because the volume is 1 already
		s.finish()
		wantPlayed(t, s, 200, time.Second, time.Millisecond)
	})
}

func TestInterruptionKeepsNextResponseInBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.fillBuffer(960)
		s.Queue(1, constant(200*time.Millisecond, 100))
		s.Queue(2, constant(500*time.Millisecond, 200))
		s.flush(0)
		for range 25 { // fill the buffer with the first response and a part of the second one
			s.fillBuffer(960)
		}
		s.play(Samples(100 * time.Millisecond))
		s.Interrupt(1)
		s.finish()
		wantPlayed(t, s, 100, 100*time.Millisecond, 2*time.Millisecond)
		wantPlayed(t, s, 200, 500*time.Millisecond, time.Millisecond)
	})
}

func TestClipBeginsAtOnceWhileAnotherPlays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		clip := func(loud float32) []float32 {
			return slices.Repeat([]float32{loud}, Samples(500*time.Millisecond))
		}
		s.playClip(clip(0.1))
		s.flush(0)
		for range 30 {
			s.fillBuffer(960)
		}
		s.play(Samples(100 * time.Millisecond))
		s.playClip(clip(0.2))
		s.finish()
		wantPlayed(t, s, 100, 100*time.Millisecond, time.Millisecond)
		wantPlayed(t, s, 300, 400*time.Millisecond, time.Millisecond)
		wantPlayed(t, s, 200, 100*time.Millisecond, time.Millisecond)
	})
}

func TestInterruptionKeepsClips(t *testing.T) {
	for _, late := range []time.Duration{0, 2 * flushTimeout} {
		t.Run(fmt.Sprint("flushed after ", late), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newManualSpeaker()
				s.Queue(1, constant(time.Second, 100))
				s.flush(0)
				for range 30 {
					s.fillBuffer(960)
				}
				s.play(Samples(100 * time.Millisecond))
				s.Interrupt(1)
				s.playClip(slices.Repeat([]float32{0.2}, Samples(300*time.Millisecond)))
				time.Sleep(late)
				s.fillBuffer(960)
				s.flush(0)
				s.finish()
				if got := Duration(s.count(200)); got < 290*time.Millisecond {
					t.Errorf("%v of the clip was played, want 300ms", got)
				}
			})
		})
	}
}

func TestVolumeRampIsSmoothIfSpeakerFillsBeforeFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.Queue(1, constant(time.Second, 500))
		s.flush(0)
		for range 20 {
			s.fillBuffer(960)
		}
		s.play(Samples(100 * time.Millisecond))
		s.SetVolume(0.1)
		s.fillBuffer(960)
		s.finish()
		if got := maxStep(s.played[Samples(50*time.Millisecond):Samples(300*time.Millisecond)]); got > 0.01 {
			t.Errorf("maximum step %.3f is audible as a pop, want at most 0.01", got)
		}
		wantPlayed(t, s, 50, 900*time.Millisecond, 6*time.Millisecond)
	})
}

func TestClipCausesNoGapInSpeechIfFlushIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.Queue(1, constant(time.Second, 100))
		s.flush(0)
		s.fillBuffer(960)
		s.play(480)
		s.playClip(make([]float32, 480))
		s.fillBuffer(960)
		s.play(960)
		s.finish()
		wantPlayed(t, s, 100, time.Second, time.Millisecond)
		from, to := bounds(s.played)
		wantBetween(t, "length of the speech", to-from, 995*time.Millisecond, 1005*time.Millisecond)
	})
}

func TestHalfSampleIsCompletedOnlyByTheSameResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		whole := constant(500*time.Millisecond, 100)
		s.Queue(1, whole[:9601])
		s.finish() // the speech runs out in the middle of a sample
		s.Queue(1, whole[9601:])
		s.finish()
		wantPlayed(t, s, 100, 500*time.Millisecond, time.Millisecond)
		s.Queue(2, whole[:9601])
		s.Queue(3, constant(500*time.Millisecond, 200))
		s.finish()
		wantPlayed(t, s, 200, 500*time.Millisecond, time.Millisecond)
	})
}

func TestLostSoundIsPlayedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.Queue(1, constant(2*time.Second, 100))
		s.flush(0)
		for range 5 {
			// fill the buffer with 1.2 s of sound, most of which the flushes below discard
			for range 60 {
				s.fillBuffer(960)
			}
			s.play(480)
			s.flush(0)
			s.fillBuffer(960)
			s.flush(0)
		}
		s.Lost(-5)
		s.finish()
		wantPlayed(t, s, 100, 2*time.Second, time.Millisecond)
		s.Lost(1 << 20) // the number is larger than the number of samples that Fill has returned
		s.finish()
	})
}

func TestNumberOfQueuedPiecesIsLimited(t *testing.T) {
	p := NewPlayer(newFakeSpeaker(0), new(Counts))
	for range 1 << 17 {
		if _, err := p.Queue(1, []byte{0, 0}); err != nil {
			return
		}
	}
	t.Error("131072 pieces of one sample were queued")
}

// TestSpeechIsPlayedOnceAndInOrder queues, plays, flushes and interrupts speech in random order.
// All speech that is not interrupted must be played exactly once, and in order. Each sample of the
// speech has a different value.
func TestSpeechIsPlayedOnceAndInOrder(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			s := newManualSpeaker()
			// value of the next sample, and event id of the next response
			next, id := 1, 1
			// maps the number of each sample to the event id of its response
			responseOf := map[int]int{}
			interrupted := 0
			// maps an interrupted event id to the index in played from which its response must be
			// silent
			silentFrom := map[int]int{}
			for range 300 {
				switch r.IntN(12) {
				case 0, 1, 2:
					id += r.IntN(3) / 2
					sound := make([]byte, 0, 8000)
					for range 100 + r.IntN(3000) {
						if next < 32000 {
							sound = append(sound, byte(next), byte(next>>8))
							responseOf[next] = id
							next++
						}
					}
					s.Queue(id, sound)
				case 3, 4, 5, 6:
					for range r.IntN(10) {
						s.fillBuffer(1 + r.IntN(1500))
					}
				case 7, 8:
					s.play(r.IntN(5000))
				case 9:
					s.flush(r.IntN(2) * r.IntN(400))
					silentFrom[interrupted] = cmp.Or(silentFrom[interrupted], len(s.played)+len(s.buffer)+Samples(fadeLength))
				case 10:
					switch r.IntN(4) {
					case 0:
						s.playClip(make([]float32, r.IntN(3000)))
					case 1:
						s.SetVolume(1)
					case 2:
						interrupted = max(interrupted, id-1)
						s.Interrupt(id - 1)
					case 3:
						s.Position()
					}
				case 11:
					time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
				}
			}
			s.finish()
			last := 0
			complete := true
			for i, x := range s.played {
				n := int(math.Round(float64(x) * 32768))
				if n == 0 {
					continue
				}
				// this sample is part of a fade-out
				if float64(n) != float64(x)*32768 || responseOf[n] <= interrupted && n <= last {
					continue
				}
				for id, from := range silentFrom {
					if responseOf[n] <= id && i >= from {
						t.Errorf("seed %d: index %d: sample %d of response %d is played, which must be silent from index %d on", seed, i, n, responseOf[n], from)
						return
					}
				}
				for missing := last + 1; missing < n; missing++ {
					if responseOf[missing] > interrupted {
						complete = false
					}
				}
				if n <= last || !complete {
					t.Errorf("seed %d: index %d: sample %d of response %d is played after sample %d of response %d; responses up to %d are interrupted", seed, i, n, responseOf[n], last, responseOf[last], interrupted)
					return
				}
				last = n
			}
			for missing := last + 1; missing < next; missing++ {
				if responseOf[missing] > interrupted {
					t.Errorf("seed %d: sample %d of response %d is not played", seed, missing, responseOf[missing])
					return
				}
			}
		})
	}
}
