// Package voice connects the sound of conversations to the devices: the speaker plays what the
// agent says, and the agent hears what the microphone records. The package publishes on the bus
// which speech has been heard. It knows audio formats, but neither the messages of the protocol nor
// Lua. Package dialog calls package voice, which calls package audio.
//
// A Voice has these goroutines: one plays and one records, each with the goroutines of the device's
// backend; one sends silence while no sound comes from a microphone; one listens for wake words; and
// one publishes which speech has been heard. Close waits for all of them, but not forever for a device
// that does not stop. The goroutine of package dialog that reads the agent's messages calls Audio,
// which puts speech into a buffer. The playing goroutine takes the speech from the buffer.
package voice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/bus"
	"moonlark/engine/health"
	"moonlark/engine/speech/wake"
)

// Options say which devices and callbacks a Voice uses. Bus must be set.
type Options struct {
	Bus *bus.Bus

	Speaker    audio.Speaker    // nil: the agent's speech is not played
	Microphone audio.Microphone // nil: the agent hears silence

	// Echo makes the echo canceller, which removes the speaker's sound from the microphone's. Nil
	// means no echo canceller.
	Echo func(audio.Playback) audio.EchoRemover

	// Wake listens for wake words; nil means that wake words are off. During a conversation Wake
	// hears silence, unless WakeAlways is set.
	Wake       *wake.Listener
	WakeAlways bool

	// OnWake is called after somebody has said a wake word and the Wake event has been published.
	// It runs on the goroutine of Wake and must not block. Nil does nothing.
	OnWake func()

	// Chunk is the length of the chunks of the user's sound that are sent, 20 to 250 ms. A value
	// outside of this range is changed to its nearest end. Zero means 20 ms.
	Chunk time.Duration

	Counts *audio.Counts // counts the faults of the sound; nil creates a new Counts
	Log    *slog.Logger  // nil discards the log
}

// Formats are the audio formats of a conversation, with the names of ElevenLabs, such as
// "pcm_16000" and "ulaw_8000".
type Formats struct {
	Speaker    string // format of the agent's speech
	Microphone string // format of the user's sound
}

// A Voice plays and records the sound of conversations, one after the other. Only the goroutine
// that reads the agent's messages may call Audio. Any goroutine may call the other methods.
type Voice struct {
	// The fields from opts to speaker never change after New.
	opts       Options
	player     *audio.Player
	recorder   *audio.Recorder
	speaker    audio.Speaker
	stop       context.CancelFunc
	running    sync.WaitGroup
	closer     func() error  // releases the devices that FromSettings made; may be nil
	announcing chan struct{} // has a value while an announcement plays: see AwaitTurn

	// the buffer was full at the last call of Audio, which is the only user of this field
	full     bool
	speaking atomic.Bool // a Speaking event has been published, and no Silent event after it

	hearing hearing // whether the user speaks

	// nil before the first report of the device
	speakerHealth, microphoneHealth atomic.Pointer[health.Device]

	mu sync.Mutex // guards the fields below; never held while waiting
	// highest event id of the speech that was passed to Audio in this conversation
	latest int
	// lowest event id that has not been interrupted; speech without an event id gets this id, or
	// latest if latest is higher
	next       int
	words      []pieceWords
	characters int            // total number of characters in words
	tracks     []playingTrack // the tracks that Play has started; some may have ended
}

// maxCharacters is the maximum number of characters of speech that have not been heard yet. Two
// minutes of speech have about 2,000 characters.
const maxCharacters = 1 << 16

// Words are the characters of a piece of speech, and for each character the time at which it is
// spoken, in milliseconds since the start of the piece. Both slices have the same length.
type Words struct {
	Chars    []string
	StartsMS []int
}

// pieceWords are the words of a piece of speech in the player's buffer. Only the goroutine of
// publishPlayback removes them from Voice.words.
type pieceWords struct {
	piece    uint64
	response int
	*Words
}

// New makes a Voice. Start opens its devices.
func New(opts Options) *Voice {
	if opts.Counts == nil {
		opts.Counts = new(audio.Counts)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.OnWake == nil {
		opts.OnWake = func() {}
	}
	v := &Voice{opts: opts, speaker: opts.Speaker, announcing: make(chan struct{}, 1)}
	if v.speaker == nil {
		v.speaker = audio.NewNullSpeaker()
	}
	v.player = audio.NewPlayer(v.speaker, opts.Counts)
	var echo audio.EchoRemover
	if opts.Echo != nil {
		echo = opts.Echo(v.player)
	}
	v.recorder = audio.NewRecorder(echo, opts.Counts)
	if opts.Wake != nil {
		v.recorder.SetTap(opts.Wake, opts.WakeAlways)
	}
	return v
}

// Start opens the devices, and opens them again when they have failed, until Close. It returns
// without waiting for the devices.
func (v *Voice) Start() {
	ctx, stop := context.WithCancel(context.Background())
	v.stop = stop
	v.running.Go(func() {
		audio.KeepPlaying(ctx, v.speaker, v.player, func(h audio.Health) {
			if v.opts.Speaker != nil {
				v.noteDevice(bus.Speaker, &v.speakerHealth, h)
			}
		})
	})
	if v.opts.Microphone != nil {
		v.running.Go(func() {
			audio.KeepRecording(ctx, v.opts.Microphone, v.recorder, func(h audio.Health) {
				v.noteDevice(bus.Microphone, &v.microphoneHealth, h)
			})
		})
	}
	if v.opts.Wake != nil {
		v.running.Go(func() { v.opts.Wake.Run(ctx, v.noteWake, v.noteRecogniser) })
	}
	v.running.Go(func() { v.recorder.Run(ctx) })
	v.running.Go(func() { v.publishPlayback(ctx) })
}

// fadeTime is how long a speaker takes to play its buffer after the volume has been set to 0.
const fadeTime = 30 * time.Millisecond

// Close fades the sound out and closes the devices. It waits until the goroutines of the Voice have
// ended, but at most 3 s for a device that does not stop. It may be called without Start.
func (v *Voice) Close() error {
	if v.stop != nil {
		v.player.SetVolume(0)
		time.Sleep(fadeTime)
		v.stop()
		v.running.Wait()
	}
	if v.closer == nil {
		return nil
	}
	return v.closer()
}

// Begin connects the sound to a conversation that begins. Call it before the first Audio, on the
// same goroutine. The sound of the microphone is passed to send. With preroll, Begin first sends
// the sound that the microphone recorded just before this call, or since Expect, and returns after
// that.
//
// send is called on a goroutine of the Voice, and during Begin on the caller's. It must not block
// and must not keep the chunk. It returns how many chunks were dropped. The error of Begin says
// that a format is not known; there is then no sound in that direction.
func (v *Voice) Begin(formats Formats, preroll bool, send func(chunk []byte) (dropped int)) error {
	v.mu.Lock()
	v.latest, v.next = 0, 0
	v.mu.Unlock()
	v.hearing.begin()
	out, outErr := pcm.Parse(formats.Speaker)
	if outErr == nil {
		v.player.Begin(out)
	} else {
		v.hush()
		outErr = fmt.Errorf("the agent's sound: %w", outErr)
	}
	in, inErr := pcm.Parse(formats.Microphone)
	if inErr == nil {
		v.recorder.Begin(in, v.opts.Chunk, preroll, send)
	} else {
		inErr = fmt.Errorf("the user's sound: %w", inErr)
	}
	return errors.Join(outErr, inErr)
}

// End disconnects the microphone after the conversation has ended. Speech of the agent that is in
// the buffer is still played.
func (v *Voice) End() {
	v.recorder.End()
	v.hearing.end(v.opts.Bus)
}

// Audio puts a piece of the agent's speech into the buffer. response is its event id, 0 when the
// agent has not sent one. words are the words of the piece, nil when the agent does not send the
// time of each character.
func (v *Voice) Audio(response int, sound []byte, words *Words) {
	v.mu.Lock()
	if response == 0 {
		response = max(v.latest, v.next)
	}
	v.latest = max(v.latest, response)
	v.mu.Unlock()
	piece, err := v.player.Queue(response, sound)
	if err != nil && !v.full { // log this only once, until a piece fits into the buffer again
		v.opts.Log.Warn(fmt.Sprintf("audio: %v", err))
	}
	v.full = err != nil
	if piece == 0 || words == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.characters+len(words.Chars) > maxCharacters {
		return
	}
	v.characters += len(words.Chars)
	v.words = append(v.words, pieceWords{piece, response, words})
}

// Interrupt silences the response with this event id and all earlier ones. If response is 0,
// because the agent has not said which response was interrupted, Interrupt silences the response
// that arrived last and all earlier ones. Speech without an event id that arrives later is played.
func (v *Voice) Interrupt(response int) {
	v.mu.Lock()
	if response == 0 {
		response = v.latest
	}
	v.next = max(v.next, min(response, math.MaxInt-1)+1)
	v.mu.Unlock()
	v.player.Interrupt(response)
}

// hush silences all speech of the agent in this conversation, including speech that arrives later.
func (v *Voice) hush() { v.player.Interrupt(math.MaxInt) }

// Drain waits until all speech of the agent has been heard and the Silent event has been published,
// or until ctx is done.
func (v *Voice) Drain(ctx context.Context) {
	for {
		left := v.player.Position().Left
		if left == 0 && !v.speaking.Load() {
			return
		}
		select {
		case <-time.After(min(left+time.Millisecond, 50*time.Millisecond)):
		case <-ctx.Done():
			return
		}
	}
}

// Plays reports whether the user listens to something at this moment: speech of the agent, or a sound
// that a script has started less than a minute ago.
func (v *Voice) Plays() bool {
	return v.playsTrack() || v.speaking.Load() || v.player.Position().Left > 0
}

// Expect starts to keep the microphone's sound, at most audio.MaxWait of it, for a conversation
// that will begin with preroll. Begin sends this sound. Forget discards it.
func (v *Voice) Expect() { v.recorder.Expect() }

// Forget discards the sound that Expect has kept. Call it when the conversation could not be
// opened.
func (v *Voice) Forget() { v.recorder.Forget() }

// SetVolume sets the volume of all sound that the speaker plays, from 0 to 1.
func (v *Voice) SetVolume(volume float64) { v.player.SetVolume(volume) }

// SetMuted mutes the microphone, or ends the muting. Neither the agent nor the wake word recogniser
// hears a muted microphone.
func (v *Voice) SetMuted(muted bool) { v.recorder.SetMuted(muted) }

// SetListening decides whether the agent hears the microphone or silence (push to talk).
func (v *Voice) SetListening(listening bool) {
	if v.recorder.SetListening(listening) {
		v.opts.Bus.Publish(bus.Event{Type: bus.Listening, Listening: &listening})
	}
}

// Listening reports whether the agent hears the microphone.
func (v *Voice) Listening() bool { return v.recorder.Listening() }
