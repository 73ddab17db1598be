package voice

import (
	"context"
	"slices"
	"strings"
	"time"
)

const (
	step     = 20 * time.Millisecond  // between two looks at what is being heard
	levelGap = 100 * time.Millisecond // between two levels
)

// A follower tells what is being heard. It is one goroutine's.
type follower struct {
	*Voice
	id    int    // of the response that is, or was last, heard
	last  uint64 // the piece that is, or was last, heard
	piece uint64 // whose words are being told
	told  int    // of its characters
}

// follow tells what is being heard, and how loud the microphone is, until ctx
// is done.
func (v *Voice) follow(ctx context.Context) {
	f := &follower{Voice: v}
	steps, looking := time.NewTicker(step), false
	steps.Stop() // nobody is to be woken for silence
	levels := time.NewTicker(levelGap)
	defer levels.Stop()
	defer steps.Stop()
	for {
		select {
		case <-v.player.Queued():
			if !looking {
				looking = true
				steps.Reset(step)
			}
		case <-steps.C:
			if looking = f.look(); !looking {
				steps.Stop()
			}
		case <-levels.C:
			if v.opts.Microphone != nil && v.opts.Levels() {
				v.opts.Notify(Level{v.recorder.Level(), v.recorder.Voice()})
			}
		case <-ctx.Done():
			return
		}
	}
}

// look tells what has been heard since the last look, and says whether there is
// more to come.
func (f *follower) look() bool {
	pos := f.player.Position()
	for w, ok := f.first(); ok && w.piece <= pos.Stopped; w, ok = f.first() {
		f.remove()
	}
	if interrupted := pos.Stopped >= f.last; f.speaking.Load() && (interrupted || pos.Left == 0) {
		if !interrupted {
			f.tell(pos.Latest+1, 0)
		}
		f.opts.Notify(Silent{f.id, interrupted})
		f.speaking.Store(false) // after it: see Drain
	}
	if pos.Piece > 0 {
		if f.last = pos.Piece; !f.speaking.Load() || pos.ID != f.id {
			f.id = pos.ID
			f.speaking.Store(true)
			f.opts.Notify(Speaking{f.id})
		}
		f.tell(pos.Piece, pos.Into)
	}
	return pos.Left > 0
}

// tell tells the words that have been heard up to somewhere in a piece.
func (f *follower) tell(piece uint64, into time.Duration) {
	w, ok := f.first()
	for ; ok && w.piece < piece; w, ok = f.first() {
		f.spoken(w, len(w.Chars))
		f.remove()
	}
	if !ok || w.piece > piece {
		return
	}
	n := 0
	for i, ms := range w.StartsMS {
		if time.Duration(ms)*time.Millisecond <= into && w.Chars[i] == " " {
			n = i + 1 // whole words only
		}
	}
	f.spoken(w, n)
}

// spoken tells the first n characters of w that have not been told.
func (f *follower) spoken(w words, n int) {
	if w.piece != f.piece {
		f.piece, f.told = w.piece, 0
	}
	if n > f.told {
		f.opts.Notify(Spoken{w.id, strings.Join(w.Chars[f.told:n], "")})
		f.told = n
	}
}

// first is what comes first of words, if there are any.
func (f *follower) first() (words, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.words) == 0 {
		return words{}, false
	}
	return f.words[0], true
}

// remove takes the first of words out.
func (f *follower) remove() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.letters -= len(f.words[0].Chars)
	f.words = slices.Delete(f.words, 0, 1)
}
