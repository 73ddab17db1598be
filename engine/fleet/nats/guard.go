package nats

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

const (
	writeTimeout = 10 * time.Second
	maxLine      = 64 << 10 // bytes of a line of the protocol
	maxMessage   = 8 << 20  // bytes of a message with its headers
)

// A guard is a connection with the hub that ends when the hub does not keep the limits of the protocol.
// The client library allocates as many bytes as the hub announces for a message, and panics if the number
// is absurd. One goroutine may read and another one write.
type guard struct {
	net.Conn
	ahead   []byte      // bytes that Read returns first: the greeting of the hub
	release func() bool // called by Close

	// These belong to the goroutine that reads.
	line    []byte // the beginning of the current line
	payload int    // bytes of the current message that are still to come
	ending  bool   // the payload of a message has ended, but its line has not
}

// Read returns an error and closes the connection if the hub breaks a limit.
func (g *guard) Read(p []byte) (n int, err error) {
	if len(g.ahead) > 0 {
		n = copy(p, g.ahead)
		g.ahead = g.ahead[n:]
	} else {
		n, err = g.Conn.Read(p)
	}
	if wrong := g.check(p[:n]); wrong != nil {
		_ = g.Close()
		return 0, wrong
	}
	return n, err
}

// Write closes the connection if the hub does not take the bytes in time. Without this limit, the library
// would wait for a network that has died, and would not send the pings that find it out.
func (g *guard) Write(p []byte) (int, error) {
	_ = g.Conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	n, err := g.Conn.Write(p)
	if err != nil {
		_ = g.Close()
	}
	return n, err
}

// Close closes the connection. Any goroutine may call it, several times.
func (g *guard) Close() error {
	g.release()
	return g.Conn.Close()
}

// check follows the protocol through the bytes that have arrived.
func (g *guard) check(b []byte) (err error) {
	for len(b) > 0 {
		if g.payload > 0 {
			skip := min(g.payload, len(b))
			g.payload -= skip
			b = b[skip:]
			continue
		}
		end := bytes.IndexByte(b, '\n') + 1
		part := b[:end]
		if end == 0 {
			part = b
		}
		b = b[len(part):]
		if g.ending { // the library skips the rest of this line
			g.ending = end == 0
			continue
		}
		if g.line = append(g.line, part...); len(g.line) > maxLine {
			return errors.New("the hub sent a line that is too long")
		}
		if end == 0 {
			return nil
		}
		if g.payload, err = payloadSize(g.line); err != nil {
			return err
		}
		g.ending = g.payload > 0
		g.line = g.line[:0]
	}
	return nil
}

// payloadSize returns how many bytes follow the line before the rest of it may be skipped: for a message,
// those of its payload and the first one of the line end. For other lines, it returns 0.
func payloadSize(line []byte) (int, error) {
	if c := line[0] | 0x20; c != 'm' && c != 'h' {
		return 0, nil
	}
	text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	fields := bytes.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	if bytes.ContainsAny(text, "\r\n") || len(fields) < 4 || len(fields) > 6 {
		return 0, fmt.Errorf("the hub sent the line %.100q", line)
	}
	last := fields[len(fields)-1]
	size, err := strconv.ParseUint(string(last), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("the hub sent the line %.100q", line)
	}
	if size > maxMessage {
		return 0, fmt.Errorf("the hub sent a message of %d bytes; %d are allowed", size, maxMessage)
	}
	return int(size) + 1, nil
}
