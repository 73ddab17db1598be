package voice

import (
	"context"
	"slices"
	"strings"
	"time"

	"moonlark/engine/bus"
)

const (
	// interval at which look checks what the speaker plays
	playbackInterval = 20 * time.Millisecond
	// interval between two Loudness events
	levelInterval = 100 * time.Millisecond
)

// A playback publishes which speech the user has heard so far. Only one goroutine uses it.
type playback struct {
	*Voice
	response  int    // event id of the response that the speaker plays now, or played last
	last      uint64 // number of the piece of speech that the speaker plays now, or played last
	piece     uint64 // number of the piece of speech whose words are being published
	published int    // number of characters of that piece whose words have been published
}

// publishPlayback publishes what the speaker plays, and how loud the microphone and the speaker are, until
// ctx is done.
func (v *Voice) publishPlayback(ctx context.Context) {
	p := &playback{Voice: v}
	looks, looking := time.NewTicker(playbackInterval), false
	looks.Stop() // the ticker runs only while there is speech to play
	levels := time.NewTicker(levelInterval)
	defer levels.Stop()
	defer looks.Stop()
	for {
		select {
		case <-v.player.Queued():
			if !looking {
				looking = true
				looks.Reset(playbackInterval)
			}
		case <-looks.C:
			if looking = p.look(); !looking {
				looks.Stop()
			}
		case <-levels.C:
			v.publishLevel()
			v.listen()
		case <-ctx.Done():
			return
		}
	}
}

// publishLevel publishes how loud the microphone and the speaker are, if there is a microphone and a
// subscriber wants this event.
func (v *Voice) publishLevel() {
	if v.opts.Microphone != nil && v.opts.Bus.Wants(bus.Loudness, bus.Of(bus.Loudness).Script) {
		v.opts.Bus.Publish(bus.Event{Type: bus.Loudness, Loudness: v.recorder.Level(), SpeakerLoudness: v.player.Level(), Voice: v.recorder.Voice()})
	}
}

// look publishes what the speaker has played since the last call of look. It reports whether there
// is speech that has not been heard yet.
func (p *playback) look() bool {
	pos := p.player.Position()
	for w, ok := p.firstWords(); ok && w.piece <= pos.Stopped; w, ok = p.firstWords() {
		p.removeFirstWords()
	}
	if interrupted := pos.Stopped >= p.last; p.speaking.Load() && (interrupted || pos.Left == 0) {
		if !interrupted {
			p.publishWords(pos.Latest+1, 0)
		}
		p.opts.Bus.Publish(bus.Event{Type: bus.Silent, EventID: p.response, Interrupted: interrupted})
		// only after the Silent event has been published, because Drain waits for this event
		p.speaking.Store(false)
	}
	if pos.Piece > 0 {
		if p.last = pos.Piece; !p.speaking.Load() || pos.ID != p.response {
			p.response = pos.ID
			p.speaking.Store(true)
			p.opts.Bus.Publish(bus.Event{Type: bus.Speaking, EventID: p.response})
		}
		p.publishWords(pos.Piece, pos.Into)
	}
	return pos.Left > 0
}

// publishWords publishes the words that have been heard. The speaker is now at the time "at" within
// the given piece.
func (p *playback) publishWords(piece uint64, at time.Duration) {
	w, ok := p.firstWords()
	for ; ok && w.piece < piece; w, ok = p.firstWords() {
		p.publishSpoken(w, len(w.Chars))
		p.removeFirstWords()
	}
	if !ok || w.piece > piece {
		return
	}
	n := 0
	for i, ms := range w.StartsMS {
		if time.Duration(ms)*time.Millisecond <= at && w.Chars[i] == " " {
			n = i + 1 // n counts only the characters of complete words
		}
	}
	p.publishSpoken(w, n)
}

// publishSpoken publishes those of the first n characters of w that it has not published before.
func (p *playback) publishSpoken(w pieceWords, n int) {
	if w.piece != p.piece {
		p.piece, p.published = w.piece, 0
	}
	if n > p.published {
		p.opts.Bus.Publish(bus.Event{Type: bus.Spoken, EventID: w.response, Text: strings.Join(w.Chars[p.published:n], "")})
		p.published = n
	}
}

// firstWords returns the words of the oldest piece of speech that has words. It returns false when
// there is none.
func (v *Voice) firstWords() (pieceWords, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.words) == 0 {
		return pieceWords{}, false
	}
	return v.words[0], true
}

func (v *Voice) removeFirstWords() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.characters -= len(v.words[0].Chars)
	v.words = slices.Delete(v.words, 0, 1)
}
