package wasapi

import (
	"cmp"
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"moonlark/audio"
)

const toneHertz = 440

// A tone is a source of a tone that can be turned off. It counts the samples that were lost.
type tone struct {
	mu   sync.Mutex
	off  bool
	next int
	lost []int
}

func (s *tone) Fill(sound []float32, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range sound {
		sound[i] = 0
		if !s.off {
			sound[i] = float32(0.5 * math.Sin(2*math.Pi*toneHertz*float64(s.next)/audio.Rate))
		}
		s.next++
	}
}

func (s *tone) Lost(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, n)
}

// recorded keeps all sound that a microphone records.
type recorded struct {
	mu      sync.Mutex
	sound   []float32
	longest int
	maxAge  time.Duration
}

func (r *recorded) Take(sound []float32, age time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sound = append(r.sound, sound...)
	r.longest, r.maxAge = max(r.longest, len(sound)), max(r.maxAge, age)
}

// last returns the last n samples, or nil if there are fewer.
func (r *recorded) last(n int) []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sound) < n {
		return nil
	}
	return append([]float32(nil), r.sound[len(r.sound)-n:]...)
}

func peak(sound []float32) (p float32) {
	for _, v := range sound {
		p = max(p, v, -v)
	}
	return p
}

// crossings returns how often the sound changes from negative to positive.
func crossings(sound []float32) (n int) {
	for i := range sound[1:] {
		if sound[i] < 0 && sound[i+1] >= 0 {
			n++
		}
	}
	return n
}

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
	}
}

func needDevices(t *testing.T) {
	t.Helper()
	speakers, microphones, err := Devices()
	if err != nil || len(speakers) == 0 || len(microphones) == 0 {
		t.Skipf("there is no sound device here: %v", err)
	}
}

// The default microphone must hear what the default speaker plays.
func TestTheMicrophoneHearsTheSpeakerUntilAFlush(t *testing.T) {
	needDevices(t)
	counts := new(audio.Counts)
	source, sink := new(tone), new(recorded)
	speaker, microphone := NewSpeaker("", counts), NewMicrophone("", counts)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 2)
	go func() { ended <- speaker.Play(ctx, source) }()
	go func() { ended <- microphone.Record(ctx, sink) }()

	const half = audio.Rate / 2
	until(t, "the tone is recorded", func() bool {
		select {
		case err := <-ended:
			t.Fatal(err)
		default:
		}
		sound := sink.last(half)
		return sound != nil && math.Abs(float64(crossings(sound))-toneHertz/2) <= 3 && peak(sound) > 0.3 && peak(sound) < 0.7
	})

	source.mu.Lock()
	source.off = true
	source.mu.Unlock()
	before := time.Now()
	speaker.Flush()
	until(t, "it is silent", func() bool { return peak(sink.last(audio.Rate/10)) < 0.01 })
	t.Logf("silent for 100 ms %v after the flush; oldest sound: %v", time.Since(before).Round(time.Millisecond), sink.maxAge)
	source.mu.Lock()
	if len(source.lost) != 1 || source.lost[0] > audio.Samples(2*playbackBuffer) {
		t.Errorf("Lost was called with %v, want one number of at most twice the buffer", source.lost)
	}
	source.mu.Unlock()
	if sink.longest > chunk {
		t.Errorf("the sink got %d samples at a time, want at most %d", sink.longest, chunk)
	}
	cancel()
	for range 2 {
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("a device goes on after its context is done")
		}
	}
}

func TestTheDefaultDevicesAreListed(t *testing.T) {
	needDevices(t)
	speakers, microphones, _ := Devices()
	for _, list := range [][]Device{speakers, microphones} {
		defaults := 0
		for _, d := range list {
			t.Logf("%+v", d)
			if d.Name == "" || d.Description == "" {
				t.Errorf("a device has no name: %+v", d)
			}
			if d.Default {
				defaults++
			}
		}
		if defaults != 1 {
			t.Errorf("%d default devices in %v, want 1", defaults, list)
		}
	}
}

func TestADeviceIsFoundByItsNameAndItsID(t *testing.T) {
	needDevices(t)
	speakers, _, _ := Devices()
	for _, name := range []string{speakers[0].Name, speakers[0].Description} {
		ctx, cancel := context.WithCancel(t.Context())
		source := new(tone)
		ended := make(chan error, 1)
		go func() { ended <- NewSpeaker(name, nil).Play(ctx, source) }()
		until(t, "the speaker plays", func() bool {
			source.mu.Lock()
			defer source.mu.Unlock()
			return source.next > 0
		})
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnUnknownDeviceIsAnError(t *testing.T) {
	needDevices(t)
	for _, err := range []error{
		NewSpeaker("nothing", nil).Play(t.Context(), new(tone)),
		NewMicrophone("nothing", nil).Record(t.Context(), new(recorded)),
	} {
		if err == nil || !strings.HasSuffix(err.Error(), "wasapi nothing: there is no such device") {
			t.Errorf("got %v", err)
		}
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	needDevices(t)
	done, err := useCOM()
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	event, err := windows.CreateEvent(nil, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(event)
	stream, err := open(recording, "", captureBuffer, event)
	if err != nil {
		t.Fatal(err)
	}
	stream.id = "" // looks for no other default device
	sink := &recorded{sound: make([]float32, 0, 10*audio.Rate)}
	r := &reader{stream: stream, sink: sink, counts: new(audio.Counts), sound: make([]float32, chunk), frequency: 1e7}
	defer r.close()
	if err := r.client.call(start); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() {
		for before := len(sink.sound); len(sink.sound) == before; {
			if err := cmp.Or(r.wait(), r.readAll()); err != nil {
				t.Fatal(err)
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations each time that the device has recorded sound, want none", n)
	}
}

func TestPlayingAllocatesNothing(t *testing.T) {
	needDevices(t)
	done, err := useCOM()
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	s := NewSpeaker("", nil)
	stream, err := open(playback, "", playbackBuffer, s.event)
	if err != nil {
		t.Fatal(err)
	}
	stream.id = "" // looks for no other default device
	p := &player{stream: stream, source: new(tone), counts: s.counts}
	defer p.close()
	if err := p.fill(); err != nil {
		t.Fatal(err)
	}
	if err := p.client.call(start); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() {
		if err := cmp.Or(p.wait(), p.refill()); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations each time that the device has played sound, want none", n)
	}
}
