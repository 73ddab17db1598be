package remote

import (
	"context"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/engine/speech"
	"moonlark/engine/voice"
	"moonlark/luastd"
)

// sound calls do with the Voice of the program and returns do's error. It returns luastd.ErrNoSound
// when sound is off.
func (r *Remote) sound(do func(*voice.Voice) error) error {
	v := r.parts.Load().Voice
	if v == nil {
		return luastd.ErrNoSound
	}
	return do(v)
}

// RecordedSounds returns what the agent hears and what the speaker plays, for a recording: see voice.Voice.Sounds.
// Both are nil when sound is off.
func (r *Remote) RecordedSounds() (user, agent audio.Playback) {
	v := r.parts.Load().Voice
	if v == nil {
		return nil, nil
	}
	return v.Sounds()
}

// SetVolume sets the volume of all sound that the speaker plays, from 0 to 1.
func (r *Remote) SetVolume(volume float64) error {
	return r.sound(func(v *voice.Voice) error { v.SetVolume(volume); return nil })
}

// Mute mutes the microphone, or ends the muting. Neither the agent nor the wake word recogniser
// hears a muted microphone.
func (r *Remote) Mute(muted bool) error {
	return r.sound(func(v *voice.Voice) error { v.SetMuted(muted); return nil })
}

// Listen decides whether the agent hears the microphone or silence (push to talk).
func (r *Remote) Listen(listening bool) error {
	return r.sound(func(v *voice.Voice) error { v.SetListening(listening); return nil })
}

// Interrupt silences the reply that the speaker plays, as if the user had interrupted it.
func (r *Remote) Interrupt() error {
	return r.sound(func(v *voice.Voice) error { v.Interrupt(0); return nil })
}

// Listening reports whether the agent hears the microphone.
func (r *Remote) Listening() bool {
	v := r.parts.Load().Voice
	return v != nil && v.Listening()
}

// Sounds returns the sound of the program for the scripts.
func (r *Remote) Sounds() luastd.Sounds { return sounds{r} }

// sounds are the Sounds of a Remote.
type sounds struct{ *Remote }

var _ luastd.Sounds = sounds{}

// voice returns the Voice of the program, or luastd.ErrNoSound.
func (s sounds) voice() (*voice.Voice, error) {
	if v := s.parts.Load().Voice; v != nil {
		return v, nil
	}
	return nil, luastd.ErrNoSound
}

func (s sounds) NewTrack(o audio.TrackOptions) (*audio.Track, error) {
	v, err := s.voice()
	if err != nil {
		return nil, err
	}
	return v.NewTrack(o), nil
}

func (s sounds) Play(t *audio.Track) error {
	v, err := s.voice()
	if err != nil {
		return err
	}
	return v.Play(t)
}

func (s sounds) AwaitTurn(ctx context.Context) (release func(), err error) {
	v, err := s.voice()
	if err != nil {
		return nil, err
	}
	return v.AwaitTurn(ctx)
}

func (s sounds) Record(ctx context.Context, r luastd.Recording, take func(sound []float32)) (voice bool, err error) {
	v, err := s.voice()
	if err != nil || !v.HasMicrophone() {
		return false, luastd.ErrNoMicrophone
	}
	return v.Record(ctx, r.Max, r.Silence, take)
}

func (s sounds) Levels() (speaker, microphone float64, err error) {
	v, err := s.voice()
	if err != nil {
		return 0, 0, err
	}
	speaker, microphone = v.Levels()
	return speaker, microphone, nil
}

func (s sounds) Devices(ctx context.Context) (speakers, microphones []device.Entry, problems []string) {
	return device.List(ctx)
}

func (s sounds) Speak(ctx context.Context, u speech.Utterance, play func(sound []float32) error) error {
	if speak := s.parts.Load().Speak; speak != nil {
		return speak(ctx, u, play)
	}
	return luastd.ErrNoTTS
}

func (s sounds) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	p := s.parts.Load()
	if p.Transcribe != nil {
		r.Tools, r.Log = p.Scripts.Tools(), p.Bus.Logger("")
		return p.Transcribe(ctx, r, sound)
	}
	return "", luastd.ErrNoSTT
}
