package keys

import (
	"encoding/binary"
	"time"
)

// The types, codes and values of events that Linux sends.
const (
	typeSync, typeKey      = 0, 1
	syncReport, syncDrop   = 0, 3
	released, press, again = 0, 1, 2
)

// A rawEvent is an event as Linux sends it.
type rawEvent struct {
	time       time.Time
	kind, code uint16
	value      int32
}

// eventSize returns the length of an event in bytes on systems with words of so many bits. The time
// has two words.
func eventSize(wordSize int) int { return 2*wordSize/8 + 8 }

// decode returns the first event in p.
func decode(p []byte, wordSize int) rawEvent {
	order := binary.NativeEndian
	var seconds, micros int64
	rest := p[2*wordSize/8:]
	if wordSize == 64 {
		seconds, micros = int64(order.Uint64(p)), int64(order.Uint64(p[8:]))
	} else {
		seconds, micros = int64(order.Uint32(p)), int64(order.Uint32(p[4:]))
	}
	return rawEvent{
		time: time.Unix(seconds, micros*1000), kind: order.Uint16(rest), code: order.Uint16(rest[2:]), value: int32(order.Uint32(rest[4:])),
	}
}

// An event is what a script gets to know of a key.
type event struct {
	code      uint16
	action    string // "press", "release", "repeat" or "hold"
	device    string // the name of the device
	time      time.Time
	modifiers modifiers     // that were pressed then, with the key itself if it is one
	number    int           // of the press that the event belongs to
	hold      time.Duration // for "hold": how long the key has been pressed
}
