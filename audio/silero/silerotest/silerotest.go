// Package silerotest contains sounds for tests: speech, and sounds that a voice agent must not take
// for speech. All sounds are mono at [audio.Rate], and the same in each call.
package silerotest

import (
	"bytes"
	_ "embed"
	"slices"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
)

// rate is the sample rate at which the sounds are made. It is that of the recognisers, so that all
// of a noise is in the band of speech.
const rate = 16000

// samples returns the number of samples of a sound at the sample rate of the sounds.
func samples(d time.Duration) int { return int(d * rate / time.Second) }

// resampled changes the sample rate from that of the sounds to audio.Rate.
func resampled(sound []float32) []float32 {
	r := pcm.NewResampler(rate, audio.Rate)
	return r.Flush(r.Append(nil, sound))
}

// speechFile was made by the program flite, with its voice slt.
//
//go:embed speech.wav
var speechFile []byte

// sentence decodes speechFile in the first call. Later calls return the same samples.
var sentence = sync.OnceValue(func() []float32 {
	sound, err := wav.Read(bytes.NewReader(speechFile), time.Minute)
	if err != nil {
		panic(err)
	}
	return sound.At(audio.Rate)
})

// Sentence returns the sound of a voice that says in 2.9 s: "Please turn on the light in the
// kitchen and tell me the time." Its level is -20 dBFS. There is no silence before or after it.
func Sentence() []float32 { return slices.Clone(sentence()) }

// Speech returns the beginning of [Sentence], up to the length d. If d is longer than the sentence,
// the voice repeats the sentence without a pause.
func Speech(d time.Duration) []float32 {
	n := audio.Samples(d)
	sound := make([]float32, 0, n)
	for len(sound) < n {
		sound = append(sound, sentence()[:min(len(sentence()), n-len(sound))]...)
	}
	return sound
}

// Silence returns silence of the length d.
func Silence(d time.Duration) []float32 { return make([]float32, audio.Samples(d)) }

// Mix returns the sum of two sounds, each as long as the shorter one.
func Mix(a, b []float32) []float32 {
	sum := make([]float32, min(len(a), len(b)))
	for i := range sum {
		sum[i] = a[i] + b[i]
	}
	return sum
}
