package testkit

import (
	"fmt"
	"regexp"
	"sync"
	"time"
)

// A Transcript collects the output of a program. The zero value is empty and ready to use. Any
// goroutine may use a Transcript.
type Transcript struct {
	mu    sync.Mutex // guards the fields below
	text  []byte
	read  int           // end of the last match of Match in text
	grown chan struct{} // closed when text is added; nil while no goroutine waits
}

// Write appends p to the text. It never fails.
func (t *Transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if t.grown != nil {
		close(t.grown)
		t.grown = nil
	}
	return len(p), nil
}

// String returns all text so far. Any goroutine may call it.
func (t *Transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// Match waits until the text after the previous match matches re. It returns the match and its
// groups, like [regexp.Regexp.FindStringSubmatch]. ended must be closed when no more text will be
// added; a nil ended means that text may always be added. Match returns an error when the text ends
// without a match, or when there is no match within Timeout.
func (t *Transcript) Match(re *regexp.Regexp, ended <-chan struct{}) ([]string, error) {
	timeout := time.After(Timeout)
	for last := false; ; {
		groups, grown := t.match(re)
		if groups != nil {
			return groups, nil
		}
		if last {
			return nil, fmt.Errorf("ended without %q", re)
		}
		select {
		case <-grown:
		case <-ended:
			last = true
		case <-timeout:
			return nil, fmt.Errorf("no %q within %v", re, Timeout)
		}
	}
}

// match searches for re once. It returns the match and its groups, or nil and a channel that is
// closed when text is added.
func (t *Transcript) match(re *regexp.Regexp) (groups []string, grown <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest := t.text[t.read:]
	at := re.FindSubmatchIndex(rest)
	if at == nil {
		if t.grown == nil {
			t.grown = make(chan struct{})
		}
		return nil, t.grown
	}
	t.read += at[1]
	for i := 0; i < len(at); i += 2 {
		groups = append(groups, string(rest[max(at[i], 0):max(at[i+1], 0)]))
	}
	return groups, nil
}
