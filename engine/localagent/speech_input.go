package localagent

import (
	"math"
	"slices"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
)

const (
	maxSentence = 25 * time.Second // a longer sentence is cut in two
	// postRoll is how much of the silence after a sentence belongs to the sentence. More would tempt
	// some recognisers to invent words.
	postRoll = 300 * time.Millisecond
	// a sentence ends if the client sends no sound for this long
	inputTimeout  = time.Second
	scoreInterval = 100 * time.Millisecond // minimum time between two vad_score events
)

// A speechInput divides the sound from the client into sentences. It belongs to the goroutine of
// the conversation. A nil *speechInput means that the agent does not listen; speaking, listening,
// inputEnd and transcripts may be called on nil.
type speechInput struct {
	format    pcm.Format
	decoder   *pcm.Decoder
	resampler *pcm.Resampler
	detector  *speechDetector
	patience  Patience

	narrow []float32 // reusable buffer for sound at the client's sample rate
	sound  []float32 // sound at audio.Rate that is less than a frame
	// sentence is the sound of the current sentence, in whole frames. While nobody speaks it holds
	// the most recent sound, because the next sentence begins with the last preRoll of that sound.
	sentence []float32
	// interrupted means that the current sentence has interrupted the agent, or would have if the
	// agent had been speaking.
	interrupted bool
	ended       time.Time // time at which the last sentence ended
	lastSound   time.Time // time at which the client last sent sound
	lastScore   time.Time // time of the last vad_score event

	recognition recognition
}

func newSpeechInput(format pcm.Format, patience Patience) *speechInput {
	return &speechInput{
		format:      format,
		decoder:     pcm.NewDecoder(format),
		resampler:   pcm.NewResampler(format.Rate, audio.Rate),
		detector:    newSpeechDetector(patience.endSilence()),
		patience:    patience,
		recognition: recognition{results: make(chan transcript, 1)},
	}
}

// speaking reports whether the user is speaking.
func (in *speechInput) speaking() bool { return in != nil && in.detector.speaking() }

// listening reports whether the user is speaking or has spoken a sentence that is not recognised
// yet.
func (in *speechInput) listening() bool {
	return in.speaking() || in != nil && (in.recognition.current != nil || len(in.recognition.waiting) > 0)
}

// inputEnd returns the time at which the current sentence ends if the client sends no more sound.
// It returns the zero time if nobody is speaking.
func (in *speechInput) inputEnd() time.Time {
	if in == nil || in.detector.speech == 0 {
		return time.Time{}
	}
	return in.lastSound.Add(inputTimeout)
}

// receiveSound handles a chunk of sound from the client.
func (c *conversation) receiveSound(m *convai.UserAudioChunk, now time.Time) {
	in := c.hearing
	if in == nil {
		return
	}
	for part := range slices.Chunk(m.Sound, in.format.Bytes(20*time.Millisecond)) {
		if c.workersCtx.Err() != nil {
			return // the conversation ends, and a chunk may be long
		}
		in.narrow = in.decoder.Append(in.narrow[:0], part)
		in.sound = in.resampler.Append(in.sound, in.narrow)
		for len(in.sound) >= frameSamples {
			c.hear(in.sound[:frameSamples], now)
			in.sound = in.sound[:copy(in.sound, in.sound[frameSamples:])]
		}
	}
	in.lastSound = now
	if now.Sub(in.lastScore) >= scoreInterval && c.socket.hasRoom() {
		in.lastScore = now
		c.send(&convai.VADScore{Score: math.Round(float64(in.detector.probability)*1000) / 1000})
	}
}

// hear handles one frame of sound from the client. When the user has spoken for as long as
// Options.Patience says, hear pauses the agent. While the user speaks, it passes the sound to
// StreamSTT, if there is one. When the sentence ends, it passes the sentence to endSentence.
func (c *conversation) hear(frame []float32, now time.Time) {
	in := c.hearing
	change := in.detector.hear(frame, in.sentence)
	in.sentence = append(in.sentence, frame...)
	switch {
	case change == speechBegan:
		in.interrupted = false
		in.keepRecent(audio.Samples(preRoll) + len(frame))
	case change == speechEnded, len(in.sentence) >= audio.Samples(maxSentence) && in.detector.speech > 0:
		c.endSentence(now)
	case change == speechDropped:
		c.dropSentence()
	case in.detector.speaking():
		c.recogniseSoFar(in.sentence)
	}
	if !in.interrupted && in.detector.run >= in.patience.interruptingSpeech() {
		in.interrupted = true
		c.pause(now)
	}
	if keep := audio.Samples(preRoll); in.detector.speech == 0 && len(in.sentence) > 2*keep {
		in.keepRecent(keep)
	}
}

// keepRecent removes the sound before the last n samples from the sentence.
func (in *speechInput) keepRecent(n int) {
	if excess := len(in.sentence) - n; excess > 0 {
		in.sentence = in.sentence[:copy(in.sentence, in.sentence[excess:])]
	}
}

// endSilentInput ends the current sentence if the client has sent no sound for inputTimeout.
func (c *conversation) endSilentInput(now time.Time) {
	if at := c.hearing.inputEnd(); !at.IsZero() && !now.Before(at) {
		c.endSentence(now)
		c.hearing.detector.reset()
	}
}

// endSentence passes the current sentence to recognise, if it may contain words, and starts with an
// empty one.
func (c *conversation) endSentence(now time.Time) {
	in := c.hearing
	d := in.detector
	end := len(in.sentence) - audio.Samples(max(d.silence-postRoll, 0))
	sound, speech := slices.Clone(in.sentence[:end]), d.speech
	enough := d.isSentence(c.isSpeaking(now))
	in.sentence = in.sentence[:0]
	d.forgetSpeech()
	in.ended = now
	if enough {
		c.recognise(sound, speech)
	} else {
		c.dropSentence()
	}
}
