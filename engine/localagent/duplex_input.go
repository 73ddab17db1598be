package localagent

import (
	"slices"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/localagent/realtime"
)

// A duplexInput converts the user's sound to the format of a speech-to-speech service. If the
// service does not detect speech itself, the duplexInput does. It belongs to the goroutine of the
// conversation.
type duplexInput struct {
	format, target pcm.Format
	decoder        *pcm.Decoder
	resampler      *pcm.Resampler
	narrow         []float32 // reusable buffer for sound at the client's sample rate
	sound          []float32 // reusable buffer for sound at the service's sample rate
	encoded        []byte    // reusable buffer for sound in the format target

	detects   bool           // the fields below are used
	wide      *pcm.Resampler // to audio.Rate
	wideSound []float32      // sound at audio.Rate that is less than a frame
	recent    []float32      // the most recent frames
	detector  *speechDetector
	patience  Patience
	waiting   []byte        // sound that was not passed to the service
	speaking  bool          // the service was told that the user speaks
	length    time.Duration // duration of the current sentence
	lastSound time.Time
}

// open prepares the input for a service that takes sound at this sample rate.
func (in *duplexInput) open(opts Options, rate int) {
	in.format, in.target = opts.UserFormat, pcm.Format{Encoding: pcm.S16, Rate: rate}
	in.decoder, in.resampler = pcm.NewDecoder(in.format), pcm.NewResampler(in.format.Rate, rate)
	if in.detects = opts.Realtime.Detection() == realtime.LocalDetection; in.detects {
		in.wide, in.patience = pcm.NewResampler(rate, audio.Rate), opts.Patience
		in.detector = newSpeechDetector(in.patience.endSilence())
	}
}

// end returns the time at which the user's sentence ends if the client sends no more sound. It
// returns the zero time if nobody is speaking, or if the service detects speech itself.
func (in *duplexInput) end() time.Time {
	if !in.detects || in.detector.speech == 0 {
		return time.Time{}
	}
	return in.lastSound.Add(inputTimeout)
}

// keepWaiting removes the sound that was received before the last d from in.waiting.
func (in *duplexInput) keepWaiting(d time.Duration) {
	if excess := len(in.waiting) - in.target.Bytes(d); excess > 0 {
		in.waiting = in.waiting[:copy(in.waiting, in.waiting[excess:])]
	}
}

// receiveSound passes a chunk of sound from the client to the service.
func (d *duplex) receiveSound(m *convai.UserAudioChunk, now time.Time) {
	in := &d.input
	if d.c.textOnly || d.c.responses.hangingUp {
		return
	}
	for part := range slices.Chunk(m.Sound, in.format.Bytes(20*time.Millisecond)) {
		if d.c.workersCtx.Err() != nil {
			return // the conversation ends, and a chunk may be long
		}
		in.narrow = in.decoder.Append(in.narrow[:0], part)
		in.sound = in.resampler.Append(in.sound[:0], in.narrow)
		in.encoded = in.target.Append(in.encoded[:0], in.sound)
		if in.detects {
			d.detectSpeech(now)
		} else {
			d.session.Sound(in.encoded)
		}
	}
}

// detectSpeech looks for speech in the sound in in.sound. If the user is speaking, detectSpeech
// passes the sound to the service, with the sound shortly before the sentence. in.encoded must be
// in.sound in the format of the service.
func (d *duplex) detectSpeech(now time.Time) {
	in := &d.input
	in.lastSound = now
	in.waiting = append(in.waiting, in.encoded...)
	in.wideSound = in.wide.Append(in.wideSound, in.sound)
	for len(in.wideSound) >= frameSamples {
		d.hear(in.wideSound[:frameSamples], now)
		in.wideSound = in.wideSound[:copy(in.wideSound, in.wideSound[frameSamples:])]
	}
	d.passWaiting()
}

// hear looks for speech in one frame of the user's sound, and tells the service when a sentence
// begins and ends. While the agent speaks, a sentence begins only when the user has spoken for as
// long as Options.Patience says. The service is told of a sentence only after minUnsureSpeech of
// speech, because the detector can still drop shorter speech.
func (d *duplex) hear(frame []float32, now time.Time) {
	in := &d.input
	s := in.detector
	change := s.hear(frame, in.recent)
	if keep := audio.Samples(preRoll); len(in.recent) >= 2*keep {
		in.recent = in.recent[:copy(in.recent, in.recent[len(in.recent)-keep:])]
	}
	in.recent = append(in.recent, frame...)
	in.length += frameDuration
	switch {
	case change == speechBegan:
		in.length = 0
		in.keepWaiting(preRoll + frameDuration)
	case s.speech == 0:
		in.keepWaiting(2 * preRoll)
	case change == speechEnded, in.length >= maxSentence:
		d.endSpeech(now)
	case !in.speaking && (s.run >= in.patience.interruptingSpeech() || s.speech >= minUnsureSpeech && !d.c.isSpeaking(now)):
		d.beginSpeech(now)
	}
}

// beginSpeech interrupts the agent, also its farewell, and tells the service that the user speaks.
func (d *duplex) beginSpeech(now time.Time) {
	d.input.speaking, d.farewell = true, false
	d.interrupt(now)
	d.session.BeginSpeech()
}

// passWaiting passes the sound of the sentence that was not passed yet to the service.
func (d *duplex) passWaiting() {
	if in := &d.input; in.speaking {
		d.session.Sound(in.waiting)
		in.waiting = in.waiting[:0]
	}
}

// endSpeech ends the user's sentence. A short word, such as "stop", may not have interrupted the
// agent until now.
func (d *duplex) endSpeech(now time.Time) {
	in := &d.input
	if !in.speaking && in.detector.isSentence(d.c.isSpeaking(now)) {
		d.beginSpeech(now)
	}
	d.passWaiting()
	in.detector.forgetSpeech()
	in.length = 0
	if in.speaking {
		in.speaking = false
		d.session.EndSpeech()
	}
}
