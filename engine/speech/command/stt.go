package command

import (
	"context"
	"io"
	"strings"

	"moonlark/engine/process"
	"moonlark/engine/speech"
)

// maxText is the maximum number of bytes of text that a command may print. More output is dropped.
const maxText = 64 << 10

// A SpeechToText is a command line. The command reads one sentence from its standard input, as a
// WAV file with signed 16-bit mono samples, 16000 per second. It prints the text of the sentence.
// The environment variable MOONLARK_LANGUAGE has the code of the language; it is empty if that is
// not known.
type SpeechToText string

var _ speech.SpeechToText = SpeechToText("")

// NewSpeechToText returns the SpeechToText for a flag of the form "exec:COMMAND". It returns nil,
// nil if the flag is "none" or "".
func NewSpeechToText(flag string) (*SpeechToText, error) {
	line, err := parse(flag, "exec:COMMAND or none")
	if line == "" {
		return nil, err
	}
	return (*SpeechToText)(&line), nil
}

// Transcribe implements [speech.SpeechToText]. If the command fails, the error contains its exit
// status and the last line that it wrote to its standard error.
func (s SpeechToText) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	c := commandOf(string(s))
	c.Env = append(c.Env, "MOONLARK_LANGUAGE="+r.Language)
	var text []byte
	err := process.Run(ctx, c, speech.EncodeWAV(sound), func(stdout io.Reader) error {
		var err error
		if text, err = io.ReadAll(io.LimitReader(stdout, maxText)); err == nil {
			_, err = io.Copy(io.Discard, stdout)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "\ufffd")), " "), nil
}
