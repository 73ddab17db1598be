package convai

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gorilla/websocket"

	"moonlark/engine/safetext"
)

// read returns the next frame that can be parsed. If the frame is a ping, read queues the reply
// first. After an error, the connection cannot be used any more.
func (c *Conversation) read() (Frame, error) {
	for {
		opcode, text, err := c.readMessage()
		if err != nil {
			return Frame{}, c.readError(err)
		}
		if opcode != websocket.TextMessage {
			c.log.Warn("convai: binary frame ignored", "bytes", len(text))
			continue
		}
		frame, err := Parse(text)
		if err != nil {
			c.log.Warn("convai: frame ignored", "err", err, "bytes", len(text), "begins", safetext.Cut(string(text), 120, ""))
			continue
		}
		c.logProblems(frame)
		if ping, ok := frame.Message.(*Ping); ok {
			if err := c.answerPing(ping, frame); err != nil {
				return Frame{}, err
			}
		} else if text := errorText(frame.Message); text != "" {
			c.serverError = text
		}
		return frame, nil
	}
}

// maxIncoming is the largest size of Conversation.incoming that is kept for the next message, in bytes.
const maxIncoming = 64 << 10

// readMessage reads one WebSocket message. Unlike ReadMessage of the WebSocket library, it allocates
// only as much memory as the text needs.
func (c *Conversation) readMessage() (opcode int, text []byte, err error) {
	opcode, r, err := c.conn.NextReader()
	if err != nil {
		return 0, nil, err
	}
	c.incoming.Reset()
	if _, err := c.incoming.ReadFrom(r); err != nil {
		return 0, nil, err
	}
	text = c.incoming.Bytes()
	if c.incoming.Cap() > maxIncoming {
		c.incoming = bytes.Buffer{}
		return opcode, text, nil
	}
	return opcode, bytes.Clone(text), nil
}

// maxProblems is the maximum number of different problems of frames that are logged.
const maxProblems = 100

// logProblems logs the problems of a frame. Each problem is logged once in a conversation, because
// a server that sends a wrong field sends it in every message.
func (c *Conversation) logProblems(f Frame) {
	for _, problem := range f.Problems {
		text := f.Type + ": " + problem
		if name, value, ok := strings.Cut(text, "got number "); ok { // the value often differs
			_, want, _ := strings.Cut(value, ", ")
			text = name + "got number, " + want
		}
		if c.problems[text] || len(c.problems) == maxProblems {
			continue
		}
		if c.problems == nil {
			c.problems = make(map[string]bool)
		}
		c.problems[text] = true
		c.log.Warn("convai: unusual message, logged once", "problem", safetext.Line(text))
	}
}

// readError returns the error of this package for an error of the WebSocket library.
func (c *Conversation) readError(err error) error {
	var closed *websocket.CloseError
	code, reason, refused := c.watcher.closeFrame()
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return fmt.Errorf("read: message larger than %d MiB", MaxFrame>>20)
	// The library's code for a connection that ended without a close frame.
	case errors.As(err, &closed) && closed.Code == websocket.CloseAbnormalClosure:
		return fmt.Errorf("read: cut off: %w", io.ErrUnexpectedEOF)
	case closed != nil:
		code, reason = closed.Code, closed.Text
	// The library does not accept the close frame, for example because its reason is not UTF-8.
	case refused:
	default:
		return fmt.Errorf("read: %w", err)
	}
	// A close frame rarely has a long text, so the server's error messages help to find a hint.
	return &CloseError{Code: code, Reason: reason, Hint: Hint(code, reason+" "+c.serverError)}
}

// errorText returns the text of a ServerError or ClientError, and "" for any other message.
func errorText(m Message) string {
	switch m := m.(type) {
	case *ServerError:
		return strings.Join([]string{m.ErrorType, m.Message, m.Reason, m.DebugMessage}, " ")
	case *ClientError:
		return m.ErrorName + " " + m.Message
	}
	return ""
}
