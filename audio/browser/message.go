package browser

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/safetext"
)

// A message is a text message of a page. Exactly one of its fields Hello, Played, Flushed and Mic is set.
type message struct {
	// Hello is the version of the protocol, 1. It is in the first message.
	Hello    *int      `json:"hello"`
	Rate     int       `json:"rate"`     // number of samples per second, in both directions
	Latency  float64   `json:"latency"`  // delay of the sound output, in seconds
	Settings *settings `json:"settings"` // nil if the page has no microphone
	Label    string    `json:"label"`    // name of the microphone

	// Played is how many samples the page has played since it connected. It does not count those that a flush
	// has discarded.
	Played    *int64  `json:"played"`
	Delay     float64 `json:"delay"`     // delay of the sound output, in milliseconds
	Underruns int64   `json:"underruns"` // how often the page had nothing to play, so far
	Dropped   int64   `json:"dropped"`   // how often the page has dropped sound because it was slow, so far

	// Flushed is the number of the flush that the page has carried out.
	Flushed *int64 `json:"flushed"`
	Lost    int64  `json:"lost"` // number of samples that the flush has discarded

	// Mic is 1 if the page has a microphone again, with Settings and Label, and 0 if it has lost it.
	Mic    *int   `json:"mic"`
	Reason string `json:"reason"` // why there is no microphone
}

// settings are what the browser does with the sound of the microphone.
type settings struct {
	AEC bool `json:"aec"` // cancels the echo
	NS  bool `json:"ns"`  // removes noise
	AGC bool `json:"agc"` // evens out the volume
}

// A protocolError says how a page has broken the rules of the protocol.
type protocolError struct {
	code int // of the close message
	text string
}

func (e *protocolError) Error() string { return e.text }

// violation returns an error for a message that the protocol does not allow.
func violation(format string, args ...any) error {
	return &protocolError{websocket.ClosePolicyViolation, fmt.Sprintf(format, args...)}
}

// closeCode returns the code of the close message for an error.
func closeCode(err error) int {
	var wrong *protocolError
	if errors.As(err, &wrong) {
		return wrong.code
	}
	return websocket.CloseNormalClosure
}

// parse reads a text message.
func parse(text []byte) (m message, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err = d.Decode(&m); err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("there is more text after the object")
		}
	}
	if err != nil {
		return m, &protocolError{websocket.CloseInvalidFramePayloadData, "not a message: " + clean(err.Error())}
	}
	kinds := 0
	for _, is := range []bool{m.Hello != nil, m.Played != nil, m.Flushed != nil, m.Mic != nil} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		return m, violation("want exactly one of hello, played, flushed and mic in a message")
	}
	return m, nil
}

// microphoneOf returns why the page has no microphone, or nil if it has one.
func microphoneOf(m message) error {
	switch {
	case m.Settings != nil:
		return nil
	case m.Reason != "":
		return errors.New("the page has no microphone: " + clean(m.Reason))
	}
	return errors.New("the page has no microphone")
}

// clean makes a text of a page short and safe to show.
func clean(text string) string { return safetext.Cut(safetext.Text(text), 80, "...") }

// limited returns a duration that a page has said, at least 0 and at most 2 s.
func limited(d float64, unit time.Duration) time.Duration {
	return time.Duration(min(max(d, 0), float64(2*time.Second/unit)) * float64(unit))
}
