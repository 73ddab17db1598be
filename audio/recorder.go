package audio

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/audio/pcm"
)

const (
	// ChunkLength is the default and minimum length of the user's sound in one message to the
	// agent. maxChunkLength is the maximum.
	ChunkLength    = 20 * time.Millisecond
	maxChunkLength = 250 * time.Millisecond

	// microphoneTimeout is how long the microphone may record nothing. After that, the recorder
	// sends silence, because the ElevenLabs server ends a conversation in which it receives no
	// sound.
	microphoneTimeout = 250 * time.Millisecond
)

// A Tap receives the sound of the microphone even when there is no conversation. The wake word
// recogniser is a Tap.
type Tap interface {
	// Hear receives recorded sound. It is called on one goroutine at a time. It must not keep a
	// reference to sound, block, or allocate memory.
	Hear(sound []float32)
}

// An EchoRemover removes the speaker's sound from the microphone's sound.
type EchoRemover interface {
	// Remove removes the echo from sound in place. age is how long ago the last sample of sound
	// reached the microphone. Remove is called on one goroutine at a time, and must not block.
	Remove(sound []float32, age time.Duration)
}

// A Recorder is the [Sink] of the microphone. It removes the echo, measures the level, replaces the
// sound by silence while the microphone is muted, and sends the sound to the agent in chunks. If
// the microphone records nothing, the recorder sends chunks of silence.
//
// The microphone calls Take. The other methods may be called from any goroutine. The methods that
// scripts use (SetMuted, SetListening, Listening, Level and Voice) do not lock mu.
type Recorder struct {
	counts  *Counts
	echo    EchoRemover // nil if no echo is removed
	created time.Time   // when the recorder was created
	// sound recorded before this time is replaced by silence; in nanoseconds since created
	mutedUntil   atomic.Int64
	notListening atomic.Bool  // the agent gets silence instead of the user's sound
	level        atomic.Int64 // level of the sound in hundredths of a dBFS
	voice        atomic.Bool  // somebody is speaking
	voiceChanged atomic.Int64 // when voice has changed, in nanoseconds since created

	mu       sync.Mutex // guards the fields below
	detector Detector
	scratch  []float32 // buffer for a part of the sound that Take processes
	// time up to which sound was recorded, or replaced by silence
	recorded time.Time
	// silence replaces the sound of the microphone, which records nothing
	filling bool
	// sends a chunk to the agent; nil when there is no conversation
	send       func(chunk []byte) (dropped int)
	format     pcm.Format
	resampler  *pcm.Resampler
	resampled  []float32     // buffer for sound in the sample rate of format
	chunk      []byte        // the bytes of an incomplete chunk
	chunkSize  int           // number of bytes in a complete chunk
	preroll    prerollBuffer // sound that was recorded while no sound was sent to the agent
	catchingUp bool          // the preroll is being sent, and new sound is added to the preroll
	tap        Tap           // nil if there is no tap
	tapAlways  bool          // the tap gets the user's sound during conversations too
	captures   []*Capture
	tape       *Tape // nil if nobody needs it
	silence    []float32
}

// untilUnmuted is the value of Recorder.mutedUntil while the recorder is muted.
const untilUnmuted = math.MaxInt64

// NewRecorder returns a recorder. echo removes the echo; it may be nil. The recorder counts dropped
// chunks in counts.
func NewRecorder(echo EchoRemover, counts *Counts) *Recorder {
	now := time.Now()
	r := &Recorder{
		counts: counts, echo: echo, created: now, recorded: now,
		scratch: make([]float32, Samples(ChunkLength)), silence: make([]float32, Samples(ChunkLength)),
		preroll: prerollBuffer{samples: make([]float32, Samples(Preroll))},
	}
	r.level.Store(minLevel * 100)
	return r
}

// SetTap makes the recorder pass all recorded sound, after the echo was removed, to tap. During a
// conversation, tap gets silence instead, unless always is true. If tap is nil, no tap gets the
// sound.
func (r *Recorder) SetTap(tap Tap, always bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tap, r.tapAlways = tap, always
}

// Begin makes the recorder pass the sound to the function send, until End is called. The sound has
// the given format, and each chunk has the given length, from 20 to 250 ms. If preroll is true,
// Begin first sends sound from before the call: the last Preroll of the sound, or all sound since
// Expect. So the agent also hears what the user said right after the wake word. Begin returns when
// this earlier sound was sent. If preroll is false, Begin discards the earlier sound.
//
// send is called on one goroutine at a time: the one of the microphone, the one of Run, or the
// caller's. It must not block or keep a reference to the chunk. It returns how many chunks it has
// dropped.
func (r *Recorder) Begin(format pcm.Format, length time.Duration, preroll bool, send func(chunk []byte) (dropped int)) {
	size := format.Bytes(min(max(length, ChunkLength), maxChunkLength))
	// create the resampler before mu is locked, because creating it takes long
	resampler := pcm.NewResampler(Rate, format.Rate)
	r.mu.Lock()
	r.format, r.chunkSize, r.resampler = format, size, resampler
	r.chunk = make([]byte, 0, 2*size)
	r.send = send
	r.catchingUp = preroll && r.mutedUntil.Load() != untilUnmuted && !r.notListening.Load()
	r.mu.Unlock()
	buffer := make([]float32, Samples(5*ChunkLength))
	for r.catchUp(buffer) {
	}
	r.Forget()
}

// End makes the recorder stop sending sound to the agent.
func (r *Recorder) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.send, r.catchingUp = nil, false
}

// SetMuted mutes or unmutes the recorder. While the recorder is muted, the agent and the tap get
// silence instead of all sound. Sound that was recorded while muted stays silent, even if the device
// delivers it after SetMuted(false).
func (r *Recorder) SetMuted(muted bool) {
	if muted {
		r.mutedUntil.Store(untilUnmuted)
	} else {
		r.mutedUntil.CompareAndSwap(untilUnmuted, int64(time.Since(r.created)))
	}
}

// SetListening decides what the agent hears (push to talk): the user if listening is true,
// otherwise silence. It reports whether the setting changed.
func (r *Recorder) SetListening(listening bool) (changed bool) {
	return r.notListening.Swap(!listening) == listening
}

// Listening reports whether the agent hears the user during a conversation.
func (r *Recorder) Listening() bool { return !r.notListening.Load() }

// Level returns the level of the recorded sound in dBFS, from -96 (silence) to 0.
func (r *Recorder) Level() float64 { return float64(r.level.Load()) / 100 }

// Voice reports whether somebody is speaking.
func (r *Recorder) Voice() bool { return r.voice.Load() }

// VoiceChange returns whether somebody is speaking, and since when: the time since the voice was noticed,
// or the time since the voice became quiet.
func (r *Recorder) VoiceChange() (voice bool, ago time.Duration) {
	voice = r.voice.Load()
	if ago = time.Since(r.created) - time.Duration(r.voiceChanged.Load()); !voice {
		ago += r.detector.hangover()
	}
	return voice, ago
}

// Take implements [Sink]. The microphone calls it on its own goroutine.
func (r *Recorder) Take(sound []float32, age time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recorded, r.filling = time.Now(), false
	// time of the first sample, counted from created
	at := r.recorded.Sub(r.created) - age - Duration(len(sound))
	for len(sound) > 0 {
		n := min(len(sound), len(r.scratch))
		part := r.scratch[:n]
		copy(part, sound)
		sound = sound[n:]
		if r.echo != nil {
			r.echo.Remove(part, age+Duration(len(sound)))
		}
		if at < time.Duration(r.mutedUntil.Load()) {
			clear(part)
		}
		at += Duration(n)
		r.process(part, r.created.Add(at))
	}
}

// process measures sound and passes it to the tap and to the agent. The last sample was recorded at the
// time end. The caller holds mu.
func (r *Recorder) process(sound []float32, end time.Time) {
	for rest := sound; len(rest) > 0; {
		rest, _ = r.detector.Hear(rest)
	}
	r.level.Store(int64(r.detector.Level() * 100))
	if voice := r.detector.Voice(); r.voice.Swap(voice) != voice {
		r.voiceChanged.Store(int64(time.Since(r.created)))
	}
	if r.tap != nil {
		heard := sound
		if r.send != nil && !r.tapAlways {
			// silence, so that the recogniser does not join the sound before and after the conversation
			heard = r.silence[:len(sound)]
		}
		r.tap.Hear(heard)
	}
	for _, c := range r.captures {
		c.add(sound)
	}
	if r.send != nil && r.notListening.Load() {
		clear(sound)
	}
	if r.tape != nil {
		heard := sound
		if r.send == nil {
			heard = r.silence[:len(sound)]
		}
		r.tape.add(heard, end)
	}
	if r.send == nil || r.catchingUp {
		r.preroll.add(sound)
		return
	}
	r.sendSound(sound)
}

// sendSound appends sound to the incomplete chunk and sends the complete chunks. The caller holds
// mu.
func (r *Recorder) sendSound(sound []float32) {
	r.resampled = r.resampler.Append(r.resampled[:0], sound)
	r.chunk = r.format.Append(r.chunk, r.resampled)
	sent := 0
	for ; len(r.chunk)-sent >= r.chunkSize; sent += r.chunkSize {
		if n := r.send(r.chunk[sent : sent+r.chunkSize]); n > 0 {
			r.counts.Dropped.Add(int64(n))
		}
	}
	r.chunk = r.chunk[:copy(r.chunk, r.chunk[sent:])]
}

// Run sends silence while the microphone records nothing. It runs until ctx is done.
func (r *Recorder) Run(ctx context.Context) {
	tick := time.NewTicker(ChunkLength)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.fillWithSilence()
		case <-ctx.Done():
			return
		}
	}
}

// fillWithSilence checks whether the microphone has stopped recording. If it has, fillWithSilence
// processes silence for the missing time.
func (r *Recorder) fillWithSilence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := time.Since(r.recorded)
	if !r.filling && missing < microphoneTimeout {
		return
	}
	r.filling = true
	if missing > time.Second { // if the machine was suspended, do not send hours of silence
		missing = time.Second
		r.recorded = time.Now().Add(-missing)
	}
	for ; missing >= ChunkLength; missing -= ChunkLength {
		clear(r.scratch)
		r.recorded = r.recorded.Add(ChunkLength)
		r.process(r.scratch, r.recorded)
	}
}
