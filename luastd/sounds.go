package luastd

import (
	"context"
	"errors"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/engine/speech"
)

// The errors of Sounds that say what the program was started without.
var (
	ErrNoSound      = errors.New("sound is off: start Moonlark with --speaker auto")
	ErrNoMicrophone = errors.New("there is no microphone: start Moonlark with --mic auto")
	ErrNoTTS        = errors.New("there is no text to speech: start Moonlark with --tts auto or another --tts")
	ErrNoSTT        = errors.New("there is no speech to text: start Moonlark with --stt")
)

// A Sounder gives a script the sound of the program.
type Sounder interface {
	// Sounds returns the sound of the program, whether there is a conversation or not. Any goroutine
	// may call it.
	Sounds() Sounds
}

// Sounds are the speaker and the microphone of the program, and what turns text into speech and back.
// Any goroutine may call the methods. A method whose part is missing returns one of the errors above.
type Sounds interface {
	// NewTrack returns a track for Play.
	NewTrack(o audio.TrackOptions) (*audio.Track, error)
	// Play starts to play a track. It returns an error if too many sounds are playing.
	Play(t *audio.Track) error
	// AwaitTurn waits until the agent is not speaking, and no other announcement is. It returns a
	// function that must be called at the end of the announcement. Its error is the cause of ctx.
	AwaitTurn(ctx context.Context) (release func(), err error)

	// Record passes the sound of the microphone to take: see Recording. It returns whether somebody
	// has spoken.
	Record(ctx context.Context, r Recording, take func(sound []float32)) (voice bool, err error)
	// Levels returns how loud the speaker and the microphone are, in dBFS. Without a microphone, its
	// level is that of silence.
	Levels() (speaker, microphone float64, err error)
	// Devices returns the sound devices of the machine: see device.List. It may block.
	Devices(ctx context.Context) (speakers, microphones []device.Entry, problems []string)

	// Speak turns text into sound: see speech.TextToSpeech.
	Speak(ctx context.Context, u speech.Utterance, play func(sound []float32) error) error
	// Transcribe turns sound into text: see speech.SpeechToText.
	Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error)
}

// A Recording says when a recording ends.
type Recording struct {
	Max time.Duration // length of the recording, if nothing else ends it
	// Silence ends the recording when somebody has spoken and has then been silent for this time.
	// Zero means that only Max ends it.
	Silence time.Duration
}

// NoSounds are the Sounds of a program without sound.
type NoSounds struct{}

var _ Sounds = NoSounds{}

func (NoSounds) NewTrack(audio.TrackOptions) (*audio.Track, error)     { return nil, ErrNoSound }
func (NoSounds) Play(*audio.Track) error                               { return ErrNoSound }
func (NoSounds) AwaitTurn(context.Context) (release func(), err error) { return nil, ErrNoSound }
func (NoSounds) Record(context.Context, Recording, func([]float32)) (bool, error) {
	return false, ErrNoMicrophone
}
func (NoSounds) Levels() (speaker, microphone float64, err error) { return 0, 0, ErrNoSound }
func (NoSounds) Devices(ctx context.Context) (speakers, microphones []device.Entry, problems []string) {
	return device.List(ctx)
}
func (NoSounds) Speak(context.Context, speech.Utterance, func([]float32) error) error {
	return ErrNoTTS
}
func (NoSounds) Transcribe(context.Context, speech.Request, []float32) (string, error) {
	return "", ErrNoSTT
}
