package wyoming

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"moonlark/audio/pcm"
	"moonlark/engine/speech"
)

// ttsPort is the usual port of Wyoming servers that speak.
const ttsPort = "10200"

// A TextToSpeech speaks with a Wyoming server, such as wyoming-piper.
type TextToSpeech struct{ address, voice string }

var _ speech.TextToSpeech = TextToSpeech{}

// NewTextToSpeech returns the TextToSpeech for the server and the voice in text, which has the form
// HOST[:PORT][,VOICE]. The error says what is wrong with text.
func NewTextToSpeech(text string) (TextToSpeech, error) {
	server, voice, _ := strings.Cut(text, ",")
	address, err := Address(server, ttsPort)
	return TextToSpeech{address, strings.TrimSpace(voice)}, err
}

// Speak implements [speech.TextToSpeech]. It uses a connection of its own, because the protocol has
// no other way to cancel.
func (s TextToSpeech) Speak(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
	return converse(ctx, s.address, func(client *Client) error {
		type voice struct {
			Name     string `json:"name,omitempty"`
			Language string `json:"language,omitempty"`
		}
		request := struct {
			Text  string `json:"text"`
			Voice *voice `json:"voice,omitempty"`
		}{Text: u.Text}
		if v := (voice{Name: cmp.Or(s.voice, u.Portable().Name)}); v.Name != "" {
			request.Voice = &v // the voice has a language
		} else if u.Language != "" {
			request.Voice = &voice{Language: u.Language}
		}
		if err := client.Send("synthesize", request, nil); err != nil {
			return err
		}
		e, err := client.await("audio-start")
		if err != nil {
			return err
		}
		var sound soundFields
		if err := e.Decode(&sound); err != nil || sound.Rate < 1000 || sound.Rate > 384000 || sound.Width != 2 || sound.Channels != 1 {
			return fmt.Errorf("the server sends sound with %d channels, %d bytes per sample and %d samples per second; want 16-bit mono", sound.Channels, sound.Width, sound.Rate)
		}
		decoder := pcm.NewDecoder(pcm.Format{Encoding: pcm.S16, Rate: sound.Rate})
		var samples []float32 // received, and not played yet
		return speech.Play(sound.Rate, func(p []float32) (int, error) {
			for len(samples) == 0 {
				e, err := client.await("audio-chunk", "audio-stop")
				if err != nil {
					return 0, err
				}
				if e.Type == "audio-stop" {
					return 0, io.EOF
				}
				samples = decoder.Append(samples[:0], e.Payload)
			}
			n := copy(p, samples)
			samples = samples[n:]
			return n, nil
		}, play)
	})
}

// await waits for an event of one of these types, and returns it. It ignores other events.
func (c *Client) await(types ...string) (Event, error) {
	for {
		e, err := c.Receive()
		if err != nil {
			return e, err
		}
		if e.Type == "error" {
			return e, errorOf(e)
		}
		for _, t := range types {
			if e.Type == t {
				return e, nil
			}
		}
		if e.Type == "audio-stop" {
			return e, errors.New("the server has sent no sound")
		}
	}
}
