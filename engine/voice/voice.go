// Package voice is the sound of a conversation: what the agent says reaches the
// speaker, and what the user says the agent. It stands between moonlark/audio,
// which does not know the wire, and the conversation, and knows nothing of Lua.
//
// The goroutines of a Voice: two for the speaker and two for the microphone, one
// that keeps it and one that is its carrier's, with what that starts; one that
// sends silence in place of a microphone that is gone; and one, the follower,
// that tells what is being heard. Close waits for all of them, but for a device
// that does not end. The sound itself passes from the goroutine that reads the
// socket into a buffer, and from there to the speaker's.
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
	"moonlark/audio/wake"
	"moonlark/engine/convai"
)

// Options say what a Voice is made of.
type Options struct {
	Speaker    audio.Speaker    // nil: what the agent says passes unheard
	Microphone audio.Microphone // nil: the agent hears silence

	// Echo makes what takes the speaker's sound out of the microphone's. Nil
	// takes nothing out.
	Echo func(audio.Heard) audio.Echo

	// Wake listens for wake words; nil: nobody does. In a conversation it hears
	// silence, unless WakeAlways is set.
	Wake       *wake.Listener
	WakeAlways bool

	// Chunk is how much of the user's sound is sent at a time, 20 to 250 ms;
	// what is out of that is brought into it. Zero means 20 ms.
	Chunk time.Duration

	Counts *audio.Counts // nil makes some
	Log    *slog.Logger  // nil drops it

	// Notify is told what happens: a Health, Speaking, Spoken, Silent, Level,
	// WakeHealth or wake.Detection. It is called from several goroutines and
	// must not block. Nil: nobody is.
	Notify func(notice any)

	// Levels says whether anybody wants to be told of levels. Nil: nobody does.
	Levels func() bool
}

// A Health is what became of a device.
type Health struct {
	audio.Health
	Microphone bool // it is that, and not the speaker
}

// A WakeHealth is what became of what listens for wake words.
type WakeHealth struct{ audio.Health }

// Speaking says that a response has begun to be heard.
type Speaking struct{ ID int }

// Spoken says what of a response has been heard since the last Spoken of it. It
// comes only from agents that say when each character is spoken.
type Spoken struct {
	ID   int
	Text string
}

// Silent says that a response has been interrupted, or that there is nothing
// left to be heard.
type Silent struct {
	ID          int  // of the last response that was heard
	Interrupted bool // and not to its end
}

// A Level says how loud the microphone is, 10 times a second at most.
type Level struct {
	DBFS  float64 // from -96, silence, to 0
	Voice bool    // somebody speaks
}

// A Voice is the sound of one conversation after the other. Audio belongs to the
// goroutine that reads the socket, all else may be called from any.
type Voice struct {
	opts     Options // fixed, as are the next two
	player   *audio.Player
	recorder *audio.Recorder
	speaker  audio.Speaker
	stop     context.CancelFunc
	running  sync.WaitGroup
	reading  chan struct{} // has a value for each file that is being read

	buffer   []byte      // Audio's
	full     bool        // Audio's: the latest piece was dropped
	speaking atomic.Bool // the follower has told that, and not the end of it

	mu      sync.Mutex // guards what follows; never held while waiting
	words   []words    // of pieces that have not been heard yet; only the follower takes any out
	letters int        // in words
}

// mostLetters is how many characters of speech that waits are kept to be told.
// Two minutes have some 2,000.
const mostLetters = 1 << 16

// Words are the characters of a piece, and when each is spoken.
type words struct {
	piece uint64
	id    int
	*convai.Alignment
}

// New makes a voice. Its devices are opened by Start.
func New(opts Options) *Voice {
	if opts.Counts == nil {
		opts.Counts = new(audio.Counts)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Notify == nil {
		opts.Notify = func(any) {}
	}
	if opts.Levels == nil {
		opts.Levels = func() bool { return false }
	}
	v := &Voice{opts: opts, speaker: opts.Speaker, reading: make(chan struct{}, 2)}
	if v.speaker == nil {
		v.speaker = audio.NewNone()
	}
	v.player = audio.NewPlayer(v.speaker, opts.Counts)
	var echo audio.Echo
	if opts.Echo != nil {
		echo = opts.Echo(v.player)
	}
	v.recorder = audio.NewRecorder(echo, opts.Counts)
	if opts.Wake != nil {
		v.recorder.SetTap(opts.Wake, opts.WakeAlways)
	}
	return v
}

// Start opens the devices, and again when they are lost, until Close. It does
// not wait for them.
func (v *Voice) Start() {
	ctx, stop := context.WithCancel(context.Background())
	v.stop = stop
	v.running.Go(func() {
		audio.KeepPlaying(ctx, v.speaker, v.player, func(h audio.Health) {
			if v.opts.Speaker != nil {
				v.opts.Notify(Health{h, false})
			}
		})
	})
	if v.opts.Microphone != nil {
		v.running.Go(func() {
			audio.KeepRecording(ctx, v.opts.Microphone, v.recorder, func(h audio.Health) { v.opts.Notify(Health{h, true}) })
		})
	}
	if v.opts.Wake != nil {
		v.running.Go(func() {
			v.opts.Wake.Run(ctx, func(d wake.Detection) { v.opts.Notify(d) }, func(h audio.Health) { v.opts.Notify(WakeHealth{h}) })
		})
	}
	v.running.Go(func() { v.recorder.Run(ctx) })
	v.running.Go(func() { v.follow(ctx) })
}

// Close fades the sound out and closes the devices. It returns when nothing is
// left running, which a device that is stuck delays by 3 s, and may be called
// without Start.
func (v *Voice) Close() {
	if v.stop == nil {
		return
	}
	v.player.SetVolume(0)
	time.Sleep(fading)
	v.stop()
	v.running.Wait()
}

// fading is how long a speaker takes to flush, and sound to fall silent.
const fading = 30 * time.Millisecond

// Hush silences whatever is being said, and what else comes in this conversation.
func (v *Voice) Hush() { v.Interrupt(math.MaxInt) }

// Counts are what went wrong so far.
func (v *Voice) Counts() *audio.Counts { return v.opts.Counts }

// Expect keeps what is said from just before now on for a Begin with preroll, as
// much as audio.MaxWait, and Forget is the end of that when none is to come.
func (v *Voice) Expect() { v.recorder.Expect() }

// Forget is what Expect says.
func (v *Voice) Forget() { v.recorder.Forget() }

// Begin is the beginning of a conversation: what the user says goes to send, with
// preroll from what was said just before, or since Expect, on: all of that before
// Begin returns. send is called on a goroutine of the
// voice, must not block nor keep the chunk, and says how many chunks it has
// dropped. The error is that a format is not
// known; then there is no sound in that direction. It comes before the first
// Audio of the conversation, on the same goroutine.
func (v *Voice) Begin(m convai.ConversationInitiationMetadata, preroll bool, send func(chunk []byte) (dropped int)) error {
	out, outErr := pcm.Parse(m.AgentOutputAudioFormat)
	if outErr == nil {
		v.player.Begin(out)
	} else {
		v.Hush()
		outErr = fmt.Errorf("the agent's sound: %w", outErr)
	}
	in, inErr := pcm.Parse(m.UserInputAudioFormat)
	if inErr == nil {
		v.recorder.Begin(in, v.opts.Chunk, preroll, send)
	} else {
		inErr = fmt.Errorf("the user's sound: %w", inErr)
	}
	return errors.Join(outErr, inErr)
}

// End is the end of a conversation: nothing is sent any more. What the agent has
// said goes on being heard.
func (v *Voice) End() { v.recorder.End() }

// Audio plays a piece of what the agent says.
func (v *Voice) Audio(m *convai.Audio) {
	var err error
	v.buffer, err = m.Base64.AppendBytes(v.buffer[:0])
	if err != nil {
		v.opts.Log.Warn(fmt.Sprintf("audio: %v", err))
		return
	}
	piece, err := v.player.Queue(m.EventID, v.buffer)
	if err != nil && !v.full { // all that follows would say the same
		v.opts.Log.Warn(fmt.Sprintf("audio: %v", err))
	}
	v.full = err != nil
	if a := m.Alignment; piece > 0 && a != nil && len(a.Chars) == len(a.StartsMS) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.letters += len(a.Chars); v.letters > mostLetters {
			v.letters -= len(a.Chars)
			return
		}
		v.words = append(v.words, words{piece, m.EventID, a})
	}
}

// Interrupt silences a response, and those before it.
func (v *Voice) Interrupt(id int) { v.player.Interrupt(id) }

// Drain waits until all that the agent has said has been heard, and Notify has
// been told so, or ctx is done.
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

// SetVolume says how loud everything is, from 0 to 1.
func (v *Voice) SetVolume(volume float64) { v.player.SetVolume(volume) }

// SetMuted makes the microphone deaf.
func (v *Voice) SetMuted(muted bool) { v.recorder.SetMuted(muted) }

// SetListening says whether the agent hears the user, and whether that is a change.
func (v *Voice) SetListening(listening bool) (changed bool) {
	return v.recorder.SetListening(listening)
}

// Listening says whether the agent hears the user.
func (v *Voice) Listening() bool { return v.recorder.Listening() }

// Play mixes a sound in. The error is that too many are being played.
func (v *Voice) Play(sound []float32) error { return v.player.Play(sound) }

// PlayFile plays what ReadFile reads, and waits for that. Two are read at a time,
// since a long one takes tens of megabytes.
func (v *Voice) PlayFile(folder, name string) error {
	v.reading <- struct{}{}
	defer func() { <-v.reading }()
	sound, err := ReadFile(folder, name)
	if err != nil {
		return err
	}
	return v.Play(sound)
}
