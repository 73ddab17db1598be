// Package silero tells speech from other sounds with the neural network Silero VAD v5, in plain Go.
// The network takes music, doors, keyboards and vacuum cleaners for what they are, unlike
// [moonlark/audio.Detector], which only compares levels. It needs about a hundred times as much
// computing time, so it should run only while there is some sound.
//
// The weights of the network are those of the Silero Team, under the MIT licence: see
// LICENSE.silero-vad. generate.go documents how weights.bin was made.
package silero

import "slices"

const (
	// Rate is the sample rate of the sound, in Hz.
	Rate = 16000

	// FrameSize is the number of samples of a frame, which takes 32 ms.
	FrameSize = 512

	// contextSize is the number of samples before a frame that the network gets with the frame.
	contextSize = 64
)

// A Detector estimates for each frame of a stream how likely it is that somebody speaks. It
// remembers what it has heard, so it needs all frames of a stream, in order. A Detector does not
// allocate memory. Only one goroutine at a time may use it.
type Detector struct {
	network *network // shared by all detectors; never changes

	// input holds the context, the frame, and the mirror image of the end of the frame.
	input [contextSize + FrameSize + contextSize]float32

	// what the layers return for the current frame
	spectra   spectra
	first     [128][columns + 2]float32 // with a column of zeros on both sides
	second    [64 * 2]float32
	third     [64]float32
	gates     [4 * stateSize]float32
	recurrent [2 * stateSize]float32 // the result of the fourth layer, and the state of the LSTM
	cell      [stateSize]float32     // memory of the LSTM
	output    [1]float32
}

// New returns a Detector for a new stream. The first call in a process takes a few milliseconds,
// because it decodes the weights.
func New() *Detector { return &Detector{network: loadNetwork()} }

// Reset makes the detector forget everything that it has heard.
func (d *Detector) Reset() {
	clear(d.input[:])
	clear(d.recurrent[:])
	clear(d.cell[:])
}

// Probability returns how likely it is that somebody speaks in the next frame of the stream, from 0
// to 1. frame must have [FrameSize] samples.
func (d *Detector) Probability(frame []float32) float32 {
	if len(frame) != FrameSize {
		panic("silero: a frame must have 512 samples")
	}
	in := &d.input
	copy(in[:contextSize], in[FrameSize:FrameSize+contextSize])
	for i, x := range frame {
		// replace invalid samples, because NaN would remain in the state forever
		if x != x || x > 8 || x < -8 {
			x = 0
		}
		in[contextSize+i] = x
	}
	const end = contextSize + FrameSize
	copy(in[end:], in[end-1-contextSize:end-1])
	slices.Reverse(in[end:])
	return d.run()
}
