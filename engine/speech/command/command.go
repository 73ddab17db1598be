// Package command implements text to speech, speech to text and wake-word recognition by running
// programs: espeak-ng, or any other command that turns text into sound or sound into text.
//
// Text to speech runs its command once for each text, and speech to text once for each sentence. A
// wake-word recogniser is a command that keeps running. Before Speak, Transcribe or Recognise
// returns, it stops the command and everything that the command has started; see package process.
package command

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"moonlark/audio/pcm"
	"moonlark/engine/process"
	"moonlark/engine/speech"
)

// format is the format of the sound that commands read. Sound without a header that commands write
// has the same format.
var format = pcm.Format{Encoding: pcm.S16, Rate: speech.Rate}

// commandOf returns the process.Command that runs a command line. The command gets the environment
// variable MOONLARK_RATE with the sample rate of the sound.
func commandOf(line string) process.Command {
	return process.Command{Line: line, Env: []string{"MOONLARK_RATE=" + strconv.Itoa(format.Rate)}}
}

// parse returns the command line in a flag of the form "exec:COMMAND". It returns "" if the flag is
// "none" or "". The error says which forms the flag may have, and quotes want for that.
func parse(flag, want string) (string, error) {
	if flag == "" || flag == "none" {
		return "", nil
	}
	line, ok := strings.CutPrefix(flag, "exec:")
	if !ok {
		return "", fmt.Errorf("%q: want %s", flag, want)
	}
	if strings.TrimSpace(line) == "" {
		return "", errors.New("exec: there is no command")
	}
	return line, nil
}
