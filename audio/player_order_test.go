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

// A bench is a speaker that does what the test says, when it says so: it takes,
// plays and flushes. Its speech is at the rate of the device, so that nothing
// is resampled.
type bench struct {
	*Player
	buffer  []float32
	heard   []float32
	flushes atomic.Int32 // that were asked for
}

// A patient speaker flushes when the test says so.
type patient struct {
	*None
	bench *bench
}

func (p patient) Flush() { p.bench.flushes.Add(1) }

// newBench makes one. It is to be called in a bubble.
func newBench() *bench {
	b := new(bench)
	b.Player = NewPlayer(patient{bench: b}, new(Counts))
	b.Begin(pcm.Format{Encoding: pcm.S16, Rate: Rate})
	b.flushes.Store(0)
	return b
}

// take has the device take n samples more.
func (b *bench) take(n int) {
	more := make([]float32, n)
	b.Fill(more, Duration(len(b.buffer)))
	b.buffer = append(b.buffer, more...)
}

// pass lets n samples be heard, in as much time.
func (b *bench) pass(n int) {
	n = min(n, len(b.buffer))
	time.Sleep(Duration(n))
	b.heard = append(b.heard, b.buffer[:n]...)
	b.buffer = b.buffer[n:]
}

// obey flushes, all but what is in the device already.
func (b *bench) obey(device int) {
	b.flushes.Store(0)
	device = min(device, len(b.buffer))
	lost := len(b.buffer) - device
	b.buffer = b.buffer[:device]
	b.Lost(lost)
}

// finish plays until nothing is left.
func (b *bench) finish() {
	for range 150 {
		if b.flushes.Load() > 0 {
			b.obey(0)
		}
		b.take(Samples(20 * time.Millisecond))
		b.pass(Samples(20 * time.Millisecond))
	}
}

// level is d of sound that is the same number all over, in thousandths.
func level(d time.Duration, thousandths int) []byte {
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = float32(thousandths) / 1000
	}
	return pcm.Format{Encoding: pcm.S16, Rate: Rate}.Append(nil, sound)
}

// count is how many samples were heard of a level.
func (b *bench) count(thousandths int) (n int) {
	for _, x := range b.heard {
		if math.Abs(float64(x)-float64(thousandths)/1000) < 0.0005 {
			n++
		}
	}
	return n
}

func wantHeard(t *testing.T, b *bench, thousandths int, want, slack time.Duration) {
	t.Helper()
	got := Duration(b.count(thousandths))
	if (got - want).Abs() > slack {
		t.Errorf("of what has level %d, %v was heard, want %v", thousandths, got, want)
	}
}

func TestAnInterruptionThatIsNeverFlushedTakesNothingFromTheNextResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.take(960)
		b.Queue(1, level(time.Second, 100))
		b.take(960)
		b.pass(960)
		b.Interrupt(1) // and there is no device that would flush
		b.flushes.Store(0)
		b.pass(960)
		time.Sleep(time.Second)
		b.Queue(2, level(time.Second, 200))
		for range 20 {
			b.take(960)
		}
		b.SetVolume(1) // of no effect, but for the flush
		b.finish()
		wantHeard(t, b, 200, time.Second, time.Millisecond)
	})
}

func TestAnInterruptionLeavesTheNextResponseWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.take(960)
		b.Queue(1, level(200*time.Millisecond, 100))
		b.Queue(2, level(500*time.Millisecond, 200))
		b.obey(0)
		for range 25 { // both are in the device, the second in part
			b.take(960)
		}
		b.pass(Samples(100 * time.Millisecond))
		b.Interrupt(1)
		b.finish()
		wantHeard(t, b, 100, 100*time.Millisecond, 2*time.Millisecond)
		wantHeard(t, b, 200, 500*time.Millisecond, time.Millisecond)
	})
}

func TestAClipIsHeardAtOnceThoughAnotherIsPlaying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		clip := func(loud float32) []float32 {
			return slices.Repeat([]float32{loud}, Samples(500*time.Millisecond))
		}
		b.Play(clip(0.1))
		b.obey(0)
		for range 30 {
			b.take(960)
		}
		b.pass(Samples(100 * time.Millisecond))
		b.Play(clip(0.2))
		b.finish()
		wantHeard(t, b, 100, 100*time.Millisecond, time.Millisecond)
		wantHeard(t, b, 300, 400*time.Millisecond, time.Millisecond)
		wantHeard(t, b, 200, 100*time.Millisecond, time.Millisecond)
	})
}

func TestAnInterruptionOfSpeechLeavesClipsAlone(t *testing.T) {
	for _, late := range []time.Duration{0, 2 * obedience} {
		t.Run(fmt.Sprint("flushed after ", late), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.Queue(1, level(time.Second, 100))
				b.obey(0)
				for range 30 {
					b.take(960)
				}
				b.pass(Samples(100 * time.Millisecond))
				b.Interrupt(1)
				b.Play(slices.Repeat([]float32{0.2}, Samples(300*time.Millisecond)))
				time.Sleep(late)
				b.take(960)
				b.obey(0)
				b.finish()
				if got := Duration(b.count(200)); got < 290*time.Millisecond {
					t.Errorf("%v of the clip was heard, want 300ms", got)
				}
			})
		})
	}
}

func TestTheVolumeHasNoStepThoughSoundIsTakenBeforeTheFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.Queue(1, level(time.Second, 500))
		b.obey(0)
		for range 20 {
			b.take(960)
		}
		b.pass(Samples(100 * time.Millisecond))
		b.SetVolume(0.1)
		b.take(960)
		b.finish()
		if got := steepest(b.heard[Samples(50*time.Millisecond):Samples(300*time.Millisecond)]); got > 0.01 {
			t.Errorf("a step of %.3f: that is a pop", got)
		}
		wantHeard(t, b, 50, 900*time.Millisecond, 6*time.Millisecond)
	})
}

func TestAClipDoesNotMakeAHoleInSpeechWhoseSpeakerIsSlowToFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.Queue(1, level(time.Second, 100))
		b.obey(0)
		b.take(960)
		b.pass(480)
		b.Play(make([]float32, 480))
		b.take(960)
		b.pass(960)
		b.finish()
		wantHeard(t, b, 100, time.Second, time.Millisecond)
		from, to := bounds(b.heard)
		between(t, "it takes", to-from, 995*time.Millisecond, 1005*time.Millisecond)
	})
}

func TestHalfASampleAtTheEndOfAPieceBelongsToTheNextOfItsResponseAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		whole := level(500*time.Millisecond, 100)
		b.Queue(1, whole[:9601])
		b.finish() // a gap
		b.Queue(1, whole[9601:])
		b.finish()
		wantHeard(t, b, 100, 500*time.Millisecond, time.Millisecond)
		b.Queue(2, whole[:9601])
		b.Queue(3, level(500*time.Millisecond, 200))
		b.finish()
		wantHeard(t, b, 200, 500*time.Millisecond, time.Millisecond)
	})
}

func TestNothingIsMissingHoweverMuchIsLostAndHoweverOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.Queue(1, level(2*time.Second, 100))
		b.obey(0)
		for range 5 {
			for range 60 { // 1.2 s, all of it lost, some of it twice
				b.take(960)
			}
			b.pass(480)
			b.obey(0)
			b.take(960)
			b.obey(0)
		}
		b.Lost(-5)
		b.finish()
		wantHeard(t, b, 100, 2*time.Second, time.Millisecond)
		b.Lost(1 << 20) // more than there ever was
		b.finish()
	})
}

func TestPiecesAreBoundedToo(t *testing.T) {
	p := NewPlayer(newFakeSpeaker(0), new(Counts))
	for range 1 << 17 {
		if _, err := p.Queue(1, []byte{0, 0}); err != nil {
			return
		}
	}
	t.Error("131072 pieces of one sample are taken")
}

// Whatever the order in which sound is queued, taken, played, lost and
// interrupted: no speech is heard twice, or out of order, or missing, but for
// what was interrupted.
func TestSpeechIsHeardOnceAndInOrder(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			b := newBench()
			next, id := 1, 1 // the sample and the response that are next
			given := map[int]int{}
			interrupted := 0
			silent := map[int]int{} // from where on in heard an interrupted response must be
			for range 300 {
				switch r.IntN(12) {
				case 0, 1, 2:
					id += r.IntN(3) / 2
					sound := make([]byte, 0, 8000)
					for range 100 + r.IntN(3000) {
						if next < 32000 {
							sound = append(sound, byte(next), byte(next>>8))
							given[next] = id
							next++
						}
					}
					b.Queue(id, sound)
				case 3, 4, 5, 6:
					for range r.IntN(10) {
						b.take(1 + r.IntN(1500))
					}
				case 7, 8:
					b.pass(r.IntN(5000))
				case 9:
					b.obey(r.IntN(2) * r.IntN(400))
					silent[interrupted] = cmp.Or(silent[interrupted], len(b.heard)+len(b.buffer)+Samples(fade))
				case 10:
					switch r.IntN(4) {
					case 0:
						b.Play(make([]float32, r.IntN(3000)))
					case 1:
						b.SetVolume(1)
					case 2:
						interrupted = max(interrupted, id-1)
						b.Interrupt(id - 1)
					case 3:
						b.Position()
					}
				case 11:
					time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
				}
			}
			b.finish()
			last := 0
			whole := true
			for i, x := range b.heard {
				n := int(math.Round(float64(x) * 32768))
				if n == 0 {
					continue
				}
				if float64(n) != float64(x)*32768 || given[n] <= interrupted && n <= last { // it fades
					continue
				}
				for what, from := range silent {
					if given[n] <= what && i >= from {
						t.Errorf("seed %d: at %d sample %d of response %d is heard, but from %d on it is silent", seed, i, n, given[n], from)
						return
					}
				}
				for missing := last + 1; missing < n; missing++ {
					if given[missing] > interrupted {
						whole = false
					}
				}
				if n <= last || !whole {
					t.Errorf("seed %d: at %d sample %d of response %d is heard behind %d of %d; %d is interrupted", seed, i, n, given[n], last, given[last], interrupted)
					return
				}
				last = n
			}
			for missing := last + 1; missing < next; missing++ {
				if given[missing] > interrupted {
					t.Errorf("seed %d: sample %d of response %d is never heard", seed, missing, given[missing])
					return
				}
			}
		})
	}
}
