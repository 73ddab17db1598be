package convai

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// ErrOver is what Send says when the conversation is over, or is being closed.
var ErrOver = errors.New("the conversation is over")

// ErrBusy is what Offer says when too much is waiting.
var ErrBusy = errors.New("too much is waiting to be sent")

// A CloseError says that the conversation ended with a close frame, the
// server's or, after Close, our own.
//
// ElevenLabs closes with 1000 when the agent hung up or the time is up, 1002
// on timeouts and failures of a model, 1008 when it does not like what it was
// sent, and 1011 when it broke (ElevenLabs AsyncAPI, WebSocketCloseCode).
type CloseError struct {
	Code   int    // 1005 when the frame had none
	Reason string // the other side's words, may be empty
	Hint   string // a guess at what to do, for a person; may be empty
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("closed with %d", e.Code)
	}
	return fmt.Sprintf("closed with %d: %s", e.Code, e.Reason)
}

// Clean says that the conversation ended as conversations should.
func (e *CloseError) Clean() bool { return e.Code == websocket.CloseNormalClosure }

// A HandshakeError says that the server did not open a conversation.
type HandshakeError struct {
	Status int    // of HTTP
	Body   string // the beginning of the answer, on one line; may be empty
	Hint   string // a guess at what to do, for a person; may be empty
}

func (e *HandshakeError) Error() string {
	if e.Body == "" {
		return fmt.Sprintf("handshake: HTTP %d", e.Status)
	}
	return fmt.Sprintf("handshake: HTTP %d: %s", e.Status, e.Body)
}

// readError is what a failed read means. complaint is what the last error
// event said, for want of a better reason.
func readError(err error, complaint string) error {
	var closed *websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return fmt.Errorf("read: a message over %d MiB", MaxFrame>>20)
	case !errors.As(err, &closed):
		return fmt.Errorf("read: %w", err)
	case closed.Code == websocket.CloseAbnormalClosure: // gorilla's word for no close frame at all
		return fmt.Errorf("read: cut off: %w", io.ErrUnexpectedEOF)
	default:
		// Hardly a close frame says more than the error event before it.
		hint := Hint(closed.Code, closed.Text+" "+complaint)
		return &CloseError{Code: closed.Code, Reason: closed.Text, Hint: hint}
	}
}

// complaint is the text of an error event; empty for any other message.
func complaint(m Message) string {
	switch m := m.(type) {
	case *ServerError:
		return strings.Join([]string{m.ErrorType, m.Message, m.Reason, m.DebugMessage}, " ")
	case *ClientError:
		return m.ErrorName + " " + m.Message
	}
	return ""
}

// shorten cuts text to at most max bytes, between characters.
func shorten(text string, max int) string {
	if len(text) <= max {
		return text
	}
	for max > 0 && !utf8.RuneStart(text[max]) {
		max--
	}
	return text[:max]
}
