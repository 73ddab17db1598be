package engine

import (
	"errors"
	"net/http"
	"syscall"

	"moonlark/engine/convai"
	"moonlark/engine/rest"
	"moonlark/engine/script"
)

// An EndedError says that an open conversation ended as it should not have. It
// has been shown, as an event.Disconnected.
type EndedError struct{ Err error }

func (e *EndedError) Error() string { return "the conversation ended: " + e.Err.Error() }
func (e *EndedError) Unwrap() error { return e.Err }

// ErrNoReply says that the agent did not reply to what it was told.
var ErrNoReply = errors.New("no reply within 30 s")

// errHungUp says that the conversation ended before the agent had replied.
var errHungUp = errors.New("the conversation ended before there was a reply")

// errStopped is why the context of a conversation ends when Stop was called.
var errStopped = errors.New("stopped")

// Hint is a guess at what a person could do about an error of this package, or
// "".
func Hint(err error) string {
	var refused *convai.HandshakeError
	var closed *convai.CloseError
	var load *script.LoadError
	var asked *rest.Error
	switch {
	case errors.As(err, &refused):
		return refused.Hint
	case errors.As(err, &asked) && asked.Hint != "":
		return asked.Hint
	case errors.As(err, &closed):
		return closed.Hint
	case errors.As(err, &load):
		return load.Hint
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: is the server running, and the port right?"
	}
	return ""
}

// hopeless says whether connecting again would fail in the same way.
func hopeless(err error) bool {
	var refused *convai.HandshakeError
	var closed *convai.CloseError
	var asked *rest.Error
	switch {
	case errors.As(err, &asked):
		return asked.Final()
	case errors.As(err, &refused):
		again := refused.Status == http.StatusRequestTimeout || refused.Status == http.StatusTooManyRequests
		return refused.Status >= 400 && refused.Status < 500 && !again
	case errors.As(err, &closed):
		return closed.Code == 1008
	}
	return false
}
