package voice

import (
	"context"
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
	piece uint64 // whose words are being told
	told  int    // of its characters
}

// follow tells what is being heard, and how loud the microphone is, until ctx
// is done.
func (v *Voice) follow(ctx context.Context) {
	f := &follower{Voice: v}
	steps := time.NewTicker(step)
	steps.Stop() // nobody is to be woken for silence
	levels := time.NewTicker(levelGap)
	defer levels.Stop()
	defer steps.Stop()
	for {
		select {
		case <-v.player.Begun():
			steps.Reset(step)
		case <-steps.C:
			if !f.look() {
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
	if pos.Piece > 0 && (!f.speaking.Load() || pos.ID != f.id) {
		f.interrupted.Store(false)
		f.speaking.Store(true)
		f.id = pos.ID
		f.opts.Notify(Speaking{f.id})
	}
	if pos.Piece > 0 {
		f.tell(pos.Piece, pos.Into)
	}
	if pos.Left > 0 {
		return true
	}
	if f.speaking.Load() {
		interrupted := f.interrupted.Swap(false)
		if !interrupted {
			f.tell(f.player.Pieces()+1, 0)
		}
		f.opts.Notify(Silent{f.id, interrupted})
		f.speaking.Store(false)
	}
	return false
}

// tell tells the words that have been heard up to somewhere in a piece.
func (f *follower) tell(piece uint64, into time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.words) > 0 && f.words[0].piece < piece {
		f.spoken(f.words[0], len(f.words[0].Chars))
		f.words = append(f.words[:0], f.words[1:]...)
	}
	if len(f.words) == 0 || f.words[0].piece != piece {
		return
	}
	w, n := f.words[0], 0
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
