// Package elevenlabs implements text to speech with the HTTP API of ElevenLabs.
//
// The API also has a WebSocket that takes a text word by word. The embedded agent passes whole
// sentences, so the WebSocket would not speak sooner; and a request by HTTP can use a connection
// that is open already.
package elevenlabs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"moonlark/audio/pcm"
	"moonlark/engine/provider"
	"moonlark/engine/safetext"
	"moonlark/engine/speech"
)

const (
	// defaultVoice is George, the voice in the examples of the API's documentation.
	defaultVoice = "JBFqnCBsd6RMkjVDRZzb"
	// defaultModel is the model that begins to speak soonest.
	defaultModel = "eleven_flash_v2_5"

	minSpeed, maxSpeed = 0.7, 1.2 // the API refuses other speeds
)

// A TextToSpeech speaks with a voice of ElevenLabs. Any goroutine may use it.
type TextToSpeech struct {
	Endpoint provider.Endpoint // its Choice is the id of the voice; empty means the one of the conversation
}

var _ speech.TextToSpeech = (*TextToSpeech)(nil)

// New returns the TextToSpeech for a flag of the form "elevenlabs[:VOICE]". getenv returns the
// value of an environment variable.
func New(flag string, getenv func(string) string) (*TextToSpeech, error) {
	e, err := provider.FindService(flag, getenv)
	if err != nil {
		return nil, err
	}
	return &TextToSpeech{Endpoint: e}, nil
}

// A request is the body of a request.
type request struct {
	Text     string    `json:"text"`
	Model    string    `json:"model_id"`
	Language string    `json:"language_code,omitempty"`
	Settings *settings `json:"voice_settings,omitempty"`
}

// settings say how the voice speaks. A field that is not set has the default of the voice.
type settings struct {
	Stability  *float64 `json:"stability,omitempty"`
	Similarity *float64 `json:"similarity_boost,omitempty"`
	Speed      float64  `json:"speed,omitempty"`
}

// newRequest returns the body for an utterance.
func newRequest(u speech.Utterance) request {
	r := request{Text: u.Text, Model: cmp.Or(u.Model, defaultModel)}
	if strings.HasSuffix(r.Model, "_v2_5") { // other models refuse the language
		r.Language = speech.BaseLanguage(u.Language)
	}
	s := settings{Stability: u.Stability, Similarity: u.Similarity}
	if u.Speed != 0 {
		s.Speed = min(max(u.Speed, minSpeed), maxSpeed)
	}
	if s != (settings{}) {
		r.Settings = &s
	}
	return r
}

// Speak implements [speech.TextToSpeech]. It plays the sound while the server still makes it.
func (s *TextToSpeech) Speak(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
	body, err := json.Marshal(newRequest(u))
	if err != nil {
		return err
	}
	voice := cmp.Or(s.Endpoint.Choice, u.Name, defaultVoice)
	path := "/v1/text-to-speech/" + url.PathEscape(voice) + "/stream?output_format=pcm_16000"
	response, err := s.Endpoint.Post(ctx, path, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/json") {
		start := make([]byte, 60)
		n, _ := io.ReadFull(response.Body, start) // the error message shows what could be read
		return s.Endpoint.Failed(ctx, fmt.Errorf("the server has sent %s and no sound: %q", safetext.Line(kind), start[:n]))
	}
	decoder := pcm.NewDecoder(speech.Format)
	wire := make([]byte, speech.Format.Bytes(speech.Period))
	var played error
	err = speech.Play(speech.Rate, func(sound []float32) (int, error) {
		n, err := response.Body.Read(wire)
		return len(decoder.Append(sound[:0], wire[:n])), err
	}, func(sound []float32) error {
		played = play(sound)
		return played
	})
	if err != nil && err != played {
		return s.Endpoint.Failed(ctx, err)
	}
	return err
}
