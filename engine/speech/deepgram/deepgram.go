// Package deepgram implements speech to text with the WebSocket API of Deepgram. Each sentence has
// a WebSocket and a goroutine of its own, so sentences share no state.
package deepgram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/provider"
	"moonlark/engine/speech"
)

const (
	defaultModel = "nova-3"

	writeTimeout = 10 * time.Second
	maxMessage   = 1 << 20  // the maximum size of a message from the server, in bytes
	maxText      = 64 << 10 // the maximum size of the text of a sentence, in bytes
	// The API takes up to 500 tokens of key terms.
	maxTerms     = 50
	maxTermBytes = 1000 // the maximum size of all key terms together
)

// A SpeechToText recognises speech with Deepgram. Any goroutine may use it.
type SpeechToText struct {
	Endpoint provider.Endpoint // its Choice is the model; empty means defaultModel
}

var _ speech.Streamer = (*SpeechToText)(nil)

// New returns the SpeechToText for a flag of the form "deepgram[:MODEL]". getenv returns the value
// of an environment variable.
func New(flag string, getenv func(string) string) (*SpeechToText, error) {
	e, err := provider.FindService(flag, getenv)
	if err != nil {
		return nil, err
	}
	return &SpeechToText{Endpoint: e}, nil
}

// Transcribe implements [speech.SpeechToText].
func (s *SpeechToText) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	return s.Stream(ctx, r, speech.Whole(sound), func(string) {})
}

// Stream implements [speech.Streamer]. It uses a WebSocket of its own, which it opens while the
// user speaks. So it needs no KeepAlive messages, which would keep a WebSocket open between
// sentences. It sends sound on the caller's goroutine. It receives text, and calls partial, on a
// goroutine of its own.
func (s *SpeechToText) Stream(ctx context.Context, r speech.Request, read func(context.Context) ([]float32, error), partial func(string)) (string, error) {
	conn, err := s.Endpoint.DialWebSocket(ctx, "/v1/listen?"+s.query(r))
	if err != nil {
		return "", err
	}
	conn.SetReadLimit(maxMessage)
	running, stop := context.WithCancelCause(ctx)
	var receiving sync.WaitGroup
	defer receiving.Wait()
	defer conn.Close()
	defer stop(nil)
	defer context.AfterFunc(running, func() { conn.Close() })()

	var text string
	received := make(chan error, 1)
	receiving.Go(func() {
		var err error
		text, err = receive(conn, partial)
		received <- err
		stop(errReceived) // the sound is not needed any more
	})
	err = speech.ReadWire(running, read, speech.Format.Bytes(100*time.Millisecond), func(wire []byte) error {
		conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		return conn.WriteMessage(websocket.BinaryMessage, wire)
	})
	if err == nil {
		conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		err = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"CloseStream"}`))
	}
	if err != nil {
		select {
		case why := <-received: // explains more than the error of the write
			err = cmp.Or(why, errors.New("the server has ended the transcript before the end of the sound"))
		default:
		}
		return "", s.Endpoint.Failed(ctx, err)
	}
	select {
	case err = <-received:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if err != nil {
		return "", s.Endpoint.Failed(ctx, err)
	}
	return text, nil
}

// errReceived is the cause with which Stream ends the sending of sound when the server has sent the
// whole text.
var errReceived = errors.New("the server sends no more text")

// query returns the parameters of the URL.
func (s *SpeechToText) query(r speech.Request) string {
	model := cmp.Or(s.Endpoint.Choice, defaultModel)
	q := url.Values{
		"model": {model}, "encoding": {"linear16"}, "sample_rate": {strconv.Itoa(speech.Rate)}, "channels": {"1"},
		"interim_results": {"true"}, "smart_format": {"true"},
	}
	if r.Language != "" {
		q.Set("language", languageOf(r.Language))
	}
	if strings.HasPrefix(model, "nova-3") { // older models refuse key terms
		size := 0
		for _, term := range r.Vocabulary[:min(len(r.Vocabulary), maxTerms)] {
			if size += len(term); size > maxTermBytes {
				break
			}
			q.Add("keyterm", term)
		}
	}
	return q.Encode()
}

// languageOf returns a language code in the spelling of the API, such as "pt-BR".
func languageOf(code string) string {
	base, region, found := strings.Cut(strings.ReplaceAll(code, "_", "-"), "-")
	if !found || len(region) != 2 {
		return code
	}
	return base + "-" + strings.ToUpper(region)
}

// A message is a message from the server.
type message struct {
	Type        string
	IsFinal     bool `json:"is_final"` // the text of this part of the sound does not change any more
	Channel     json.RawMessage
	Description string // the text of an error
	Message     string // the text of an error, in some versions of the API
}

// transcript returns the text in a message.
func (m message) transcript() string {
	var channel struct {
		Alternatives []struct{ Transcript string }
	}
	// In other messages than Results, channel is a list of numbers.
	if json.Unmarshal(m.Channel, &channel) != nil || len(channel.Alternatives) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(channel.Alternatives[0].Transcript), " ")
}

// receive returns the text of the sentence. It calls partial when a part of the text has become
// known.
func receive(conn *websocket.Conn, partial func(string)) (string, error) {
	var final []string
	size := 0
	for {
		_, data, err := conn.ReadMessage()
		var closed *websocket.CloseError
		switch {
		case errors.As(err, &closed) && closed.Text != "":
			return "", fmt.Errorf("the server has closed the connection: %s", closed.Text)
		case err != nil:
			return "", errors.New("the server has closed the connection")
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			return "", fmt.Errorf("the server has sent %.60q", data)
		}
		switch m.Type {
		case "Results":
			text := m.transcript()
			if m.IsFinal && text != "" {
				if size += len(text); size > maxText {
					return "", errors.New("the transcript is too long")
				}
				final = append(final, text)
				text = ""
			}
			if text = strings.TrimSpace(strings.Join(final, " ") + " " + text); text != "" {
				partial(text)
			}
		case "Metadata": // the last message
			return strings.Join(final, " "), nil
		case "Error":
			return "", errors.New(cmp.Or(m.Description, m.Message, "the server reports an error"))
		}
	}
}
