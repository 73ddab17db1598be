// Package openai implements text to speech and speech to text by HTTP, with the API of OpenAI,
// which many other servers have: Groq, speaches, Kokoro-FastAPI, LocalAI, whisper.cpp and others.
package openai

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"moonlark/audio/pcm"
	"moonlark/audio/wav"
	"moonlark/engine/provider"
	"moonlark/engine/safetext"
	"moonlark/engine/speech"
)

// maxText is the maximum size of a response that holds text, in bytes.
const maxText = 256 << 10

// A SpeechToText recognises speech with the API audio/transcriptions.
type SpeechToText struct {
	Endpoint provider.Endpoint // its Choice is the model; empty means the usual one of the server
}

var _ speech.SpeechToText = (*SpeechToText)(nil)

// Transcribe implements [speech.SpeechToText].
func (s *SpeechToText) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="speech.wav"`}, // servers read the type from the name
		"Content-Type":        {"audio/wav"},
	})
	if err != nil {
		return "", err
	}
	part.Write(speech.EncodeWAV(sound)) // a bytes.Buffer returns no error
	form.WriteField("model", s.model())
	form.WriteField("response_format", "json")
	if r.Language != "" {
		form.WriteField("language", speech.BaseLanguage(r.Language))
	}
	prompt := promptOf(r.Vocabulary)
	if prompt != "" {
		form.WriteField("prompt", prompt)
	}
	form.Close()
	response, err := s.Endpoint.Post(ctx, "/audio/transcriptions", form.FormDataContentType(), &body)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxText))
	if err != nil {
		return "", s.Endpoint.Failed(ctx, err)
	}
	var transcript struct {
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(data, &transcript); err != nil || transcript.Text == nil {
		return "", s.Endpoint.Failed(ctx, fmt.Errorf("the server has sent no transcript: %.60q", data))
	}
	text := strings.Join(strings.Fields(strings.ToValidUTF8(*transcript.Text, "\ufffd")), " ")
	// Models repeat the prompt when nobody says anything.
	if strings.EqualFold(strings.TrimRight(text, ". "), prompt) {
		return "", nil
	}
	return text, nil
}

// maxPrompt is the maximum length of a prompt, in bytes. Whisper reads only the last 224 tokens.
const maxPrompt = 600

// promptOf returns a prompt with the vocabulary, so that the model knows how names are spelled. It
// leaves out what does not fit.
func promptOf(vocabulary []string) string {
	var b strings.Builder
	for _, text := range vocabulary {
		if b.Len()+len(text)+2 > maxPrompt {
			break
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text)
	}
	return b.String()
}

// model returns the model that the user has chosen, or the usual one of the server.
func (s *SpeechToText) model() string {
	switch {
	case s.Endpoint.Choice != "":
		return s.Endpoint.Choice
	case s.Endpoint.Server == "groq":
		return "whisper-large-v3-turbo"
	}
	return "whisper-1"
}

// A TextToSpeech speaks with the API audio/speech.
type TextToSpeech struct {
	Endpoint provider.Endpoint // its Choice is the voice; empty means the usual one of the server
}

var _ speech.TextToSpeech = (*TextToSpeech)(nil)

// Speak implements [speech.TextToSpeech]. It asks for a WAV file, because that has the sample rate,
// and plays the sound while the server still makes it.
func (s *TextToSpeech) Speak(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
	voice := u.Portable()
	request := map[string]any{
		"model": cmp.Or(voice.Model, "tts-1"),
		"voice": cmp.Or(s.Endpoint.Choice, voice.Name, "alloy"), // other servers have a voice of this name too
		"input": u.Text, "response_format": "wav",
	}
	if u.Speed != 0 {
		request["speed"] = min(max(u.Speed, 0.25), 4)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	response, err := s.Endpoint.Post(ctx, "/audio/speech", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	in := bufio.NewReaderSize(response.Body, 1<<14)
	if !speech.HasHeader(in) {
		return s.playRaw(ctx, response, in, play)
	}
	r, err := wav.NewReader(in)
	if err != nil {
		return s.Endpoint.Failed(ctx, err)
	}
	var played error
	err = speech.Play(r.Rate, r.Read, func(sound []float32) error {
		played = play(sound)
		return played
	})
	if err != nil && err != played {
		return s.Endpoint.Failed(ctx, err)
	}
	return err
}

// rawRate is the sample rate of sound without a header, as OpenAI sends it.
const rawRate = 24000

// playRaw plays sound without a header, which some servers send although a WAV file was requested.
func (s *TextToSpeech) playRaw(ctx context.Context, response *http.Response, in io.Reader, play func([]float32) error) error {
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/json") {
		start := make([]byte, 60)
		n, _ := io.ReadFull(in, start)
		return s.Endpoint.Failed(ctx, fmt.Errorf("the server has sent %s and no sound: %q", safetext.Line(kind), start[:n]))
	}
	format := pcm.Format{Encoding: pcm.S16, Rate: rawRate}
	decoder := pcm.NewDecoder(format)
	wire := make([]byte, format.Bytes(speech.Period))
	return speech.Play(rawRate, func(sound []float32) (int, error) {
		n, err := in.Read(wire)
		return len(decoder.Append(sound[:0], wire[:n])), err
	}, play)
}
