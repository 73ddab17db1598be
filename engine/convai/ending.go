package convai

import (
	"context"
	"errors"
	"net/http"
)

// An EndingKind says in which way a conversation ended, or why it could not begin.
type EndingKind int

const (
	// Stopped means that this program ended the conversation: it called Close or cancelled a
	// context.
	Stopped EndingKind = iota

	// Closed means that the agent ended the conversation normally, with close code 1000.
	Closed

	// Lost means that no connection could be opened, that the connection broke, or that the server
	// closed the connection with an error's close code. Another attempt may succeed.
	Lost

	// Refused means that the server will not accept the conversation until somebody changes a
	// setting. The server closed the connection with close code 1008. Or it refused the handshake
	// or the request for a signed URL with an HTTP status such as 401 or 404.
	Refused

	// RefusedForNow means that the server did not accept the conversation for a reason that may
	// pass, such as HTTP 408, 429 or 503.
	RefusedForNow
)

// String returns the kind in words, such as "refused for now".
func (k EndingKind) String() string {
	switch k {
	case Stopped:
		return "stopped"
	case Closed:
		return "closed"
	case Lost:
		return "lost"
	case Refused:
		return "refused"
	case RefusedForNow:
		return "refused for now"
	}
	return "unknown"
}

// An Ending says how a conversation ended, or why it could not begin. The zero value means that
// this program stopped the conversation, without an error.
type Ending struct {
	Kind EndingKind
	// Code is the close code, or the HTTP status if the handshake was refused, or zero if there was
	// neither.
	Code int
	// Reason is the server's text. If the server sent none, it is the text of Err. It may be empty.
	Reason string
	Err    error // the error from which EndingOf made this Ending
}

// EndingOf returns the Ending for an error from Run, from Dial, or from the request for a signed
// URL. Its kind is the first of these that fits:
//   - Stopped: err is nil or context.Canceled, or this program closed the conversation normally.
//   - Refused: err has a method Final that returns true. Errors of other packages, such as
//     rest.Error, can have that method too.
//   - RefusedForNow: any other HandshakeError, or the server closed the connection normally before
//     the conversation had begun.
//   - Closed: the server closed the conversation normally.
//   - Lost: every other error.
//
// If the caller cancelled a context, the kind is Stopped only if the error is context.Canceled. A
// caller that cancels with another cause must check its context before it calls EndingOf.
func EndingOf(err error) Ending {
	e := Ending{Err: err}
	var closed *CloseError
	var handshake *HandshakeError
	var connect *ConnectError
	var final interface{ Final() bool }
	switch {
	case err == nil:
		return e
	case errors.As(err, &closed):
		e.Code, e.Reason = closed.Code, closed.Reason
	case errors.As(err, &handshake):
		e.Code, e.Reason = handshake.Status, handshake.Body
		if e.Reason == "" {
			e.Reason = http.StatusText(handshake.Status)
		}
	default:
		e.Reason = err.Error()
	}
	switch {
	case errors.Is(err, context.Canceled) || closed != nil && closed.Local && closed.Clean():
		e.Kind = Stopped
	case errors.As(err, &final) && final.Final():
		e.Kind = Refused
	case handshake != nil:
		e.Kind = RefusedForNow
	// The server closed the connection before it sent the metadata.
	case closed != nil && closed.Clean() && errors.As(err, &connect):
		e.Kind = RefusedForNow
	case closed != nil && closed.Clean():
		e.Kind = Closed
	default:
		e.Kind = Lost
	}
	return e
}
