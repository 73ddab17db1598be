// Package vosk implements speech to text with a vosk-server, a program that recognises speech on
// this machine or in the local network.
package vosk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/safetext"
	"moonlark/engine/speech"
	"moonlark/engine/speech/wyoming"
)

const (
	defaultPort    = "2700"
	connectTimeout = 5 * time.Second
	writeTimeout   = 10 * time.Second
	maxMessage     = 1 << 20  // the maximum size of a message from the server, in bytes
	maxText        = 64 << 10 // the maximum size of the text of a sentence, in bytes
	maxError       = 300      // the maximum length of an error, in bytes
)

// endOfSound is the message that ends the sound. The spaces must not change: the server compares
// the message as a string and does not decode it.
const endOfSound = `{"eof" : 1}`

// unknown is the word that the server returns for a word that is not in the list of phrases.
const unknown = "[unk]"

// A SpeechToText recognises speech with a vosk-server. Any goroutine may use it.
type SpeechToText struct {
	address string
	phrases bool // the server recognises only the vocabulary
}

var _ speech.Streamer = SpeechToText{}

// New returns the SpeechToText for the server in text, which has the form HOST[:PORT][,phrases].
// With "phrases" the server recognises only the vocabulary, which is more reliable. The error says
// what is wrong with text.
func New(text string) (SpeechToText, error) {
	server, option, hasOption := strings.Cut(text, ",")
	if hasOption && option != "phrases" {
		return SpeechToText{}, fmt.Errorf("unknown option %q: want HOST[:PORT] or HOST[:PORT],phrases", option)
	}
	address, err := wyoming.Address(server, defaultPort)
	return SpeechToText{address, hasOption}, err
}

// Transcribe implements [speech.SpeechToText].
func (s SpeechToText) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	return s.Stream(ctx, r, speech.Whole(sound), func(string) {})
}

// Stream implements [speech.Streamer]. It does everything on the caller's goroutine, because the
// server answers each message with sound by exactly one message.
func (s SpeechToText) Stream(ctx context.Context, r speech.Request, read func(context.Context) ([]float32, error), partial func(string)) (string, error) {
	text, err := s.stream(ctx, r, read, partial)
	if cause := context.Cause(ctx); cause != nil {
		return "", cause
	}
	if err != nil {
		return "", fmt.Errorf("vosk at %s: %s", s.address, safetext.Cut(safetext.Line(err.Error()), maxError, "…"))
	}
	return text, nil
}

// stream does what Stream does, but its errors do not contain the name of the server. If ctx ends,
// stream may return any error.
func (s SpeechToText) stream(ctx context.Context, r speech.Request, read func(context.Context) ([]float32, error), partial func(string)) (string, error) {
	dialer := websocket.Dialer{HandshakeTimeout: connectTimeout, NetDialContext: (&net.Dialer{Timeout: connectTimeout}).DialContext}
	conn, response, err := dialer.DialContext(ctx, "ws://"+s.address, nil)
	if errors.Is(err, websocket.ErrBadHandshake) && response != nil {
		return "", fmt.Errorf("the server does not speak WebSocket: HTTP %d", response.StatusCode)
	}
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetReadLimit(maxMessage)
	t := &transcript{conn: conn, partial: partial}
	if err := t.write(websocket.TextMessage, s.config(r)); err != nil {
		return "", err
	}
	err = speech.ReadWire(ctx, read, speech.Format.Bytes(200*time.Millisecond), func(wire []byte) error {
		return t.exchange(websocket.BinaryMessage, wire)
	})
	if err == nil {
		err = t.exchange(websocket.TextMessage, []byte(endOfSound))
	}
	if err != nil {
		return "", err
	}
	text := strings.Join(t.final, " ")
	if s.phrases && slices.Contains(strings.Fields(text), unknown) {
		return "", nil // the user has said something else
	}
	return text, nil
}

// numbers are added to the phrases, because the vocabulary has only one number as an example.
const numbers = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"

// config returns the message that must come before the sound.
func (s SpeechToText) config(r speech.Request) []byte {
	type config struct {
		SampleRate int      `json:"sample_rate"`
		Phrases    []string `json:"phrase_list,omitempty"`
	}
	c := config{SampleRate: speech.Rate}
	if s.phrases && len(r.Vocabulary) > 0 {
		for _, text := range r.Vocabulary {
			c.Phrases = append(c.Phrases, strings.ToLower(text))
		}
		c.Phrases = append(append(c.Phrases, strings.Fields(numbers)...), unknown)
	}
	data, _ := json.Marshal(map[string]config{"config": c}) // this type can always be marshalled
	return data
}

// A transcript collects the text of a sentence.
type transcript struct {
	conn    *websocket.Conn
	partial func(string)
	final   []string // the texts that do not change any more
	size    int      // the length of final, in bytes
}

// write sends a message.
func (t *transcript) write(kind int, data []byte) error {
	t.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	return t.conn.WriteMessage(kind, data)
}

// exchange sends a message, receives the answer and adds its text to the transcript.
func (t *transcript) exchange(kind int, data []byte) error {
	if err := t.write(kind, data); err != nil {
		return err
	}
	_, answer, err := t.conn.ReadMessage()
	if err != nil {
		return err
	}
	var m struct{ Partial, Text *string }
	if err := json.Unmarshal(answer, &m); err != nil || m.Partial == nil && m.Text == nil {
		return fmt.Errorf("the server has sent %.60q", answer)
	}
	switch {
	case m.Text != nil && *m.Text != "":
		if t.size += len(*m.Text); t.size > maxText {
			return errors.New("the transcript is too long")
		}
		t.final = append(t.final, strings.Join(strings.Fields(*m.Text), " "))
	case m.Partial != nil && *m.Partial != "":
		t.partial(strings.TrimSpace(strings.Join(t.final, " ") + " " + *m.Partial))
	}
	return nil
}
