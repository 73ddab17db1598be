package localagent

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/silero/silerotest"
)

// detected is what a speechDetector finds in a sound.
type detected struct {
	begins, ends []time.Duration // times at which speech began, and at which sentences were over
	run          time.Duration   // duration of the longest run of speech
	frames       int             // number of frames that the network heard
}

// detectSpeech passes the sound to a new speechDetector.
func detectSpeech(sound []float32, patience Patience) (got detected) {
	d := newSpeechDetector(patience.endSilence())
	at := 0
	for frame := range slices.Chunk(sound, frameSamples) {
		if len(frame) < frameSamples {
			break
		}
		change := d.hear(frame, sound[:at])
		at += len(frame)
		if d.running {
			got.frames++
		}
		got.run = max(got.run, d.run)
		switch change {
		case speechBegan:
			got.begins = append(got.begins, audio.Duration(at))
		case speechDropped:
			got.begins = got.begins[:len(got.begins)-1]
		case speechEnded:
			got.ends = append(got.ends, audio.Duration(at))
			d.forgetSpeech()
		}
	}
	return got
}

func TestNoSpeechIsDetectedInOtherSounds(t *testing.T) {
	const length = 5 * time.Second
	room := silerotest.Hiss(length, -60)
	for name, sound := range map[string][]float32{
		"quiet room":     silerotest.Silence(length),
		"music":          silerotest.Music(length),
		"quiet music":    silerotest.AtLevel(silerotest.Music(length), -40),
		"vacuum cleaner": silerotest.Vacuum(length),
		"door":           silerotest.Door(length),
		"loud door":      silerotest.AtLevel(silerotest.Door(length), -10),
		"typing":         silerotest.Typing(length),
		"cough":          silerotest.Cough(length),
	} {
		// the most patient detector has the most time to collect speech
		if got := detectSpeech(silerotest.Mix(sound, room), Relaxed); len(got.ends) > 0 || got.run >= Aggressive.interruptingSpeech() {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSpeechOverNoiseIsDetected(t *testing.T) {
	const length = 10 * time.Second
	for _, row := range []struct {
		name  string
		noise []float32
		level float64 // the speech has -20
	}{
		{"quiet room", silerotest.Hiss(length, -60), -60},
		{"hiss, 10 dB below", silerotest.Hiss(length, -30), -30},
		{"hiss, 5 dB below", silerotest.Hiss(length, -25), -25},
		{"vacuum cleaner, 10 dB below", silerotest.Vacuum(length), -30},
		{"vacuum cleaner, 5 dB below", silerotest.Vacuum(length), -25},
		{"music, 10 dB below", silerotest.Music(length), -30},
	} {
		// two sentences, with a pause of 3 s
		sentence := silerotest.Sentence()
		speech := slices.Concat(silence(3*time.Second), sentence, silence(10*time.Second))
		sound := silerotest.Mix(silerotest.AtLevel(row.noise, row.level), speech)
		got := detectSpeech(sound, DefaultPatience)
		begin, end := 3*time.Second, 3*time.Second+audio.Duration(len(sentence))
		if len(got.begins) != 1 || len(got.ends) != 1 {
			t.Errorf("%s: %+v, want one sentence", row.name, got)
			continue
		}
		if late := got.begins[0] - begin; late < 0 || late > 300*time.Millisecond {
			t.Errorf("%s: the sentence began at %v, want %v", row.name, got.begins[0], begin)
		}
		if late := got.ends[0] - end - DefaultPatience.endSilence(); late < -200*time.Millisecond || late > 200*time.Millisecond {
			t.Errorf("%s: the sentence was over %v after its end", row.name, got.ends[0]-end)
		}
		if got.run < Relaxed.interruptingSpeech() {
			t.Errorf("%s: only %v of speech", row.name, got.run)
		}
	}
}

func TestMusicDoesNotKeepASentenceOpen(t *testing.T) {
	music := silerotest.AtLevel(silerotest.Music(20*time.Second), -32)
	speech := slices.Concat(silence(5*time.Second), silerotest.Sentence(), silence(20*time.Second))
	got := detectSpeech(silerotest.Mix(music, speech), DefaultPatience)
	if len(got.ends) != 1 || got.ends[0] > 10*time.Second {
		t.Errorf("got %+v, want an end before 10 s", got)
	}
}

func TestPatienceSaysWhenASentenceIsOver(t *testing.T) {
	half := silerotest.Sentence()[:audio.Samples(1200*time.Millisecond)]
	pause := 500 * time.Millisecond
	sound := slices.Concat(silence(time.Second), half, silence(pause), half, silence(2*time.Second))
	for patience, want := range map[Patience]int{Aggressive: 2, DefaultPatience: 1, Relaxed: 1} {
		if got := detectSpeech(sound, patience); len(got.ends) != want {
			t.Errorf("patience %v: %+v, want %d sentences", patience, got, want)
		}
	}
}

func TestNetworkRunsOnlyWhileThereIsSound(t *testing.T) {
	quiet := silerotest.Hiss(10*time.Second, -60)
	if got := detectSpeech(quiet, DefaultPatience); got.frames > 0 {
		t.Errorf("the network heard %d frames of a quiet room", got.frames)
	}
	sound := slices.Concat(quiet, silerotest.Sentence(), silerotest.Hiss(10*time.Second, -60))
	got := detectSpeech(sound, DefaultPatience)
	if duration := time.Duration(got.frames) * frameDuration; duration > 5*time.Second {
		t.Errorf("the network heard %v for a sentence of 3 s", duration)
	}
}

func TestDetectorOfSpeechDoesNotAllocate(t *testing.T) {
	d := newSpeechDetector(time.Second)
	sound := voice(time.Second)
	n := testing.AllocsPerRun(5, func() {
		for at := 0; at+frameSamples <= len(sound); at += frameSamples {
			d.hear(sound[at:at+frameSamples], sound[:at])
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The words that must not be lost take 0.2 s to 0.5 s.
func TestShortAnswersAreDetected(t *testing.T) {
	for _, d := range []time.Duration{200, 250, 300, 400} {
		d *= time.Millisecond
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			sound := slices.Concat(silerotest.Hiss(time.Second, -60), voice(d), silerotest.Hiss(2*time.Second, -60))
			if got := detectSpeech(sound, DefaultPatience); len(got.ends) != 1 {
				t.Errorf("%+v, want a sentence", got)
			}
		})
	}
}
