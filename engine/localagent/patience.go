package localagent

import (
	"fmt"
	"time"
)

// A Patience says how long the user must be silent until the agent answers, and how long the user
// must speak until the agent stops speaking.
type Patience int

const (
	DefaultPatience Patience = iota // 0.7 s of silence, 0.4 s of speech
	Relaxed                         // 1.25 s of silence, 0.5 s of speech
	Aggressive                      // 0.25 s of silence, 0.3 s of speech
)

// ParsePatience returns the Patience with this name: "relaxed", "default" or "aggressive". Empty
// means default.
func ParsePatience(name string) (Patience, error) {
	switch name {
	case "", "default":
		return DefaultPatience, nil
	case "relaxed":
		return Relaxed, nil
	case "aggressive":
		return Aggressive, nil
	}
	return 0, fmt.Errorf("%q: want relaxed, default or aggressive", name)
}

// endSilence returns how long the user must be silent at the end of a sentence.
func (p Patience) endSilence() time.Duration {
	switch p {
	case Relaxed:
		return 1250 * time.Millisecond
	case Aggressive:
		return 250 * time.Millisecond
	}
	return 700 * time.Millisecond
}

// interruptingSpeech returns how long the user must speak before the agent stops speaking.
func (p Patience) interruptingSpeech() time.Duration {
	switch p {
	case Relaxed:
		return 500 * time.Millisecond
	case Aggressive:
		return 300 * time.Millisecond
	}
	return 400 * time.Millisecond
}
