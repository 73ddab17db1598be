// Package speechcmd speaks and hears by commands of the system: espeak-ng, or
// any other that turns text into sound, or sound into text.
//
// A command line is run by the shell once for each thing that is said, and is
// killed, with all that it has started, when nobody waits for it any more.
// Nothing of it is left when the call returns.
package speechcmd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"moonlark/audio/wav"
)

// A Speaker is a command that gets text on its stdin and writes sound to its
// stdout: a WAV, or signed 16-bit mono at 16000, the rate that MOONLARK_RATE
// says in its environment.
type Speaker string

// NewSpeaker makes a speaker of "exec:COMMAND", or of "auto": espeak-ng or
// espeak, if there is one. It is nil for "none" and "", and when auto finds none.
func NewSpeaker(how string) (*Speaker, error) {
	if how == "auto" {
		for _, program := range []string{"espeak-ng", "espeak"} {
			if _, err := exec.LookPath(program); err == nil {
				s := Speaker(program + " --stdout")
				return &s, nil
			}
		}
		return nil, nil
	}
	command, err := parse(how, "exec:COMMAND, auto or none")
	if command == "" {
		return nil, err
	}
	return (*Speaker)(&command), nil
}

// A Recogniser is a command that gets one sentence on its stdin, a WAV of
// signed 16-bit mono at 16000, and prints what was said.
type Recogniser string

// NewRecogniser makes a recogniser of "exec:COMMAND". It is nil for "none" and
// "".
func NewRecogniser(how string) (*Recogniser, error) {
	command, err := parse(how, "exec:COMMAND or none")
	if command == "" {
		return nil, err
	}
	return (*Recogniser)(&command), nil
}

// parse is the command line in how, "" for none.
func parse(how, can string) (string, error) {
	if how == "" || how == "none" {
		return "", nil
	}
	command, ok := strings.CutPrefix(how, "exec:")
	if !ok {
		return "", fmt.Errorf("%q: it can be %s", how, can)
	}
	if strings.TrimSpace(command) == "" {
		return "", errors.New("exec: there is no command")
	}
	return command, nil
}

// Speak gives play the sound of text while the command still makes it, mono at
// [audio.Rate]. It returns when that was all; the error is play's, ctx's, or
// the command's with the last line it wrote to stderr.
func (s Speaker) Speak(ctx context.Context, text string, play func([]float32) error) error {
	return run(ctx, string(s), strings.NewReader(text), func(stdout io.Reader) error {
		in := bufio.NewReaderSize(stdout, 1<<14)
		if !headed(in) {
			return playRaw(in, play)
		}
		r, err := wav.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", name(string(s)), err)
		}
		return playAll(r.Rate, r.Read, play)
	})
}

// Transcribe is what is said in sound, mono at [audio.Rate]; "" for nothing.
// The error is ctx's, or the command's with the last line it wrote to stderr.
func (r Recogniser) Transcribe(ctx context.Context, sound []float32) (string, error) {
	const most = 1 << 16 // bytes that are read
	var text []byte
	err := run(ctx, string(r), bytes.NewReader(encode(sound)), func(stdout io.Reader) error {
		var err error
		if text, err = io.ReadAll(io.LimitReader(stdout, most)); err == nil {
			_, err = io.Copy(io.Discard, stdout)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "\ufffd")), " "), nil
}
