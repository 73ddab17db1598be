package life

import (
	"errors"
	"time"
)

// How says in which way a conversation ended, or why it could not be opened.
type How int

const (
	Stopped How = iota // this side asked for the end: the user, a script, or the end of the program
	Closed             // the agent closed the conversation without an error
	CutOff             // the connection broke or could not be opened; another attempt may succeed
	// the connection was closed or refused, and another attempt would fail in the same way
	Refused
)

// An Ending describes how a conversation ended, or why an attempt to open one failed.
type Ending struct {
	How  How
	Err  error  // error that ended the conversation; nil when this side asked for the end
	Hint string // one suggestion to the user; may be empty
	// RetryAfter is how long to wait at least before the next attempt, because the server asks for it.
	RetryAfter time.Duration
}

// Reason returns the text of Err, empty when Err is nil.
func (e Ending) Reason() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// ErrNoConversation is returned by functions that need a conversation while there is none.
var ErrNoConversation = errors.New("there is no conversation")

// errFirst is returned by Start before Run if Options.Wait is not set.
var errFirst = errors.New("the first conversation begins by itself, because the program runs without --wait")

// errStopped is the cause with which Stop and GiveUp cancel a context.
var errStopped = errors.New("stopped")
