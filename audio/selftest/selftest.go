// Package selftest measures the echo between a speaker and a microphone. It plays test sounds,
// records with the microphone, and finds out whether the microphone hears the speaker, how long the
// echo takes, and which setting of --echo removes the echo best.
package selftest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pcm"
)

const (
	// maximum time until the microphone delivers its first sound
	openTimeout = 3 * time.Second
	// length of the silence during which the noise of the room is measured
	roomLength   = time.Second
	chirpLength  = time.Second     // length of the chirp, a tone that rises
	speechLength = 6 * time.Second // length of the artificial speech
	// time at the beginning of the speech during which an echo canceller may adapt
	learnLength = 3 * time.Second
	tail        = 500 * time.Millisecond // how much longer than a test sound the recording lasts
	amplitude   = 0.25                   // peak amplitude of the chirp and of the speech
	lowRate     = 8000                   // sample rate at which the delay is calculated
	maxDelay    = time.Second            // maximum delay that can be measured
	// the microphone hears the chirp if it is louder than the room by this many dB
	minEcho     = 6.0
	goodRemoval = 20.0 // removing this many dB of the echo is good
	fairRemoval = 10.0 // removing this many dB of the echo is acceptable
)

// A Result contains all measurements of a test.
type Result struct {
	Speaker    string        // name of the speaker
	Microphone string        // name of the microphone
	Room       float64       // level of the noise in the room, in dBFS
	Level      float64       // level of the recorded chirp, in dBFS
	Delay      time.Duration // delay of the echo, in addition to the delays that the devices report
	Removed    []Removed     // effect of each setting of --echo
	Use        string        // the recommended setting of --echo
	Why        string        // the reason for the recommendation
}

// Removed is the effect of one setting of --echo.
type Removed struct {
	Echo string  // the setting of --echo
	DB   float64 // by how many dB the echo was reduced
	Err  error   // why the setting could not be tested, or nil
}

// Heard reports whether the microphone hears the speaker.
func (r Result) Heard() bool { return r.Level > r.Room+minEcho }

// Run tests the speaker and the microphone of a choice, which takes about half a minute. It calls
// progress with a description of each step before the step begins. It returns an error if a device
// cannot be opened or delivers too little sound.
func Run(ctx context.Context, choice device.Choice, log *slog.Logger, progress func(string)) (Result, error) {
	var r Result
	progress("recording the silent room, then playing a chirp")
	choice.Echo = "off"
	got, err := record(ctx, choice, log, append(silence(roomLength), chirp()...), roomLength)
	if err != nil {
		return r, err
	}
	r.Speaker, r.Microphone = got.speaker, got.microphone
	r.Room = level(got.mic[:audio.Samples(roomLength)*9/10])
	r.Level = level(got.mic[audio.Samples(roomLength):])
	if !r.Heard() {
		r.Use, r.Why = "off", "the microphone does not hear the speaker (this is normal for a headset; otherwise check the volume)"
		return r, nil
	}
	r.Delay = delay(got.played, got.mic)
	levelWithout := 0.0 // level of the recorded speech with --echo off
	for _, echo := range []string{"off", "server", "speex", "gate"} {
		choice.Echo = echo
		progress("playing artificial speech with --echo " + echo)
		got, err := record(ctx, choice, log, speech(), learnLength)
		if ctx.Err() != nil {
			return r, context.Cause(ctx)
		}
		remaining := 0.0
		if err == nil {
			remaining = level(got.clean[audio.Samples(learnLength):])
		}
		if echo == "off" {
			if err != nil {
				return r, err
			}
			levelWithout = remaining
			continue
		}
		r.Removed = append(r.Removed, Removed{echo, levelWithout - max(remaining, r.Room-20), err})
	}
	r.Use, r.Why = advise(r.Removed)
	return r, nil
}

// advise recommends a setting of --echo, and returns the setting and the reason. It recommends the
// first of settings with a good effect, or otherwise the first one with an acceptable effect. The
// setting "gate" comes last, because the gate mutes the user too. settings is in the order of
// preference.
func advise(settings []Removed) (use, why string) {
	for _, minimum := range []float64{goodRemoval, fairRemoval} {
		for _, s := range settings {
			if s.Err == nil && s.DB >= minimum && s.Echo != "gate" {
				return s.Echo, fmt.Sprintf("it removes %.0f dB", s.DB)
			}
		}
	}
	return "gate", "no other setting removes enough echo; with the gate, speak loudly to interrupt the agent"
}

// A recording contains what the speaker played and what the microphone recorded during the same
// time.
type recording struct {
	speaker, microphone string    // names of the devices
	played              []float32 // sound that the speaker played
	mic                 []float32 // sound that the microphone recorded
	clean               []float32 // sound that the microphone recorded, after the echo was removed
}

// record opens both devices, plays sound while it records, and returns the recording. It returns an
// error if a device fails or the recording is shorter than minLength plus tail.
func record(ctx context.Context, choice device.Choice, log *slog.Logger, sound []float32, minLength time.Duration) (*recording, error) {
	devices, err := device.Choose(choice, device.Options{Log: log})
	if err != nil {
		return nil, err
	}
	defer devices.Close()
	if devices.Speaker == nil || devices.Microphone == nil {
		return nil, errors.New("the test needs a speaker and a microphone")
	}
	ctx, cancel := context.WithCancel(ctx)
	player := audio.NewPlayer(devices.Speaker, new(audio.Counts))
	s := &recordingSink{player: player, began: make(chan struct{})}
	if devices.Echo != nil {
		s.echo = devices.Echo(player)
	}
	var running sync.WaitGroup
	failed := make(chan error, 2)
	running.Go(func() {
		if err := devices.Speaker.Play(ctx, player); err != nil {
			failed <- fmt.Errorf("speaker: %w", err)
		}
	})
	running.Go(func() {
		if err := devices.Microphone.Record(ctx, s); err != nil {
			failed <- fmt.Errorf("microphone: %w", err)
		}
	})
	defer running.Wait()
	defer cancel()
	wait := func(d time.Duration, until <-chan struct{}) error {
		select {
		case <-until:
			return nil
		case <-time.After(d):
			return nil
		case err := <-failed:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err := wait(openTimeout, s.began); err != nil {
		return nil, err
	}
	// the speaker may take longer to open than the microphone
	if err := wait(time.Second, nil); err != nil {
		return nil, err
	}
	s.start()
	if err := player.Play(player.NewClip(sound, audio.TrackOptions{Volume: 1})); err != nil {
		return nil, err
	}
	if err := wait(audio.Duration(len(sound))+tail, nil); err != nil {
		return nil, err
	}
	got := s.stop()
	got.speaker, got.microphone = devices.Speaker.String(), devices.Microphone.String()
	if audio.Duration(len(got.mic)) < minLength+tail {
		return nil, fmt.Errorf("microphone: recorded only %v of sound in %v", audio.Duration(len(got.mic)).Round(time.Millisecond), audio.Duration(len(sound))+tail)
	}
	return got, nil
}

// A recordingSink records the sound of the microphone together with the sound that the speaker
// played at the same time.
type recordingSink struct {
	player *audio.Player
	echo   audio.EchoRemover // nil if no echo is removed
	once   sync.Once
	began  chan struct{} // closed when the first sound arrives

	mu        sync.Mutex // guards recording
	recording *recording // nil before start and after stop
}

// Take implements [audio.Sink].
func (s *recordingSink) Take(sound []float32, age time.Duration) {
	s.once.Do(func() { close(s.began) })
	played, clean := make([]float32, len(sound)), append([]float32(nil), sound...)
	s.player.Played(played, s.player.SampleAt(time.Now().Add(-age))-int64(len(sound)))
	if s.echo != nil {
		s.echo.Remove(clean, age)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recording != nil {
		s.recording.played = append(s.recording.played, played...)
		s.recording.mic = append(s.recording.mic, sound...)
		s.recording.clean = append(s.recording.clean, clean...)
	}
}

// start starts a new recording.
func (s *recordingSink) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recording = new(recording)
}

// stop ends the recording and returns it.
func (s *recordingSink) stop() *recording {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.recording
	s.recording = nil
	return r
}

// silence returns silence of length d.
func silence(d time.Duration) []float32 { return make([]float32, audio.Samples(d)) }

// chirp returns a tone whose frequency rises from 300 to 3000 Hz.
func chirp() []float32 {
	sound := silence(chirpLength)
	for i := range sound {
		s := float64(i) / audio.Rate
		sound[i] = float32(amplitude * math.Sin(2*math.Pi*(300*s+1350*s*s/chirpLength.Seconds())))
	}
	return sound
}

// speech returns artificial speech: noise with the rhythm of speech. Each call returns the same
// sound.
func speech() []float32 {
	sound, seed, low := silence(speechLength), uint32(1), 0.0
	for i := range sound {
		seed = seed*1664525 + 1013904223
		low += 0.3 * (float64(seed>>8)/(1<<23) - 1 - low)
		syllable := math.Pow(math.Sin(2*math.Pi*2*float64(i)/audio.Rate), 2)
		sound[i] = float32(2 * amplitude * syllable * low)
	}
	return sound
}

// level returns the root mean square of sound in dBFS.
func level(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/math.Max(float64(len(sound)), 1)+1e-10)
}

// delay returns the delay of an echo. played is the sound that the speaker played, and mic is the
// recording that contains its echo. If mic contains no echo, the result has no meaning.
func delay(played, mic []float32) time.Duration {
	far := pcm.NewResampler(audio.Rate, lowRate).Append(nil, played)
	near := pcm.NewResampler(audio.Rate, lowRate).Append(nil, mic)
	maxCorrelation, delay := 0.0, 0
	for lag := range int(maxDelay.Seconds() * lowRate) {
		sum := 0.0
		for i := lag; i < min(len(near), len(far)+lag); i++ {
			sum += float64(near[i]) * float64(far[i-lag])
		}
		if math.Abs(sum) > maxCorrelation {
			maxCorrelation, delay = math.Abs(sum), lag
		}
	}
	return time.Duration(delay) * time.Second / lowRate
}

// String returns the result as a table that is shown to the user.
func (r Result) String() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s"+format+"\n", append([]any{name}, args...)...)
	}
	row("speaker", "%s", r.Speaker)
	row("microphone", "%s", r.Microphone)
	row("room", "%.0f dBFS", r.Room)
	row("chirp", "%.0f dBFS", r.Level)
	if r.Heard() {
		row("delay", "%v", r.Delay.Round(time.Millisecond))
	}
	for _, w := range r.Removed {
		if w.Err != nil {
			row(w.Echo, "%v", w.Err)
		} else {
			row(w.Echo, "%.0f dB of echo removed", w.DB)
		}
	}
	row("use", "--echo %s: %s", r.Use, r.Why)
	return b.String()
}
