package pulse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A socket is the net.Conn that package proto uses. Package proto does not report why a connection
// failed, so a socket keeps the reason. A socket also limits how long a write may block if the
// server has stopped reading.
type socket struct {
	net.Conn
	once         sync.Once     // makes sure that only the first call of fail has an effect
	err          error         // the reason of the failure; valid after failed is closed
	failed       chan struct{} // closed when the socket has failed or was closed
	readingEnded chan struct{} // closed when proto has stopped reading

	// nextAtReadIndex is set by placeNextAtReadIndex and marks the next sound packet.
	nextAtReadIndex atomic.Bool
}

func newSocket(conn net.Conn) *socket {
	return &socket{Conn: conn, failed: make(chan struct{}), readingEnded: make(chan struct{})}
}

// fail closes the socket and keeps err as the reason. Only the first call has an effect.
func (s *socket) fail(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.failed)
		s.Conn.Close()
	})
}

func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if err == io.EOF {
		s.fail(errServerClosed)
	} else if err != nil {
		s.fail(fmt.Errorf("the connection to the sound server failed: %s", reason(err)))
	}
	if err != nil {
		return n, io.EOF // package proto reports the end of reading only if the error is io.EOF
	}
	return n, nil
}

// placeNextAtReadIndex makes the server insert the next sound packet at the position that the
// device is reading, instead of after the previous packet. Use it after a flush: the device has
// then already read beyond the flushed position, and sound that is inserted before the device's
// position would not be audible.
func (s *socket) placeNextAtReadIndex() { s.nextAtReadIndex.Store(true) }

// Package proto writes a header of five 32-bit numbers before each packet: the length, the number
// of the stream (noStream for a message), the two halves of an offset, and flags.
const (
	headerSize     = 20
	noStream       = 0xffffffff
	seekToReadFlag = 2 // flag: the offset counts from the position that the device is reading
)

func (s *socket) Write(p []byte) (int, error) {
	if len(p) == headerSize && binary.BigEndian.Uint32(p[4:]) != noStream && s.nextAtReadIndex.Swap(false) {
		header := [headerSize]byte(p)
		header[headerSize-1] = seekToReadFlag
		p = header[:]
	}
	s.Conn.SetWriteDeadline(time.Now().Add(requestTimeout))
	n, err := s.Conn.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.fail(errNoAnswer)
	} else if err != nil {
		s.fail(errServerClosed)
	}
	return n, err
}
