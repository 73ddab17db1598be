package audio

import (
	"time"

	"moonlark/audio/pcm"
)

// A FrameCanceller takes an echo out of sound, frame by frame. One goroutine
// uses it at a time.
type FrameCanceller interface {
	Frame() int                     // how many samples a frame has
	Cancel(mic, far, out []float32) // out is mic without what comes of far; each is a frame
}

// apart is by how much what the speaker says and what is heard may drift from
// each other before they are put together again.
const apart = 20 * time.Millisecond

// A Canceller is an Echo that takes out what the speaker says, and leaves in what
// the user says meanwhile. It works at a rate of its own, and holds sound back
// for as long as that takes: some 15 ms.
type Canceller struct {
	speaker Heard
	frames  FrameCanceller
	next    int64 // the sample of the speaker's that comes next

	said          []float32
	toMic, toSaid *pcm.Resampler // to the canceller's rate
	back          *pcm.Resampler
	mic, far, out []float32 // at that rate; what has not filled a frame
	clean         []float32 // ready to be given
}

// NewCanceller makes an Echo of frames, which works at rate.
func NewCanceller(speaker Heard, frames FrameCanceller, rate int) *Canceller {
	c := &Canceller{
		speaker: speaker, frames: frames, next: -1,
		said:   make([]float32, Samples(ChunkLength)),
		toMic:  pcm.NewResampler(Rate, rate),
		toSaid: pcm.NewResampler(Rate, rate),
		back:   pcm.NewResampler(rate, Rate),
		out:    make([]float32, frames.Frame()),
	}
	// What is held back: a frame, and what the resamplers need to know first.
	hold := Samples(c.toMic.Delay()+c.back.Delay()) + frames.Frame()*Rate/rate + Samples(time.Millisecond)
	c.clean = make([]float32, hold, 8*hold)
	return c
}

var _ Echo = (*Canceller)(nil)

// Remove is the recorder's: see Echo.
func (c *Canceller) Remove(sound []float32, age time.Duration) {
	for len(sound) > 0 {
		n := min(len(sound), len(c.said))
		c.listen(c.said[:n], time.Now().Add(-age-Duration(len(sound)-n)))
		c.mic = c.toMic.Append(c.mic, sound[:n])
		c.far = c.toSaid.Append(c.far, c.said[:n])
		frame := c.frames.Frame()
		for len(c.mic) >= frame && len(c.far) >= frame {
			c.frames.Cancel(c.mic[:frame], c.far[:frame], c.out)
			c.clean = c.back.Append(c.clean, c.out)
			c.mic = c.mic[:copy(c.mic, c.mic[frame:])]
			c.far = c.far[:copy(c.far, c.far[frame:])]
		}
		given := copy(sound[:n], c.clean)
		clear(sound[given:n])
		c.clean = c.clean[:copy(c.clean, c.clean[given:])]
		sound = sound[n:]
	}
}

// listen is what the speaker says up to end. It goes on where it left off, since
// the canceller cannot follow jumps; only when the two have come apart, as when
// sound was lost, does it jump.
func (c *Canceller) listen(said []float32, end time.Time) {
	from := c.speaker.At(end) - int64(len(said))
	if off := from - c.next; off > int64(Samples(apart)) || off < -int64(Samples(apart)) {
		c.next = from
	}
	c.speaker.Heard(said, c.next)
	c.next += int64(len(said))
}
