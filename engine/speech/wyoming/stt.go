package wyoming

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"moonlark/engine/speech"
)

// sttPort is the usual port of Wyoming servers that recognise speech.
const sttPort = "10300"

// A SpeechToText recognises speech with a Wyoming server, such as wyoming-faster-whisper.
type SpeechToText struct{ address string }

var _ speech.Streamer = SpeechToText{}

// NewSpeechToText returns the SpeechToText for the server in text, which has the form HOST[:PORT].
// The error says what is wrong with text.
func NewSpeechToText(text string) (SpeechToText, error) {
	address, err := Address(text, sttPort)
	return SpeechToText{address}, err
}

// Transcribe implements [speech.SpeechToText].
func (s SpeechToText) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	return s.Stream(ctx, r, speech.Whole(sound), func(string) {})
}

// Stream implements [speech.Streamer]. It uses a connection of its own, because some servers close
// the connection after a transcript.
func (s SpeechToText) Stream(ctx context.Context, r speech.Request, read func(context.Context) ([]float32, error), _ func(string)) (text string, err error) {
	err = converse(ctx, s.address, func(client *Client) error {
		request := struct {
			Language string `json:"language,omitempty"`
		}{speech.BaseLanguage(r.Language)}
		if err := client.Send("transcribe", request, nil); err != nil {
			return err
		}
		if err := sendSentence(ctx, client, read); err != nil {
			return err
		}
		for {
			e, err := client.Receive()
			switch {
			case err != nil:
				return err
			case e.Type == "error":
				return errorOf(e)
			case e.Type == "transcript": // transcript-chunk has a part of the same text
				var t struct{ Text string }
				if err := e.Decode(&t); err != nil {
					return fmt.Errorf("the transcript: %w", err)
				}
				text = strings.Join(strings.Fields(strings.ToValidUTF8(t.Text, "\ufffd")), " ")
				return nil
			}
		}
	})
	return text, err
}

// sendSentence sends the sound that read returns, until its end.
func sendSentence(ctx context.Context, client *Client, read func(context.Context) ([]float32, error)) error {
	fields := soundFields{Rate: format.Rate, Width: format.SampleBytes(), Channels: 1}
	if err := client.Send("audio-start", fields, nil); err != nil {
		return err
	}
	sent := 0
	err := speech.ReadWire(ctx, read, format.Bytes(chunk), func(wire []byte) error {
		fields.Timestamp = format.Duration(sent).Milliseconds()
		sent += len(wire)
		return client.Send("audio-chunk", fields, wire)
	})
	if err != nil {
		return err
	}
	return client.Send("audio-stop", struct {
		Timestamp int64 `json:"timestamp"`
	}{format.Duration(sent).Milliseconds()}, nil)
}

// converse connects to a server, calls do, and closes the connection. It returns the error of do
// with the address, or the cause of ctx if ctx has ended.
func converse(ctx context.Context, address string, do func(*Client) error) error {
	client, err := Dial(ctx, address)
	if err == nil {
		stop := context.AfterFunc(ctx, func() { client.Close() })
		err = do(client)
		stop()
		client.Close()
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		return fmt.Errorf("wyoming at %s: %w", address, err)
	}
	return nil
}

// errorOf returns the error that the server reports in an event of the type "error".
func errorOf(e Event) error {
	var message struct{ Text string }
	if e.Decode(&message) != nil || strings.TrimSpace(message.Text) == "" {
		return errors.New("the server reports an error")
	}
	return errors.New("the server reports: " + safe(message.Text))
}
