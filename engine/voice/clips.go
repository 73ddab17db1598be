package voice

import (
	"context"
	"slices"
	"time"

	"moonlark/audio"
)

// maxForeground is how long a sound of a script counts as something that the user listens to. Music
// that lasts longer must not keep a conversation open in which nobody says anything.
const maxForeground = time.Minute

// A playingTrack is a track that a script has started.
type playingTrack struct {
	*audio.Track
	began time.Time
}

// NewTrack returns a track for Play.
func (v *Voice) NewTrack(o audio.TrackOptions) *audio.Track { return v.player.NewTrack(o) }

// Play starts to play a track. It returns an error when too many sounds are playing.
func (v *Voice) Play(t *audio.Track) error {
	err := v.player.Play(t)
	if err == nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.tracks = append(slices.DeleteFunc(v.tracks, hasEnded), playingTrack{t, time.Now()})
	}
	return err
}

func hasEnded(t playingTrack) bool {
	select {
	case <-t.Done():
		return true
	default:
		return false
	}
}

// playsTrack reports whether a track of a script plays that has begun less than maxForeground ago.
func (v *Voice) playsTrack() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.ContainsFunc(v.tracks, func(t playingTrack) bool {
		return !hasEnded(t) && !t.Paused() && time.Since(t.began) < maxForeground
	})
}

// maxTurnWait is how long an announcement waits for the end of the agent's speech.
const maxTurnWait = time.Minute

// AwaitTurn waits until the agent is not speaking, and until no other announcement is between the
// return of its AwaitTurn and its call of release. After maxTurnWait it does not wait for the agent
// any longer. The error is the cause of ctx.
func (v *Voice) AwaitTurn(ctx context.Context) (release func(), err error) {
	select {
	case v.announcing <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	patience, cancel := context.WithTimeout(ctx, maxTurnWait)
	defer cancel()
	v.Drain(patience)
	if ctx.Err() != nil {
		<-v.announcing
		return nil, context.Cause(ctx)
	}
	return func() { <-v.announcing }, nil
}

// Record passes the sound of the microphone to take, until the time length has passed. If silence is
// not 0, the recording also ends when somebody has spoken and has then been silent for this time.
// Record returns whether somebody has spoken. Its error is the cause of ctx.
func (v *Voice) Record(ctx context.Context, length, silence time.Duration, take func(sound []float32)) (spoken bool, err error) {
	c, err := v.recorder.Capture()
	if err != nil {
		return false, err
	}
	defer c.Close()
	detector := audio.Detector{Hangover: silence}
	piece := make([]float32, audio.Samples(100*time.Millisecond))
	for left := audio.Samples(length); left > 0; {
		n, err := c.Read(ctx, piece[:min(left, len(piece))])
		if err != nil {
			return spoken, err
		}
		left -= n
		take(piece[:n])
		for rest := piece[:n]; len(rest) > 0; {
			var change audio.Change
			rest, change = detector.Hear(rest)
			spoken = spoken || change == audio.VoiceBegan
			if change == audio.VoiceEnded && silence > 0 {
				return spoken, nil
			}
		}
	}
	return spoken, nil
}

// HasMicrophone reports whether the Voice has a microphone.
func (v *Voice) HasMicrophone() bool { return v.opts.Microphone != nil }

// Sounds returns what the agent hears and what the speaker plays, with the times of the samples, for a
// recording. Reading them makes neither device wait.
func (v *Voice) Sounds() (user, agent audio.Playback) { return v.recorder.Tape(), v.player }

// Levels returns how loud the speaker and the microphone are, in dBFS, from -96 to 0.
func (v *Voice) Levels() (speaker, microphone float64) {
	return v.player.Level(), v.recorder.Level()
}
