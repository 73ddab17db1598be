package localagent

import (
	"slices"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/silero"
)

const (
	// A frame is speech if the probability is at least beginProbability, or at least
	// stayProbability if the previous frame was speech.
	beginProbability = 0.5
	stayProbability  = 0.35

	// preRoll is the duration of the sound before the first frame of speech that belongs to the
	// sentence. The network hears this sound too, before it has to decide. It is a whole number of
	// frames.
	preRoll = 512 * time.Millisecond

	// Speech shorter than minSpeech is ignored, because the network has probably made a mistake.
	// Speech shorter than minUnsureSpeech may be a cough, so it is ignored unless the mean of its
	// probabilities is at least sureProbability. For comparison: a quick "no" takes 220 ms.
	minSpeech       = 128 * time.Millisecond
	minUnsureSpeech = 256 * time.Millisecond
	sureProbability = 0.8

	// A pause longer than maxGap ends a run of speech. Speech that was too short to count is
	// forgotten after such a pause, or after endSilence if that is shorter.
	maxGap = 300 * time.Millisecond
)

const (
	frameDuration = silero.FrameSize * time.Second / silero.Rate
	// frameSamples is the number of samples of a frame at audio.Rate.
	frameSamples = silero.FrameSize * audio.Rate / silero.Rate
)

// A speechChange is a result of speechDetector.hear.
type speechChange int

const (
	noSpeechChange speechChange = iota
	speechBegan                 // the frame is the first frame of speech
	speechDropped               // the speech was too short to count
	speechEnded                 // the user has been silent for endSilence: the sentence is over
)

// A speechDetector finds speech in the sound of the user. First audio.Detector, which takes almost
// no computing time, compares levels. Only while it hears something, the network of package silero
// decides whether that is speech.
type speechDetector struct {
	endSilence time.Duration // never changes

	levels    audio.Detector
	resampler *pcm.Resampler // from audio.Rate to silero.Rate
	network   *silero.Detector
	narrow    []float32 // reusable buffer for sound at silero.Rate
	running   bool      // the frames are passed to the network

	probability float32 // probability of the latest frame; 0 while the network does not run

	// The fields below describe the current speech. They are 0 if nobody speaks.
	speech  time.Duration // duration of all frames of speech
	sum     float32       // sum of the probabilities of all frames of speech
	run     time.Duration // duration of the frames of speech since the last pause longer than maxGap
	silence time.Duration // time since the last frame of speech
}

func newSpeechDetector(endSilence time.Duration) *speechDetector {
	return &speechDetector{endSilence: endSilence, resampler: pcm.NewResampler(audio.Rate, silero.Rate), network: silero.New()}
}

// speaking reports whether there was enough speech to count, and the sentence is not over yet.
func (d *speechDetector) speaking() bool {
	frames := float32(d.speech / frameDuration)
	return d.speech >= minUnsureSpeech || d.speech >= minSpeech && d.sum >= sureProbability*frames
}

// minSentenceOverAgent is the minimum duration of the speech in a sentence that counts while the
// agent speaks. Recognisers tend to invent words for less. While the agent is silent, a shorter
// sentence may be a "yes" or a "no".
const minSentenceOverAgent = 300 * time.Millisecond

// isSentence reports whether the current speech, which is over, may contain words. overAgent says
// that the agent is speaking too.
func (d *speechDetector) isSentence(overAgent bool) bool {
	return d.speaking() && (d.speech >= minSentenceOverAgent || !overAgent)
}

// reset makes the detector forget the sound.
func (d *speechDetector) reset() {
	d.levels = audio.Detector{}
	d.running, d.probability = false, 0
	d.forgetSpeech()
}

// forgetSpeech ends the current speech.
func (d *speechDetector) forgetSpeech() { d.speech, d.sum, d.run, d.silence = 0, 0, 0, 0 }

// hear processes the next frame, which must have frameSamples samples. recent is the sound before
// the frame, in whole frames: at least the last preRoll of it, or all if there is less. After
// speechEnded, the caller must call forgetSpeech.
func (d *speechDetector) hear(frame, recent []float32) speechChange {
	before := d.speech
	for rest := frame; len(rest) > 0; {
		rest, _ = d.levels.Hear(rest)
	}
	if !d.running {
		if !d.levels.Voice() {
			return noSpeechChange
		}
		d.start(recent[max(0, len(recent)-audio.Samples(preRoll)):])
	}
	d.judge(frame)
	switch {
	case before == 0 && d.speech > 0:
		return speechBegan
	case d.speech == 0:
		if !d.levels.Voice() {
			d.running, d.probability = false, 0
		}
	case !d.speaking() && d.silence >= min(d.endSilence, maxGap):
		d.forgetSpeech()
		return speechDropped
	case d.silence >= d.endSilence:
		return speechEnded
	}
	return noSpeechChange
}

// start resets the network and passes the sound in recent to it, frame by frame. The length of
// recent must be a multiple of frameSamples.
func (d *speechDetector) start(recent []float32) {
	d.running = true
	d.network.Reset()
	d.resampler.Reset()
	// The resampler holds back the last samples of its input. Silence of that length before the
	// sound makes it return one whole frame for each frame that it gets.
	var delay [frameSamples]float32
	d.narrow = d.resampler.Append(d.narrow[:0], delay[:audio.Samples(d.resampler.Delay())])
	for frame := range slices.Chunk(recent, frameSamples) {
		d.judge(frame)
	}
}

// judge passes the frame to the network and counts the frame as speech or silence.
func (d *speechDetector) judge(frame []float32) {
	threshold := float32(beginProbability)
	if d.speech > 0 && d.silence == 0 {
		threshold = stayProbability
	}
	d.narrow = d.resampler.Append(d.narrow[:0], frame)
	d.probability = d.network.Probability(d.narrow)
	switch {
	case d.probability >= threshold:
		if d.silence > maxGap {
			d.run = 0
		}
		d.speech += frameDuration
		d.sum += d.probability
		d.run += frameDuration
		d.silence = 0
	case d.speech > 0:
		d.silence += frameDuration
	}
}
