package audio

import (
	"math"
	"time"
)

// A Change is a result of [Detector.Hear]: a voice began or ended, or neither.
type Change int

const (
	NoChange Change = iota
	VoiceBegan
	VoiceEnded
)

// String returns the change as a phrase, such as "voice began".
func (c Change) String() string {
	return [...]string{"no change", "voice began", "voice ended"}[c]
}

// A Detector detects when somebody speaks. It filters out frequencies below those of a voice,
// divides the sound into frames of 10 ms, and compares the level of each frame with the noise level
// of the room. The noise level is the lowest level in the last 2 s: the noise of a fan raises it,
// but speech does not, because of its pauses. A Detector does not distinguish a voice from other
// sounds that are louder than the room, such as music or a door.
//
// A Detector does not allocate memory. Only one goroutine at a time may use it.
type Detector struct {
	// Hangover is how long the sound must be quiet before the Detector reports the end of a voice.
	// Zero means 500 ms.
	Hangover time.Duration

	filters      [2]highPass
	lastFiltered float32 // the previous sample, after it has passed both filters

	// The fields below describe the current frame, which may be incomplete.
	frames      int     // number of frames before the current frame
	samples     int     // number of samples in the current frame so far
	sum         float64 // sum of the squares of the current frame's samples
	filteredSum float64 // sum of the squares of the current frame's samples after the filters
	crossings   int     // number of zero crossings in the current frame after the filters
	allZero     bool    // all samples of the current frame are 0

	level float64 // smoothed mean square of the sound
	// smoothed mean square of the sound after the filters; reacts faster than level
	filteredLevel float64
	aboveNoise    float64 // level of the latest frame, in dB above the noise level
	noise         noiseLevel
	// counts frames with a voice; each frame without a voice decreases it by 1, but not below 0
	evidence    int
	voice       bool // somebody is speaking
	quietFrames int  // number of frames since the last frame with a voice
}

const (
	frameSize = Rate / 100 // number of samples in a frame
	minLevel  = -96        // the level of silence, in dBFS

	beginAboveNoise = 8 // a voice begins at this level, in dB above the noise level
	stayAboveNoise  = 4 // a voice continues at this level, in dB above the noise level
	voiceFrames     = 4 // value of Detector.evidence at which a voice begins
	minCrossings    = 3 // minimum number of zero crossings in a frame of a voice; a hum has fewer

	minNoise      = -65 // minimum noise level of a room, in dBFS
	maxFirstNoise = -35 // maximum noise level of the first frame, in dBFS
	// maximum noise level of the first frame, in dBFS, if the microphone was off before
	maxFirstNoiseAfterOff = -50
	// the microphone was off if more than this many frames at the beginning contain only zeros
	offFrames = 50
)

// Hear processes sound up to the next change. It returns the unprocessed rest of sound, and the
// change. Call Hear again with the rest:
//
//	for len(sound) > 0 {
//		var change audio.Change
//		sound, change = d.Hear(sound)
//		...
//	}
//
// If all of sound is processed without a change, Hear returns nil and NoChange. A voice is detected
// within 100 ms of its beginning.
func (d *Detector) Hear(sound []float32) ([]float32, Change) {
	for len(sound) > 0 {
		n := min(len(sound), frameSize-d.samples)
		d.add(sound[:n])
		sound = sound[n:]
		if d.samples == frameSize {
			if change := d.endFrame(); change != NoChange {
				return sound, change
			}
		}
	}
	return nil, NoChange
}

// hangover returns Hangover, or its default.
func (d *Detector) hangover() time.Duration {
	if d.Hangover <= 0 {
		return 500 * time.Millisecond
	}
	return d.Hangover
}

// Voice reports whether somebody is speaking.
func (d *Detector) Voice() bool { return d.voice }

// Level returns the root mean square of the sound, smoothed over about 50 ms, in dBFS. That is dB
// relative to a square wave with the maximum amplitude. The minimum is -96.
func (d *Detector) Level() float64 { return decibels(d.level) }

// Score returns how certain it is that the latest sound is a voice, from 0 to 1.
func (d *Detector) Score() float64 {
	return min(max((d.aboveNoise-stayAboveNoise/2)/(2*beginAboveNoise-stayAboveNoise/2), 0), 1)
}

// add adds sound to the current frame. sound must not be longer than the rest of the frame.
func (d *Detector) add(sound []float32) {
	if d.samples == 0 {
		d.sum, d.filteredSum, d.crossings, d.allZero = 0, 0, 0, true
	}
	for _, x := range sound {
		if x != 0 {
			d.allZero = false
		}
		// replace invalid samples, because NaN would remain in the filters forever
		if x != x || x > 8 || x < -8 {
			x = 0
		}
		d.sum += float64(x) * float64(x)
		y := d.filters[1].apply(d.filters[0].apply(x))
		d.filteredSum += float64(y) * float64(y)
		if (y < 0) != (d.lastFiltered < 0) {
			d.crossings++
		}
		d.lastFiltered = y
	}
	d.samples += len(sound)
}

// endFrame evaluates the current frame, which is complete, and returns whether a voice began or
// ended.
func (d *Detector) endFrame() Change {
	d.samples = 0
	d.frames++
	d.level += (d.sum/frameSize - d.level) / 5
	d.filteredLevel += (d.filteredSum/frameSize - d.filteredLevel) / 2
	// ignore frames of zeros: the microphone is off, so they tell nothing about the room
	if !d.allZero {
		d.updateNoise()
	}
	d.aboveNoise = 0
	if d.noise.known {
		d.aboveNoise = max(decibels(d.filteredSum/frameSize), minNoise) - d.noise.minimum()
	}
	if d.voice {
		return d.checkEnd()
	}
	return d.checkBegin()
}

// updateNoise updates the noise level with the level of the current frame.
func (d *Detector) updateNoise() {
	if d.noise.known {
		d.noise.add(max(decibels(d.filteredLevel), minNoise))
		return
	}
	maxNoise := float64(maxFirstNoise)
	if d.frames > offFrames {
		maxNoise = maxFirstNoiseAfterOff
	}
	// the first frame has no earlier frames to smooth with
	d.filteredLevel = d.filteredSum / frameSize
	d.noise.add(min(max(decibels(d.filteredLevel), minNoise), maxNoise))
}

// checkBegin returns VoiceBegan if a voice begins with the current frame, and NoChange otherwise.
func (d *Detector) checkBegin() Change {
	if d.aboveNoise < beginAboveNoise || d.crossings < minCrossings {
		d.evidence = max(d.evidence-1, 0)
		return NoChange
	}
	if d.evidence++; d.evidence < voiceFrames {
		return NoChange
	}
	d.voice, d.quietFrames = true, 0
	return VoiceBegan
}

// checkEnd returns VoiceEnded if the voice ends with the current frame, and NoChange otherwise.
func (d *Detector) checkEnd() Change {
	if d.aboveNoise >= stayAboveNoise {
		d.quietFrames = 0
		return NoChange
	}
	if d.quietFrames++; d.quietFrames*frameSize < Samples(d.hangover()) {
		return NoChange
	}
	d.voice, d.evidence = false, 0
	return VoiceEnded
}

// A noiseLevel calculates the lowest level of the last 2 s, in dBFS.
type noiseLevel struct {
	known   bool       // add was called
	minima  [8]float64 // minimum of each of the last 8 quarters of a second
	current int        // index in minima of the current quarter
	frames  int        // number of frames in the current quarter
}

// add adds the level of one frame, in dBFS.
func (n *noiseLevel) add(level float64) {
	const quarter = 25 // number of frames in a quarter of a second
	switch {
	case !n.known:
		n.known = true
		for i := range n.minima {
			n.minima[i] = level
		}
	case n.frames == quarter:
		n.current, n.frames = (n.current+1)%len(n.minima), 0
		n.minima[n.current] = level
	default:
		n.minima[n.current] = min(n.minima[n.current], level)
	}
	n.frames++
}

// minimum returns the lowest level of the last 2 s. It must not be called before add.
func (n *noiseLevel) minimum() float64 {
	m := n.minima[0]
	for _, level := range n.minima[1:] {
		m = min(m, level)
	}
	return m
}

// A highPass is a filter that attenuates frequencies below 150 Hz, by 6 dB per octave.
type highPass struct{ in, out float32 }

// apply returns the next output sample for the next input sample x.
func (h *highPass) apply(x float32) float32 {
	const coefficient = 1 - 2*math.Pi*150/Rate
	h.out = coefficient * (h.out + x - h.in)
	h.in = x
	if h.out < 1e-15 && h.out > -1e-15 {
		// use 0 instead of tiny numbers, because calculations with denormal numbers are slow
		h.out = 0
	}
	return h.out
}

// decibels converts a mean square to dBFS. The minimum result is minLevel.
func decibels(meanSquare float64) float64 {
	if meanSquare < 1e-9 {
		return max(10*math.Log10(meanSquare+1e-30), minLevel)
	}
	return 10 * math.Log10(meanSquare)
}
