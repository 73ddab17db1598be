package cdev

import (
	"encoding/binary"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/pins"
)

const (
	// eventSize is the size of the struct gpio_v2_line_event of the kernel: a time in nanoseconds (8
	// bytes), the kind, the line, the number among all lines, the number of the line (4 bytes each), and 24
	// bytes of padding.
	eventSize = 48
	// goneInterval is how often a line without changes is checked for whether its chip is there. Linux
	// before 6.6 does not tell.
	goneInterval = 2 * time.Second
	// busyPause is the pause after a read that has filled the buffer, so that a line that changes all
	// the time does not occupy the processor. The kernel drops the oldest changes meanwhile.
	busyPause = 20 * time.Millisecond
)

// watch passes the changes of the line on, until the line is closed or its chip is taken away.
func (l *lines) watch(r pins.Request) {
	buffer := make([]byte, 64*eventSize)
	for {
		l.file.SetReadDeadline(time.Now().Add(goneInterval))
		n, err := l.file.Read(buffer)
		switch {
		case err == nil:
			for p := buffer[:n]; len(p) >= eventSize; p = p[eventSize:] {
				r.Event(decodeEvent(p))
			}
			if n == len(buffer) {
				time.Sleep(busyPause)
			}
			continue
		case errors.Is(err, os.ErrDeadlineExceeded):
			if _, err = l.Values(); err == nil {
				continue
			}
		}
		l.lose(r, err)
		return
	}
}

// lose calls r.Lost, unless the line has been closed.
func (l *lines) lose(r pins.Request, err error) {
	isOpen := l.file.SetReadDeadline(time.Time{}) == nil
	if isOpen && r.Lost != nil {
		r.Lost(explain(err))
	}
}

// decodeEvent returns the change that the bytes of the kernel describe.
func decodeEvent(p []byte) pins.Event {
	at := int64(binary.NativeEndian.Uint64(p))
	return pins.Event{
		Value: binary.NativeEndian.Uint32(p[8:]) == 1, // GPIO_V2_LINE_EVENT_RISING_EDGE
		Time:  timeOf(at),
		Seq:   binary.NativeEndian.Uint32(p[20:]),
	}
}

// timeOf returns the time of the clock CLOCK_MONOTONIC, in nanoseconds, as a time.Time.
func timeOf(at int64) time.Time {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return time.Now()
	}
	return time.Now().Add(time.Duration(at - now.Nano()))
}
