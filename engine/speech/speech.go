// Package speech defines the interfaces for text to speech, speech to text and wake-word
// recognition. Package speech/command implements them by running programs, package speech/grammar
// with pocketsphinx on this machine, and the packages speech/wyoming, speech/openai,
// speech/elevenlabs, speech/deepgram and speech/vosk by talking to servers. Package speech/choice
// makes the implementation that the user has chosen. Package speech/wake restarts a wake-word
// recogniser when it fails.
//
// A TextToSpeech and a SpeechToText keep no state of a conversation. Any goroutine may call their
// methods, and several goroutines at the same time.
package speech

import (
	"context"
	"log/slog"
	"regexp"
	"strings"

	"moonlark/engine/tool"
)

// Rate is the sample rate, in samples per second, of sound that other programs read or write:
// commands and wake-word recognisers. Such sound is mono, with signed 16-bit little-endian samples.
const Rate = 16000

// An Utterance is a text to speak, and the voice to speak it with.
type Utterance struct {
	Text string
	Voice
}

// A Voice says how to speak. The zero value of each field means that the text to speech decides. A
// text to speech ignores the fields for which it has no setting. A voice that the user has chosen
// with a flag has precedence over Name.
type Voice struct {
	Name     string  // name or id of a voice
	Model    string  // name of the model that speaks
	Language string  // a language code, such as "en" or "pt-br"
	Speed    float64 // 1 is the normal speed, 2 is twice as fast
	// Stability and Similarity are numbers from 0 to 1 that ElevenLabs uses. Nil means the default.
	Stability, Similarity *float64
}

// elevenLabsID matches the ids that ElevenLabs gives to voices.
var elevenLabsID = regexp.MustCompile(`^[0-9A-Za-z]{20}$`)

// Portable returns v without a name and a model that only ElevenLabs knows, so that a script that
// chooses them can be used with another text to speech too.
func (v Voice) Portable() Voice {
	if elevenLabsID.MatchString(v.Name) {
		v.Name = ""
	}
	if strings.HasPrefix(v.Model, "eleven_") {
		v.Model = ""
	}
	return v
}

// A TextToSpeech turns text into sound.
type TextToSpeech interface {
	// Speak speaks the text: it calls play with one piece of sound after another, while it is still
	// making more. The sound is mono at audio.Rate. Speak returns nil after play has got all of the
	// sound. If play returns an error, Speak stops and returns this error. If ctx is done, Speak
	// stops and returns the cause of ctx.
	Speak(ctx context.Context, u Utterance, play func(sound []float32) error) error
}

// A Request holds what a SpeechToText may know in advance about the sound: the language, and what the
// user is likely to say. The zero value is valid.
type Request struct {
	Language string // a language code, such as "en" or "pt-br"; empty means that it is not known

	// Vocabulary are sentences and words that the user is likely to say, the likeliest first. The
	// user may say something else.
	Vocabulary []string

	// Tools are the tools that the user's sentence may call.
	Tools []*tool.Spec

	// Log gets what the user should know about the recognition. Nil means no log.
	Log *slog.Logger
}

// A SpeechToText turns sound into text.
type SpeechToText interface {
	// Transcribe returns the text that is spoken in sound, or "" if nothing is spoken. sound is one
	// sentence, mono at audio.Rate. If ctx is done, the error is the cause of ctx.
	Transcribe(ctx context.Context, r Request, sound []float32) (string, error)
}

// A Streamer is a SpeechToText that can recognise a sentence while the user is still speaking, so
// that its text is known sooner.
type Streamer interface {
	SpeechToText

	// Stream is like Transcribe, but gets the sound piece by piece. read waits for the next piece,
	// which the caller may keep. It returns io.EOF at the end of the sentence, and the cause of ctx
	// if ctx is done. Stream may call partial with the text that is recognised so far, which may
	// still change. It calls read and partial on its caller's goroutine or on goroutines of its own,
	// which end before Stream returns.
	Stream(ctx context.Context, r Request, read func(context.Context) ([]float32, error), partial func(string)) (string, error)
}

// A Detection reports that a recogniser has heard a wake word.
type Detection struct {
	Word  string  // the recogniser's name for the wake word; empty if the recogniser gives no name
	Score float64 // how sure the recogniser is, from 0 to 1; 0 if the recogniser gives no score
}

// A WakeRecogniser finds wake words in sound. An implementation uses a program or a server.
type WakeRecogniser interface {
	// Recognise passes sound to the program or the server until ctx is done, or until the program
	// or the server fails. It returns the reason, after all goroutines and programs that it has
	// started have ended.
	//
	// Recognise gets the sound from read. read fills chunk with the next sound from the microphone,
	// at [Rate], and waits until there is enough sound. If ctx is done, read returns the cause of
	// ctx. Sound from before the first call of read is dropped.
	//
	// Recognise calls working when it knows that the program or the server works, and possibly
	// again later. It calls detected for each detection. It makes these calls one at a time, on any
	// goroutine, and never after it has returned.
	Recognise(ctx context.Context, read func(ctx context.Context, chunk []byte) error, working func(), detected func(Detection)) error

	// String returns a name for the recogniser that users understand.
	String() string
}
