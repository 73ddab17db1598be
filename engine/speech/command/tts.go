package command

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strconv"

	"moonlark/audio/pcm"
	"moonlark/audio/wav"
	"moonlark/engine/process"
	"moonlark/engine/speech"
)

// A TextToSpeech is a command line. The command reads text from its standard input and writes sound
// to its standard output: a WAV file, or signed 16-bit mono samples without a header, 16000 per
// second. The environment variables MOONLARK_VOICE, MOONLARK_LANGUAGE and MOONLARK_SPEED tell the
// command how to speak. A variable is empty if nobody has chosen.
type TextToSpeech string

var _ speech.TextToSpeech = TextToSpeech("")

// NewTextToSpeech returns the TextToSpeech for a flag of the form "exec:COMMAND". For the flag
// "auto" it looks for the programs espeak-ng and espeak. It returns nil, nil if the flag is "none"
// or "", or if the flag is "auto" and neither program is installed.
func NewTextToSpeech(flag string) (*TextToSpeech, error) {
	if flag == "auto" {
		for _, program := range []string{"espeak-ng", "espeak"} {
			if _, err := exec.LookPath(program); err == nil {
				s := espeak(program)
				return &s, nil
			}
		}
		return nil, nil
	}
	line, err := parse(flag, "exec:COMMAND, auto or none")
	if line == "" {
		return nil, err
	}
	return (*TextToSpeech)(&line), nil
}

// espeak returns the command line of espeak-ng or espeak. It speaks the language of the
// conversation, or English if the program does not know the language.
func espeak(program string) TextToSpeech {
	if runtime.GOOS == "windows" { // this needs a shell of Unix
		return TextToSpeech(program + " --stdout")
	}
	return TextToSpeech(fmt.Sprintf(`%[1]s --stdout -v "${MOONLARK_LANGUAGE:-en}" 2>/dev/null || %[1]s --stdout`, program))
}

// Speak implements [speech.TextToSpeech]. If the command fails, the error contains its exit status
// and the last line that it wrote to its standard error.
func (s TextToSpeech) Speak(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
	line := string(s)
	c := commandOf(line)
	c.Env = append(c.Env, "MOONLARK_VOICE="+u.Name, "MOONLARK_LANGUAGE="+u.Language, "MOONLARK_SPEED="+formatSpeed(u.Speed))
	return process.Run(ctx, c, []byte(u.Text), func(stdout io.Reader) error {
		in := bufio.NewReaderSize(stdout, 1<<14)
		if !speech.HasHeader(in) {
			return playRaw(in, play)
		}
		r, err := wav.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", process.Name(line), err)
		}
		return speech.Play(r.Rate, r.Read, play)
	})
}

// formatSpeed returns the speed as a decimal number, or "" if nobody has chosen one.
func formatSpeed(speed float64) string {
	if speed == 0 {
		return ""
	}
	return strconv.FormatFloat(speed, 'f', -1, 64)
}

// playRaw plays sound without a header: it reads samples from in and passes them to play.
func playRaw(in io.Reader, play func([]float32) error) error {
	decoder := pcm.NewDecoder(format)
	wire := make([]byte, format.Bytes(speech.Period))
	return speech.Play(format.Rate, func(sound []float32) (int, error) {
		n, err := in.Read(wire)
		return len(decoder.Append(sound[:0], wire[:n])), err
	}, play)
}
