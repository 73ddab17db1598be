// Package selftest finds out by playing and listening how a speaker and a
// microphone get on with each other: whether the one hears the other, how much
// later, and what takes the echo away.
package selftest

import (
	"context"
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
	settling  = 3 * time.Second        // that a device may take to open, and a canceller to begin
	room      = time.Second            // of silence, to hear how loud the room is
	chirping  = time.Second            // of chirp
	talking   = 6 * time.Second        // of what sounds like speech
	learning  = 3 * time.Second        // of that, which a canceller may take to learn
	tail      = 500 * time.Millisecond // after a sound, for what is left of it in the room
	loudness  = 0.25                   // of what is played, at its peaks
	lowRate   = 8000                   // at which recordings are compared
	mostDelay = time.Second
	audible   = 6.0  // dB above the room, and the chirp was heard
	good      = 20.0 // dB of echo removed, that are enough
	tolerable = 10.0
)

// A Result is what was found out.
type Result struct {
	Speaker    string // what a person would call it
	Microphone string
	Room       float64       // how loud the room is, dBFS
	Level      float64       // how loud the chirp came back, dBFS
	Delay      time.Duration // after the devices say that it was heard
	Removed    []Removed     // by each way to be without echo
	Use        string        // the value of --echo to use
	Why        string
}

// Removed is what one way to be without echo does.
type Removed struct {
	Echo string  // the value of --echo
	DB   float64 // of echo removed
	Err  error   // why it cannot be tried
}

// Heard says whether the microphone hears the speaker at all.
func (r Result) Heard() bool { return r.Level > r.Room+audible }

// Run tests the devices of a choice, which takes some half a minute. tell is told
// what is being done. The error is that a device cannot be opened.
func Run(ctx context.Context, choice device.Choice, log *slog.Logger, tell func(string)) (Result, error) {
	var r Result
	tell("listening to the room, then playing a chirp")
	choice.Echo = "off"
	got, err := record(ctx, choice, log, append(silence(room), chirp()...), room)
	if err != nil {
		return r, err
	}
	r.Speaker, r.Microphone = got.speaker, got.microphone
	r.Room = level(got.mic[:audio.Samples(room)*9/10])
	r.Level = level(got.mic[audio.Samples(room):])
	if !r.Heard() {
		r.Use, r.Why = "off", "the microphone does not hear the speaker: a headset, or one of the two is muted"
		return r, nil
	}
	r.Delay = delay(got.said, got.mic)
	before := 0.0
	for _, echo := range []string{"off", "server", "speex", "gate"} {
		choice.Echo = echo
		tell("speaking, with --echo " + echo)
		got, err := record(ctx, choice, log, speech(), learning)
		if ctx.Err() != nil {
			return r, context.Cause(ctx)
		}
		left := 0.0
		if err == nil {
			left = level(got.clean[audio.Samples(learning):])
		}
		if echo == "off" {
			if err != nil {
				return r, err
			}
			before = left
			continue
		}
		r.Removed = append(r.Removed, Removed{echo, before - max(left, r.Room-20), err})
	}
	r.Use, r.Why = advise(r.Removed)
	return r, nil
}

// advise chooses the first way that is good enough: they are in the order in
// which they are to be preferred, since the gate shuts out the user too.
func advise(all []Removed) (use, why string) {
	for _, least := range []float64{good, tolerable} {
		for _, w := range all {
			if w.Err == nil && w.DB >= least && w.Echo != "gate" {
				return w.Echo, fmt.Sprintf("it removes %.0f dB", w.DB)
			}
		}
	}
	return "gate", "nothing else removes enough; the agent can then be interrupted only by speaking up"
}

// A recording is what was said and heard, from the same moment on.
type recording struct {
	speaker, microphone string
	said, mic, clean    []float32
}

// record plays sound once both devices work, and returns what was said and heard
// from then on; at least is how much of it there has to be.
func record(ctx context.Context, choice device.Choice, log *slog.Logger, sound []float32, least time.Duration) (*recording, error) {
	sounds, err := device.Choose(choice, device.Options{Log: log})
	if err != nil {
		return nil, err
	}
	defer sounds.Close()
	if sounds.Speaker == nil || sounds.Microphone == nil {
		return nil, fmt.Errorf("a speaker and a microphone are needed")
	}
	ctx, cancel := context.WithCancel(ctx)
	player := audio.NewPlayer(sounds.Speaker, new(audio.Counts))
	t := &taker{player: player, began: make(chan struct{})}
	if sounds.Echo != nil {
		t.echo = sounds.Echo(player)
	}
	var running sync.WaitGroup
	failed := make(chan error, 2)
	running.Go(func() {
		if err := sounds.Speaker.Play(ctx, player); err != nil {
			failed <- fmt.Errorf("speaker: %w", err)
		}
	})
	running.Go(func() {
		if err := sounds.Microphone.Record(ctx, t); err != nil {
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
	if err := wait(settling, t.began); err != nil {
		return nil, err
	}
	if err := wait(time.Second, nil); err != nil { // a speaker can be slower than a microphone
		return nil, err
	}
	t.start()
	if err := player.Play(sound); err != nil {
		return nil, err
	}
	if err := wait(audio.Duration(len(sound))+tail, nil); err != nil {
		return nil, err
	}
	got := t.stop()
	got.speaker, got.microphone = sounds.Speaker.String(), sounds.Microphone.String()
	if audio.Duration(len(got.mic)) < least+tail {
		return nil, fmt.Errorf("microphone: it brought %v of sound in %v", audio.Duration(len(got.mic)).Round(time.Millisecond), audio.Duration(len(sound))+tail)
	}
	return got, nil
}

// A taker keeps what the microphone hears, with what the speaker said meanwhile.
type taker struct {
	player *audio.Player
	echo   audio.Echo // nil for none
	once   sync.Once
	began  chan struct{} // closed at the first sound

	mu  sync.Mutex // guards what follows
	got *recording // nil: nothing is kept
}

func (t *taker) Take(sound []float32, age time.Duration) {
	t.once.Do(func() { close(t.began) })
	said, clean := make([]float32, len(sound)), append([]float32(nil), sound...)
	t.player.Heard(said, t.player.At(time.Now().Add(-age))-int64(len(sound)))
	if t.echo != nil {
		t.echo.Remove(clean, age)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.got != nil {
		t.got.said = append(t.got.said, said...)
		t.got.mic = append(t.got.mic, sound...)
		t.got.clean = append(t.got.clean, clean...)
	}
}

func (t *taker) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.got = new(recording)
}

func (t *taker) stop() *recording {
	t.mu.Lock()
	defer t.mu.Unlock()
	got := t.got
	t.got = nil
	return got
}

func silence(d time.Duration) []float32 { return make([]float32, audio.Samples(d)) }

// chirp rises from 300 to 3,000 Hz.
func chirp() []float32 {
	sound := silence(chirping)
	for i := range sound {
		s := float64(i) / audio.Rate
		sound[i] = float32(loudness * math.Sin(2*math.Pi*(300*s+1350*s*s/chirping.Seconds())))
	}
	return sound
}

// speech is noise with the rhythm of speech, the same each time.
func speech() []float32 {
	sound, seed, low := silence(talking), uint32(1), 0.0
	for i := range sound {
		seed = seed*1664525 + 1013904223
		low += 0.3 * (float64(seed>>8)/(1<<23) - 1 - low)
		syllable := math.Pow(math.Sin(2*math.Pi*2*float64(i)/audio.Rate), 2)
		sound[i] = float32(2 * loudness * syllable * low)
	}
	return sound
}

// level is the RMS in dBFS.
func level(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/math.Max(float64(len(sound)), 1)+1e-10)
}

// delay is how much later than said mic is.
func delay(said, mic []float32) time.Duration {
	far := pcm.NewResampler(audio.Rate, lowRate).Append(nil, said)
	near := pcm.NewResampler(audio.Rate, lowRate).Append(nil, mic)
	best, at := 0.0, 0
	for lag := range int(mostDelay.Seconds() * lowRate) {
		sum := 0.0
		for i := lag; i < min(len(near), len(far)+lag); i++ {
			sum += float64(near[i]) * float64(far[i-lag])
		}
		if math.Abs(sum) > best {
			best, at = math.Abs(sum), lag
		}
	}
	return time.Duration(at) * time.Second / lowRate
}

// String is the result in words.
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
