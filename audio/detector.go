package audio

import (
	"math"
	"time"
)

// Change is what a [Detector] has found out.
type Change int

const (
	NoChange Change = iota
	VoiceBegan
	VoiceEnded
)

// String is the change in words.
func (c Change) String() string {
	return [...]string{"no change", "voice began", "voice ended"}[c]
}

// A Detector hears when somebody speaks. It looks at the sound in frames of
// 10 ms, without what is below a voice, and compares each with the noise of the
// room: the quietest there was in the last 2 s, which speech with its pauses
// never raises for long, but a fan does. It does not allocate, and belongs to
// one goroutine at a time.
//
// What is louder than the room is a voice to it, music and a door too.
type Detector struct {
	// Hangover is how long it has to be quiet before the voice has ended. Zero
	// means 500 ms.
	Hangover time.Duration

	rumble [2]highPass // keeps hum out
	last   float32     // the last sample, filtered

	frames  int     // whole ones that were heard
	samples int     // of the frame under way
	sum     float64 // of its squares, as they came
	high    float64 // of its squares, filtered
	crossed int     // how often it crossed zero, filtered
	zero    bool    // it is nothing but zeros so far

	power float64 // mean square, smoothed: the level
	near  float64 // the same of the filtered sound, over fewer frames
	loud  float64 // dB above the noise, of the newest frame
	floor noise
	lean  int  // grows with each frame that has a voice, up to sure
	voice bool // somebody speaks
	quiet int  // frames since the last with a voice
}

const (
	frame  = Rate / 100 // samples
	lowest = -96        // dBFS: what silence is

	above   = 8   // dB over the noise: a voice may have begun
	still   = 4   // dB over the noise: it goes on
	hiss    = -65 // dBFS: no room is taken to be quieter
	shout   = -35 // dBFS: what is louder at the very beginning is not the room
	hush    = -50 // dBFS: the same, after a microphone was dead
	sure    = 4   // frames with a voice, less those without
	crosses = 3   // times in a frame, at least: a hum has fewer
	dead    = 50  // frames without sound, at the beginning, of a microphone that was off
)

// Hear takes in sound up to the next change, and returns what is behind it:
//
//	for len(sound) > 0 {
//		var change audio.Change
//		sound, change = d.Hear(sound)
//		...
//	}
//
// A voice is found within 100 ms of its beginning.
func (d *Detector) Hear(sound []float32) ([]float32, Change) {
	for len(sound) > 0 {
		n := min(len(sound), frame-d.samples)
		d.add(sound[:n])
		sound = sound[n:]
		if d.samples == frame {
			if change := d.judge(); change != NoChange {
				return sound, change
			}
		}
	}
	return nil, NoChange
}

// Voice says whether somebody speaks.
func (d *Detector) Voice() bool { return d.voice }

// Level is how loud it is, smoothed over some 50 ms: RMS, in dB below a full
// square wave, and -96 at the least.
func (d *Detector) Level() float64 { return decibels(d.power) }

// Score is how much the newest sound is like a voice, from 0 to 1.
func (d *Detector) Score() float64 { return min(max((d.loud-still/2)/(2*above-still/2), 0), 1) }

// add takes in a part of a frame.
func (d *Detector) add(sound []float32) {
	if d.samples == 0 {
		d.sum, d.high, d.crossed, d.zero = 0, 0, 0, true
	}
	for _, x := range sound {
		if x != 0 {
			d.zero = false
		}
		if x != x || x > 8 || x < -8 { // no sound: it would stay in the filters for ever
			x = 0
		}
		d.sum += float64(x) * float64(x)
		y := d.rumble[1].pass(d.rumble[0].pass(x))
		d.high += float64(y) * float64(y)
		if (y < 0) != (d.last < 0) {
			d.crossed++
		}
		d.last = y
	}
	d.samples += len(sound)
}

// judge makes up its mind about a whole frame.
func (d *Detector) judge() Change {
	d.samples = 0
	d.frames++
	d.power += (d.sum/frame - d.power) / 5
	d.near += (d.high/frame - d.near) / 2
	if !d.zero { // zeros are a microphone that is off, and say nothing of the room
		d.learn()
	}
	d.loud = 0
	if d.floor.known {
		d.loud = max(decibels(d.high/frame), hiss) - d.floor.level()
	}
	if d.voice {
		return d.goesOn()
	}
	return d.begins()
}

// learn takes in how loud the room may be.
func (d *Detector) learn() {
	if d.floor.known {
		d.floor.learn(max(decibels(d.near), hiss))
		return
	}
	most := float64(shout)
	if d.frames > dead {
		most = hush
	}
	d.near = d.high / frame // not smoothed: there was nothing before it
	d.floor.learn(min(max(decibels(d.near), hiss), most))
}

func (d *Detector) begins() Change {
	if d.loud < above || d.crossed < crosses {
		d.lean = max(d.lean-1, 0)
		return NoChange
	}
	if d.lean++; d.lean < sure {
		return NoChange
	}
	d.voice, d.quiet = true, 0
	return VoiceBegan
}

func (d *Detector) goesOn() Change {
	if d.loud >= still {
		d.quiet = 0
		return NoChange
	}
	hangover := d.Hangover
	if hangover <= 0 {
		hangover = 500 * time.Millisecond
	}
	if d.quiet++; d.quiet*frame < Samples(hangover) {
		return NoChange
	}
	d.voice, d.lean = false, 0
	return VoiceEnded
}

// noise is the quietest of the last 2 s, in dBFS.
type noise struct {
	known bool
	least [8]float64 // of each quarter of a second; the newest is under way
	now   int        // which is the newest
	count int        // frames in it
}

func (n *noise) learn(level float64) {
	const quarter = 25 // frames
	switch {
	case !n.known:
		n.known = true
		for i := range n.least {
			n.least[i] = level
		}
	case n.count == quarter:
		n.now, n.count = (n.now+1)%len(n.least), 0
		n.least[n.now] = level
	default:
		n.least[n.now] = min(n.least[n.now], level)
	}
	n.count++
}

func (n *noise) level() float64 {
	least := n.least[0]
	for _, l := range n.least[1:] {
		least = min(least, l)
	}
	return least
}

// A highPass takes away what is below 150 Hz, 6 dB an octave.
type highPass struct{ in, out float32 }

func (h *highPass) pass(x float32) float32 {
	const keep = 1 - 2*math.Pi*150/Rate
	h.out = keep * (h.out + x - h.in)
	h.in = x
	if h.out < 1e-15 && h.out > -1e-15 {
		h.out = 0 // numbers that small are slow
	}
	return h.out
}

func decibels(power float64) float64 {
	if power < 1e-9 { // NaN never comes here: see add
		return max(10*math.Log10(power+1e-30), lowest)
	}
	return 10 * math.Log10(power)
}
