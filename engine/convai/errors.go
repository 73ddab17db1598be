package convai

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// ErrOver means that a message was not queued because the conversation has ended or is being
// closed. Send and Offer return it.
var ErrOver = errors.New("the conversation is over")

// ErrBusy means that a message was not queued because many messages are queued already. Offer
// returns it.
var ErrBusy = errors.New("too many messages are waiting to be sent")

// A CloseError says that the conversation ended with a close frame, either from the server or from
// us after a call of Close.
//
// ElevenLabs uses these close codes: 1000 after the agent hung up or the maximum duration was
// reached, 1002 after a timeout or a failure of a model, 1008 if it refuses a message, and 1011
// after an error of the server (WebSocketCloseCode in ElevenLabs' AsyncAPI document).
type CloseError struct {
	Code   int    // the close code; 1005 if the close frame had none
	Reason string // the text of the close frame; may be empty
	Hint   string // a suggestion to the user; may be empty
	Local  bool   // whether this program closed the conversation, by calling Close
}

// Error returns the close code, and the reason of the close frame if it has one.
func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("closed with %d", e.Code)
	}
	return fmt.Sprintf("closed with %d: %s", e.Code, e.Reason)
}

// Clean reports whether the conversation ended normally, with close code 1000.
func (e *CloseError) Clean() bool { return e.Code == websocket.CloseNormalClosure }

// Final reports whether the server would close a new conversation for the same reason, until
// somebody changes a setting.
func (e *CloseError) Final() bool { return e.Code == websocket.ClosePolicyViolation }

// A HandshakeError says that the server replied to the WebSocket handshake with an HTTP status
// instead of opening a WebSocket.
type HandshakeError struct {
	Status int    // the HTTP status of the response
	Body   string // the beginning of the response's body as one line; may be empty
	Hint   string // a suggestion to the user; may be empty
	// RetryAfter is how long the server asks to wait before another attempt; 0 if it does not say.
	RetryAfter time.Duration
}

// Error returns the HTTP status, and the beginning of the response's body if it has one.
func (e *HandshakeError) Error() string {
	if e.Body == "" {
		return fmt.Sprintf("handshake: HTTP %d", e.Status)
	}
	return fmt.Sprintf("handshake: HTTP %d: %s", e.Status, e.Body)
}

// Final reports whether the server would refuse another handshake for the same reason, until
// somebody changes a setting.
func (e *HandshakeError) Final() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return true
	}
	return e.Status >= 400 && e.Status < 500
}

// A ConnectError is the error that Dial returns. Err is the cause.
type ConnectError struct{ Err error }

// Error returns the text of the cause, with "connect: " before it.
func (e *ConnectError) Error() string { return "connect: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// A DeadError says that the conversation was ended because nothing was received from the server for
// the time After, not even a reply to a ping.
type DeadError struct{ After time.Duration }

// Error returns how long nothing has been received.
func (e *DeadError) Error() string {
	return fmt.Sprintf("the connection is dead: nothing received for %v", e.After)
}

// Hint returns a suggestion to the user.
func (e *DeadError) Hint() string {
	return "check the network; if the server never answers pings, give it more time with --server-timeout"
}
