package localagent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// A sentence is the sound of one sentence of the user, mono at audio.Rate. The goroutine of the
// conversation calls add, end, drop, samples and takeTentative. The goroutine that recognises the
// sentence calls the other methods, perhaps while the user is still speaking.
type sentence struct {
	ended   chan struct{} // closed at the end of the sentence
	dropped chan struct{} // closed when the text is not needed any more
	more    chan struct{} // gets a value when sound was added, or when the sentence ends

	mu        sync.Mutex // guards the fields below
	sound     []float32
	speech    time.Duration // how much of the sound is speech; set at the end
	taken     int           // number of samples that read has returned
	readToEnd bool          // read has returned io.EOF
	tentative string        // the text that has been recognised so far
	isNew     bool          // tentative was set after the last call of takeTentative
}

func newSentence() *sentence {
	return &sentence{ended: make(chan struct{}), dropped: make(chan struct{}), more: make(chan struct{}, 1)}
}

// add appends the part of all that the sentence does not have yet. all is the sound from the
// beginning of the sentence up to now.
func (s *sentence) add(all []float32) {
	s.mu.Lock()
	s.sound = append(s.sound, all[min(len(s.sound), len(all)):]...)
	s.mu.Unlock()
	s.signal()
}

// end ends the sentence. speech is how much of the sound is speech. Either end or drop must be
// called, once.
func (s *sentence) end(speech time.Duration) {
	s.mu.Lock()
	s.speech = speech
	s.mu.Unlock()
	close(s.ended)
	s.signal()
}

// drop ends the recognition of the sentence with errDropped. See end.
func (s *sentence) drop() { close(s.dropped) }

// errDropped is the error of a recognition that was ended because the sound is not a sentence.
var errDropped = errors.New("the sentence was dropped")

// signal makes read check for new sound.
func (s *sentence) signal() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// read waits for sound that it has not returned yet, and returns it. It returns io.EOF at the end
// of the sentence, and the cause of ctx if ctx ends first. Only one goroutine may call it.
func (s *sentence) read(ctx context.Context) ([]float32, error) {
	for {
		ended := s.hasEnded()
		if sound := s.take(); len(sound) > 0 {
			return sound, nil
		}
		if ended {
			s.mu.Lock()
			s.readToEnd = true
			s.mu.Unlock()
			return nil, io.EOF
		}
		select {
		case <-s.more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// hasEnded reports whether the sentence has ended. No sound is added after that.
func (s *sentence) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// take returns the sound that was added since its last call.
func (s *sentence) take() []float32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sound := slices.Clone(s.sound[s.taken:])
	s.taken = len(s.sound)
	return sound
}

// setTentative sets the text that has been recognised so far. It returns true if the caller must
// make the goroutine of the conversation call takeTentative, and false if that is already going to
// happen. So a recogniser that reports many texts does not fill a queue.
func (s *sentence) setTentative(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.isNew
	s.tentative, s.isNew = text, true
	return first
}

// takeTentative returns the text that has been recognised so far.
func (s *sentence) takeTentative() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isNew = false
	return s.tentative
}

// wasReadToEnd reports whether read has returned io.EOF.
func (s *sentence) wasReadToEnd() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readToEnd
}

// whole returns the sound of the sentence. The sentence must have ended.
func (s *sentence) whole() []float32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sound
}

// speechIn returns how much of the sound is speech.
func (s *sentence) speechIn() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.speech
}

// samples returns the length of the sentence so far.
func (s *sentence) samples() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sound)
}

// limitTime calls cancel, which must cancel ctx, when the sentence is dropped while the user is
// speaking, or when timeout has passed since the end of the sentence. limitTime returns after it
// has called cancel, or when ctx ends.
func (s *sentence) limitTime(ctx context.Context, cancel context.CancelCauseFunc, timeout time.Duration) {
	select {
	case <-s.ended:
	case <-s.dropped:
		cancel(errDropped)
		return
	case <-ctx.Done():
		return
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-timer.C:
		cancel(fmt.Errorf("no result within %v", timeout))
	case <-ctx.Done():
	}
}
