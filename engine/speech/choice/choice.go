// Package choice makes the text to speech and the speech to text that the user has chosen with a
// flag, such as "exec:COMMAND" or "wyoming:localhost". To add a backend, add a package beside this
// one and a case in TextToSpeech or SpeechToText.
package choice

import (
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/provider"
	"moonlark/engine/speech"
	"moonlark/engine/speech/command"
	"moonlark/engine/speech/deepgram"
	"moonlark/engine/speech/elevenlabs"
	"moonlark/engine/speech/grammar"
	"moonlark/engine/speech/openai"
	"moonlark/engine/speech/vosk"
	"moonlark/engine/speech/wyoming"
)

// TextToSpeech returns the text to speech that flag names: exec:COMMAND, auto,
// wyoming:HOST[:PORT][,VOICE], elevenlabs[:VOICE], PROVIDER[:VOICE] or URL[#VOICE]. It returns nil,
// nil for "none" and "", and for "auto" if no program that speaks is installed. getenv returns the
// value of an environment variable.
func TextToSpeech(flag string, getenv func(string) string) (speech.TextToSpeech, error) {
	switch form, rest, _ := strings.Cut(flag, ":"); {
	case flag == "" || flag == "none" || flag == "auto" || form == "exec":
		s, err := command.NewTextToSpeech(flag)
		if s == nil {
			return nil, err
		}
		return *s, err
	case isProvider(flag):
		e, err := provider.Find(flag, getenv)
		return &openai.TextToSpeech{Endpoint: e}, err
	case form == "elevenlabs":
		return elevenlabs.New(flag, getenv)
	case strings.HasPrefix(flag, "wyoming:"):
		s, err := wyoming.NewTextToSpeech(rest)
		return s, inFlag(flag, err)
	}
	return nil, fmt.Errorf("%q: want exec:COMMAND, wyoming:HOST, elevenlabs, a provider such as openai, a URL, auto or none", flag)
}

// SpeechToText returns the speech to text that flag names: exec:COMMAND, grammar,
// wyoming:HOST[:PORT], vosk:HOST[:PORT][,phrases], deepgram[:MODEL], PROVIDER[:MODEL] or
// URL[#MODEL]. It returns nil, nil for "none" and "". getenv returns the value of an environment
// variable.
func SpeechToText(flag string, getenv func(string) string) (speech.SpeechToText, error) {
	switch form, rest, _ := strings.Cut(flag, ":"); {
	case flag == "" || flag == "none" || form == "exec":
		s, err := command.NewSpeechToText(flag)
		if s == nil {
			return nil, err
		}
		return *s, err
	case isProvider(flag):
		e, err := provider.Find(flag, getenv)
		return &openai.SpeechToText{Endpoint: e}, err
	case form == "deepgram":
		return deepgram.New(flag, getenv)
	case flag == "grammar":
		return grammar.New()
	case strings.HasPrefix(flag, "wyoming:"):
		s, err := wyoming.NewSpeechToText(rest)
		return s, inFlag(flag, err)
	case strings.HasPrefix(flag, "vosk:"):
		s, err := vosk.New(rest)
		return s, inFlag(flag, err)
	}
	return nil, fmt.Errorf("%q: want exec:COMMAND, grammar, wyoming:HOST, vosk:HOST, deepgram, a provider such as openai, a URL, or none", flag)
}

// inFlag adds the flag to the text of err. It returns nil if err is nil.
func inFlag(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%q: %w", flag, err)
}

// IsPaid reports whether flag names a provider or a URL outside of the local network, which may
// cost money. It returns false for a flag with a mistake.
func IsPaid(flag string, getenv func(string) string) bool {
	form, _, _ := strings.Cut(flag, ":")
	find := provider.Find
	switch {
	case form == "elevenlabs" || form == "deepgram":
		find = provider.FindService
	case !isProvider(flag):
		return false
	}
	e, err := find(flag, getenv)
	return err == nil && !e.Near
}

// isProvider reports whether flag is a URL, or begins with the name of a provider.
func isProvider(flag string) bool {
	word, _, _ := strings.Cut(flag, ":")
	return strings.Contains(flag, "://") && word != "exec" || slices.Contains(provider.Names(), word)
}
