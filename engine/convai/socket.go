package convai

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"

	"moonlark/engine/safetext"
)

// A frameWatcher is the connection from which the WebSocket library reads. It looks at the bytes
// that pass, because the library keeps two things to itself: what a server sent that does not speak
// HTTP, and the close code in a close frame that the library does not accept.
type frameWatcher struct {
	net.Conn

	// Only the goroutine that reads uses the fields below.
	start  []byte // the first bytes from the server, at most startSize
	header []byte // the last three bytes, to find the empty line after the HTTP header; nil after it
	opened bool   // whether the HTTP header has passed
	frame  []byte // the bytes of the header of the current WebSocket frame that have passed
	left   uint64 // number of bytes of the current frame's payload that have not passed yet
	closed []byte // the payload of the close frame that has passed; nil if there was none
}

const startSize = 64

// A NotHTTPError says that a server does not speak HTTP. Its value is what the server sent first.
type NotHTTPError string

// Error returns a text for people, with what the server sent.
func (e NotHTTPError) Error() string {
	return fmt.Sprintf("the server does not speak HTTP; it sent %q", string(e))
}

// Hint returns a suggestion to the user.
func (e NotHTTPError) Hint() string {
	// TLS records begin with the type alert or handshake, and a version that begins with 3.
	if strings.HasPrefix(string(e), "\x15\x03") || strings.HasPrefix(string(e), "\x16\x03") {
		return "the server speaks TLS: use wss:// in place of ws://"
	}
	return "another program listens there: check the host and the port"
}

// Read reads from the connection. It returns a NotHTTPError if the server's first bytes are not those
// of an HTTP response, because the WebSocket library would wait for the end of the line.
func (w *frameWatcher) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if passed := p[:n]; w.opened {
		w.watch(passed)
	} else if n > 0 {
		w.start = append(w.start, passed[:min(n, startSize-len(w.start))]...)
		const http = "HTTP/"
		if k := min(len(w.start), len(http)); string(w.start[:k]) != http[:k] {
			return 0, NotHTTPError(safetext.Cut(string(w.start), 40, ""))
		}
		seen := append(w.header, passed...)
		if i := bytes.Index(seen, []byte("\r\n\r\n")); i >= 0 {
			w.opened = true
			w.watch(seen[i+4:])
		} else {
			w.header = bytes.Clone(seen[max(0, len(seen)-3):])
		}
	}
	return n, err
}

// watch follows the WebSocket frames in the bytes b, which come after the HTTP header.
func (w *frameWatcher) watch(b []byte) {
	for len(b) > 0 {
		if w.left > 0 {
			n := int(min(uint64(len(b)), w.left))
			if w.frame[0]&0x0f == 8 {
				w.closed = append(w.closed, b[:n]...)
			}
			b, w.left = b[n:], w.left-uint64(n)
			if w.left == 0 {
				w.frame = w.frame[:0]
			}
			continue
		}
		w.frame = append(w.frame, b[0])
		b = b[1:]
		if len(w.frame) < 2 {
			continue
		}
		size, ends := uint64(w.frame[1]&0x7f), len(w.frame) == 2
		switch size {
		case 126:
			if ends = len(w.frame) == 4; ends {
				size = uint64(binary.BigEndian.Uint16(w.frame[2:]))
			}
		case 127:
			if ends = len(w.frame) == 10; ends {
				size = binary.BigEndian.Uint64(w.frame[2:])
			}
		}
		if !ends {
			continue
		}
		if w.left = size; size == 0 {
			w.frame = w.frame[:0]
		}
	}
}

// closeFrame returns the close code and reason of the close frame that has passed. In the reason,
// bytes that are not UTF-8 are left out: servers cut long reasons inside a letter. ok is false if no
// close frame with a code has passed.
func (w *frameWatcher) closeFrame() (code int, reason string, ok bool) {
	if len(w.closed) < 2 || w.left > 0 {
		return 0, "", false
	}
	return int(binary.BigEndian.Uint16(w.closed)), strings.ToValidUTF8(string(w.closed[2:]), ""), true
}
