// Package wyoming talks to servers of the Wyoming protocol, which Home Assistant uses for speech. A
// [Client] implements the protocol. A [WakeRecogniser] uses a Client to recognise wake words.
//
// In the protocol, client and server send each other events over TCP. An event has three parts: a
// line of JSON, more JSON, and a payload such as sound. The line contains the lengths in bytes of
// the other two parts, which may be 0.
package wyoming

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const (
	connectTimeout = 5 * time.Second
	infoTimeout    = 5 * time.Second  // maximum time until the server answers a "describe" event
	writeTimeout   = 10 * time.Second // maximum time to send one event with its payload

	maxLine = 64 << 10 // maximum number of bytes in the line of JSON that begins an event
	maxPart = 4 << 20  // maximum number of bytes in each of the other two parts of an event
)

// An Event is an event of the Wyoming protocol.
type Event struct {
	Type string

	// Data holds the fields of the event as JSON: first the fields in the event's line, then the
	// fields that come after the line. Use Decode to read them.
	Data [2]json.RawMessage

	Payload []byte
}

// Decode stores the fields of the event in the struct that v points to. If a field is in both
// elements of Data, Decode stores the value from the second.
func (e Event) Decode(v any) error {
	for _, part := range e.Data {
		if len(part) == 0 {
			continue
		}
		if err := json.Unmarshal(part, v); err != nil {
			return err
		}
	}
	return nil
}

// A Client is a connection to a Wyoming server. One goroutine may call Send while another goroutine
// calls Receive.
type Client struct {
	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to the server at a HOST:PORT address.
func Dial(ctx context.Context, address string) (*Client, error) {
	dialer := net.Dialer{Timeout: connectTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return newClient(conn), nil
}

func newClient(conn net.Conn) *Client {
	return &Client{conn: conn, in: bufio.NewReaderSize(conn, maxLine)}
}

// Close closes the connection. If a Send or a Receive is waiting, it returns an error. Any
// goroutine may call Close.
func (c *Client) Close() error { return c.conn.Close() }

// Send sends an event. kind is the type of the event. data is a struct with the fields of the
// event, which Send encodes as JSON.
func (c *Client) Send(kind string, data any, payload []byte) error {
	// The fields could also be sent after the line. But all versions of the protocol can read
	// fields in the line.
	line, err := json.Marshal(struct {
		Type          string `json:"type"`
		Data          any    `json:"data"`
		PayloadLength int    `json:"payload_length,omitempty"`
	}{kind, data, len(payload)})
	if err != nil {
		return err
	}
	c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err = c.conn.Write(append(append(line, '\n'), payload...))
	return err
}

// Receive waits for the next event and returns it. The error says why the connection cannot be used
// any more.
func (c *Client) Receive() (Event, error) {
	line, err := c.in.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) == 0:
		return Event{}, errors.New("the server has closed the connection")
	case err == bufio.ErrBufferFull:
		return Event{}, errors.New("the server does not speak Wyoming: the first line of its event is too long")
	case err != nil:
		return Event{}, err
	}
	var header struct {
		Type          string
		Data          json.RawMessage
		DataLength    int `json:"data_length"`
		PayloadLength int `json:"payload_length"`
	}
	if err := json.Unmarshal(line, &header); err != nil || header.Type == "" {
		return Event{}, fmt.Errorf("the server does not speak Wyoming: it sends %.40q", line)
	}
	for _, n := range []int{header.DataLength, header.PayloadLength} {
		if n < 0 || n > maxPart {
			return Event{}, fmt.Errorf("the server sends an event %.40q with a part of %d bytes, want at most %d", header.Type, n, maxPart)
		}
	}
	e := Event{Type: header.Type, Data: [2]json.RawMessage{header.Data, make([]byte, header.DataLength)}, Payload: make([]byte, header.PayloadLength)}
	if _, err := io.ReadFull(c.in, e.Data[1]); err != nil {
		return Event{}, err
	}
	_, err = io.ReadFull(c.in, e.Payload)
	return e, err
}

// Info asks the server what it offers, and returns the answer: an event of type "info". Info drops
// all other events, so it must be called before Receive.
func (c *Client) Info() (Event, error) {
	if err := c.Send("describe", struct{}{}, nil); err != nil {
		return Event{}, err
	}
	c.conn.SetReadDeadline(time.Now().Add(infoTimeout))
	defer c.conn.SetReadDeadline(time.Time{})
	for {
		e, err := c.Receive()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return Event{}, errors.New("the server does not answer: is that a Wyoming server?")
		case err != nil || e.Type == "info":
			return e, err
		}
	}
}
