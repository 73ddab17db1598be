package audio

import (
	"time"

	"moonlark/audio/pcm"
)

// A FrameCanceller removes the echo of the played sound from the recorded sound, frame by frame. A
// frame is a short piece of sound of constant length. Only one goroutine at a time may use a
// FrameCanceller.
type FrameCanceller interface {
	// Frame returns the number of samples in a frame.
	Frame() int

	// Cancel removes the echo of far from mic and writes the result to out. mic is one frame of
	// recorded sound, far is the sound that was played meanwhile, and all three have the length of
	// one frame.
	Cancel(mic, far, out []float32)
}

// maxDrift is how far the played and the recorded sound may drift apart. If the drift is larger, an
// EchoCanceller aligns the two sounds again.
const maxDrift = 20 * time.Millisecond

// An EchoCanceller is an [EchoRemover] that subtracts the speaker's sound from the recorded sound,
// so that the user can be heard while the speaker plays. It works at the sample rate of its
// FrameCanceller. It delays the recorded sound by about 15 ms.
type EchoCanceller struct {
	playback Playback
	frames   FrameCanceller
	next     int64 // number of the next sample to get from playback

	played []float32
	// two resamplers from Rate to the rate of frames, and one in the other direction
	micDown, farDown, up *pcm.Resampler
	// samples at the rate of frames that do not fill a frame yet
	mic, far []float32
	out      []float32 // one frame of recorded sound after its echo was removed
	// samples without echo, at Rate, that Remove has not returned yet
	clean []float32
}

// NewEchoCanceller returns an EchoCanceller that removes the echo of the sound that playback plays.
// frames does the work, at the sample rate rate.
func NewEchoCanceller(playback Playback, frames FrameCanceller, rate int) *EchoCanceller {
	c := &EchoCanceller{
		playback: playback, frames: frames, next: -1,
		played:  make([]float32, Samples(ChunkLength)),
		micDown: pcm.NewResampler(Rate, rate),
		farDown: pcm.NewResampler(Rate, rate),
		up:      pcm.NewResampler(rate, Rate),
		out:     make([]float32, frames.Frame()),
	}
	// The delay is one frame, plus the delays of two resamplers, plus 1 ms to spare. clean begins
	// with silence of this length.
	delay := Samples(c.micDown.Delay()+c.up.Delay()) + frames.Frame()*Rate/rate + Samples(time.Millisecond)
	c.clean = make([]float32, delay, 8*delay)
	return c
}

var _ EchoRemover = (*EchoCanceller)(nil)

// Remove implements [EchoRemover]. The recorder calls it for each chunk of recorded sound.
func (c *EchoCanceller) Remove(sound []float32, age time.Duration) {
	for len(sound) > 0 {
		n := min(len(sound), len(c.played))
		c.getPlayed(c.played[:n], time.Now().Add(-age-Duration(len(sound)-n)))
		c.mic = c.micDown.Append(c.mic, sound[:n])
		c.far = c.farDown.Append(c.far, c.played[:n])
		frame := c.frames.Frame()
		for len(c.mic) >= frame && len(c.far) >= frame {
			c.frames.Cancel(c.mic[:frame], c.far[:frame], c.out)
			c.clean = c.up.Append(c.clean, c.out)
			c.mic = c.mic[:copy(c.mic, c.mic[frame:])]
			c.far = c.far[:copy(c.far, c.far[frame:])]
		}
		copied := copy(sound[:n], c.clean)
		clear(sound[copied:n])
		c.clean = c.clean[:copy(c.clean, c.clean[copied:])]
		sound = sound[n:]
	}
}

// getPlayed fills played with the sound that the speaker played up to the time end. It normally
// continues where the previous call stopped, even if that is not exactly right, because a
// FrameCanceller cannot follow jumps. If the error is larger than maxDrift, for example after sound
// was lost, getPlayed jumps to the right position.
func (c *EchoCanceller) getPlayed(played []float32, end time.Time) {
	from := c.playback.SampleAt(end) - int64(len(played))
	if drift := from - c.next; drift > int64(Samples(maxDrift)) || drift < -int64(Samples(maxDrift)) {
		c.next = from
	}
	c.playback.Played(played, c.next)
	c.next += int64(len(played))
}
