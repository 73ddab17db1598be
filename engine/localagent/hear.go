package localagent

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
)

const (
	hangover   = 600 * time.Millisecond // of silence, and a sentence is over
	preRoll    = 400 * time.Millisecond // kept of what was before a voice was found: 300 ms, and the 100 ms that takes
	longestSay = 25 * time.Second       // a sentence that is longer is cut
	mostUnread = 30 * time.Second       // of sentences that may wait to be recognised
	lostSound  = time.Second            // without sound, and nobody speaks any more
	scoreEvery = 100 * time.Millisecond
	holdBack   = 5 * time.Second // how long a response waits for the user to finish
)

// An ear finds sentences in the sound a client sends. It belongs to the
// goroutine of the conversation. To recognise what was said takes another, one
// sentence at a time. An ear that is nil hears nothing.
type ear struct {
	format    pcm.Format
	decoder   *pcm.Decoder
	resampler *pcm.Resampler
	detector  audio.Detector

	wire   []byte    // reused
	narrow []float32 // reused
	sound  []float32 // reused
	said   []float32 // the sentence under way, or what was heard just before one
	last   time.Time // when sound came
	scored time.Time // when the client was told a score

	unread [][]float32     // sentences that wait
	busy   bool            // one is being recognised
	read   chan transcript // what came of it
}

type transcript struct {
	text string
	err  error
}

func newEar(format pcm.Format) *ear {
	return &ear{
		format:    format,
		decoder:   pcm.NewDecoder(format),
		resampler: pcm.NewResampler(format.Rate, audio.Rate),
		detector:  audio.Detector{Hangover: hangover},
		read:      make(chan transcript, 1),
	}
}

// listening says whether the user is speaking, or has spoken and is not
// understood yet.
func (e *ear) listening() bool {
	return e != nil && (e.detector.Voice() || e.busy || len(e.unread) > 0)
}

// transcripts is where sentences come from; nil when none do.
func (e *ear) transcripts() <-chan transcript {
	if e == nil {
		return nil
	}
	return e.read
}

// lost is when a voice will be over because no more sound comes; zero when
// there is no voice.
func (e *ear) lost() time.Time {
	if e == nil || !e.detector.Voice() {
		return time.Time{}
	}
	return e.last.Add(lostSound)
}

// listen takes in some of what the user says. The error is that it is no
// sound.
func (c *conversation) listen(m *convai.UserAudioChunk, now time.Time) error {
	e := c.ear
	if e == nil {
		return nil
	}
	wire, err := m.Base64.AppendBytes(e.wire[:0])
	if err != nil {
		return fmt.Errorf("user_audio_chunk: %w", err)
	}
	const most = 1 << 20
	if e.wire = wire; cap(wire) > most { // a frame like that is rare
		e.wire = nil
	}
	for part := range slices.Chunk(wire, e.format.Bytes(20*time.Millisecond)) {
		e.narrow = e.decoder.Append(e.narrow[:0], part)
		e.sound = e.resampler.Append(e.sound[:0], e.narrow)
		c.follow(e.sound, now)
	}
	e.last = now
	if now.Sub(e.scored) >= scoreEvery && c.socket.room() {
		e.scored = now
		c.send(&convai.VADScore{Score: math.Round(e.detector.Score()*1000) / 1000})
	}
	return nil
}

// follow looks for where sentences begin and end.
func (c *conversation) follow(sound []float32, now time.Time) {
	e := c.ear
	for len(sound) > 0 {
		rest, change := e.detector.Hear(sound)
		e.said = append(e.said, sound[:len(sound)-len(rest)]...)
		sound = rest
		switch {
		case change == audio.VoiceBegan && !c.speech.final:
			c.interrupt(now)
		case change == audio.VoiceEnded || len(e.said) >= audio.Samples(longestSay):
			c.sentence()
		}
		if keep := audio.Samples(preRoll); !e.detector.Voice() && len(e.said) > 2*keep {
			e.said = e.said[:copy(e.said, e.said[len(e.said)-keep:])]
		}
	}
}

// deafen ends the sentence of a user from whom no more sound comes.
func (c *conversation) deafen(now time.Time) {
	if at := c.ear.lost(); !at.IsZero() && !now.Before(at) {
		c.ear.detector = audio.Detector{Hangover: hangover}
		c.sentence()
	}
}

// sentence has recognised what was said.
func (c *conversation) sentence() {
	e := c.ear
	said := slices.Clone(e.said)
	e.said = e.said[:0]
	waiting := len(said)
	for _, s := range e.unread {
		waiting += len(s)
	}
	if waiting > audio.Samples(mostUnread) {
		c.misheard(fmt.Errorf("%d sentences are waiting already", len(e.unread)))
		return
	}
	e.unread = append(e.unread, said)
	c.recognise()
}

// recognise begins with the next sentence, unless one is under way.
func (c *conversation) recognise() {
	e := c.ear
	if e.busy || len(e.unread) == 0 {
		return
	}
	said := e.unread[0]
	e.unread = slices.Delete(e.unread, 0, 1)
	e.busy = true
	c.workers.Go(func() {
		ctx, cancel := context.WithTimeout(c.life, c.opts.SpeechPatience)
		defer cancel()
		text, err := c.opts.STT(ctx, said)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			text, err = "", fmt.Errorf("not done within %v", c.opts.SpeechPatience)
		}
		e.read <- transcript{text, err} // there is room: one at a time
	})
}

// understand goes on with what a sentence was recognised as.
func (c *conversation) understand(got transcript) {
	c.ear.busy = false
	c.recognise()
	if got.err != nil {
		c.misheard(got.err)
		return
	}
	c.hear(strings.ToValidUTF8(strings.TrimSpace(got.text), "\ufffd"), true)
}

// misheard tells that something was said that nobody will know.
func (c *conversation) misheard(err error) {
	c.log.Error("speech to text", "err", err)
	c.send(&convai.ServerError{
		Code: websocket.CloseProtocolError, ErrorType: "asr_transcription_error",
		Message: "I could not make out what you said.", DebugMessage: err.Error(),
	})
}
