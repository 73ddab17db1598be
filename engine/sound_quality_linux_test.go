package engine

import (
	"bytes"
	"fmt"
	"math"
	"os/exec"
	"slices"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pcm"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/audio/wav"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
	"moonlark/engine/voice"
)

// The agent must get what is spoken into the microphone, and the speaker must play what the agent
// sends, in each format of the protocol.
func TestSpeechArrivesUnchangedInBothDirections(t *testing.T) {
	// The speech begins with a tone, because a voice begins softly.
	spoken := append(pulsetest.Tone(600, 0.5, 40*time.Millisecond), speech(t, time.Second)...)
	test := func(start func(testing.TB) *pulsetest.Server, formats []pcm.Format) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel() // beside the other formats, but not beside other tests
			server := start(t)
			var faults []string
			for range 3 {
				var underruns int64
				faults, underruns = speakBothWays(t, server, formats, spoken)
				if len(faults) == 0 {
					break
				}
				// On a busy machine the sound server and the program that plays to the microphone
				// have underruns, too.
				t.Logf("%d underruns, %q: trying again", underruns, faults)
			}
			for _, fault := range faults {
				t.Error(fault)
			}
		}
	}
	formats := pcm.Formats()
	for group := range slices.Chunk(formats, 2) {
		t.Run(fmt.Sprint("PulseAudio/", group), test(pulsetest.Start, group))
	}
	// Moonlark converts the formats before the sound reaches the server, so that two of them are
	// enough here.
	group := []pcm.Format{format16k, formats[len(formats)-1]}
	t.Run(fmt.Sprint("PipeWire/", group), test(pulsetest.StartPipeWire, group))
}

// A line is a conversation in one format, with a speaker of its own.
type line struct {
	*soundAgent
	*soundTest
	played *pulsetest.Recording // what the speaker plays
	sent   []float32            // what the agent says, at the rate of the format

	heardFrom, playedFrom int // how many samples the agent has heard and the speaker has played before
}

// speakBothWays holds a conversation in each format at the same time. spoken is played into the
// microphone, and each agent says it. It returns the faults that it found, and the number of
// underruns of the speakers.
func speakBothWays(t *testing.T, server *pulsetest.Server, formats []pcm.Format, spoken []float32) (faults []string, underruns int64) {
	var lines []*line
	for _, format := range formats {
		sink := "speaker_" + format.String()
		server.AddSink(sink)
		voice := &voice.Settings{Choice: device.Choice{Speaker: "pulse:" + sink, Microphone: "pulse:" + pulsetest.Microphone, Echo: "off"}}
		s := startSoundTest(t, server, format, Options{Voice: voice})
		l := &line{soundTest: s, soundAgent: s.awaitReady(), played: server.Record(sink + ".monitor"), sent: resample(spoken, audio.Rate, format.Rate)}
		defer server.RemoveSink(sink)
		defer l.played.Stop()
		lines = append(lines, l)
	}
	for _, l := range lines {
		l.heardFrom, l.playedFrom = l.heardLen(), l.played.Len()
	}
	defer server.PlayToMicrophone(spoken)()
	for _, l := range lines {
		l.say(1, l.sent)
	}
	time.Sleep(audio.Duration(len(spoken)) + time.Second) // the checks below need processor time, and could cause underruns
	for _, l := range lines {
		want := resample(l.sent, l.format.Rate, audio.Rate)
		played := awaitSpeech(t, func() []float32 { return l.played.Samples(l.playedFrom) }, len(want), audio.Rate)
		faults = append(faults, compare(t, l.format.String()+" to the speaker", played, want)...)
		heard := awaitSpeech(t, func() []float32 { return l.heardSince(l.heardFrom) }, len(l.sent), l.format.Rate)
		faults = append(faults, compare(t, l.format.String()+" from the microphone", resample(heard, l.format.Rate, audio.Rate), want)...)
		underruns += l.voice.Counts().Underruns
		l.hangUp()
	}
	return faults, underruns
}

// awaitSpeech waits until get returns speech of n samples and half a second more, and returns that.
// It begins a tenth of a second before the first audible sample.
func awaitSpeech(t *testing.T, get func() []float32, n, rate int) (sound []float32) {
	testkit.Until(t, "the speech has arrived", func() bool {
		sound = get()
		_, first, _ := pulsetest.Audible(sound)
		if first < 0 {
			return false
		}
		sound = append(make([]float32, max(0, rate/10-first)), sound[max(0, first-rate/10):]...)
		if len(sound) <= n+rate/2 {
			time.Sleep(100 * time.Millisecond)
		}
		return len(sound) > n+rate/2
	})
	return sound[:n+rate/2]
}

// compare compares got, as awaitSpeech returns it, with want and returns the differences. It leaves
// out the first tenth of a second, of which the beginning may be too soft to be audible.
func compare(t *testing.T, name string, got, want []float32) (faults []string) {
	t.Helper()
	const start = audio.Rate / 10
	at := find(got[start:], want[start:3*start], start+start/5)
	lost := audio.Duration(start - at)
	got, want = got[at+start:at+len(want)], want[start:]
	fit := dot(got, want) / math.Sqrt(dot(got, got)*dot(want, want))
	louder := 10 * math.Log10(dot(got, got)/dot(want, want))
	minFit, minAt := 1.0, 0 // the lowest correlation of a window, and where that window begins
	const window = audio.Rate / 10
	for from := 0; from+window <= len(want); from += window {
		g, w := got[from:from+window], want[from:from+window]
		if dot(w, w) < dot(want, want)*window/float64(len(want))/10 {
			continue // the speech pauses here
		}
		if fit := dot(g, w) / math.Sqrt(dot(g, g)*dot(w, w)+1e-9); fit < minFit {
			minFit, minAt = fit, from
		}
	}
	t.Logf("%s: correlation %.4f, minimum %.4f; %+.2f dB; audible from %v on", name, fit, minFit, louder, lost.Round(100*time.Microsecond))
	if fit < 0.95 {
		faults = append(faults, fmt.Sprintf("%s: correlation %.3f, want 0.95", name, fit))
	}
	if minFit < 0.9 {
		faults = append(faults, fmt.Sprintf("%s: correlation %.3f from %v on: sound is missing there", name, minFit, audio.Duration(minAt+start)))
	}
	if math.Abs(louder) > 1 {
		faults = append(faults, fmt.Sprintf("%s: it is louder by %.2f dB", name, louder))
	}
	return faults
}

// find returns the index below max at which piece fits best into got. It first searches with a
// coarse step, and then around the best index.
func find(got, piece []float32, max int) (at int) {
	best := math.Inf(-1)
	try := func(lag, stride int) {
		sum := 0.0
		for i := 0; i < len(piece); i += stride {
			sum += float64(got[lag+i]) * float64(piece[i])
		}
		if sum *= float64(stride); sum > best {
			best, at = sum, lag
		}
	}
	for lag := 0; lag < max; lag += 4 {
		try(lag, 3)
	}
	coarse := at
	best = math.Inf(-1)
	for lag := coarse - 8; lag < coarse+8; lag++ {
		if lag >= 0 {
			try(lag, 1)
		}
	}
	return at
}

// dot returns the dot product of b and the beginning of a.
func dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range b {
		sum += float64(x) * float64(a[i])
	}
	return sum
}

// speech returns synthesized speech of this length. Without espeak-ng it returns that of babble.
func speech(t testing.TB, length time.Duration) []float32 {
	t.Helper()
	n := audio.Samples(length)
	cmd := exec.Command("espeak-ng", "--stdout", "The quick brown fox jumps over the lazy dog, again and again, while seven wizards quietly box with jolly gnomes in the park.")
	data, err := cmd.Output()
	if err == nil {
		said, err := wav.Read(bytes.NewReader(data), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		once := said.At(audio.Rate)
		sound := make([]float32, 0, n+len(once))
		for len(sound) < n {
			sound = append(sound, once...)
		}
		return sound[:n]
	}
	t.Log("espeak-ng is not installed: using noise instead")
	return babble(length)
}

// babble returns noise with the rhythm of speech, the same each time.
func babble(length time.Duration) []float32 {
	sound, seed, low := make([]float32, audio.Samples(length)), uint32(1), 0.0
	for i := range sound {
		seed = seed*1664525 + 1013904223
		low += 0.3 * (float64(seed>>8)/(1<<23) - 1 - low)
		sound[i] = float32(0.5 * math.Pow(math.Sin(2*math.Pi*2*float64(i)/audio.Rate), 2) * low)
	}
	return sound
}

// resample converts sound to another rate, without the frequencies that the rate cannot represent.
// It uses a windowed sinc filter and shares no code with the resampler that is tested.
func resample(sound []float32, from, to int) []float32 {
	const lobes = 16
	cut := 0.46 * float64(min(from, to)) / float64(from) // the cut-off frequency, in periods per sample
	width := lobes / (2 * cut)
	phases := to / gcd(from, to) // the weights repeat after so many samples
	weights := make([][]float64, phases)
	out := make([]float32, len(sound)*to/from)
	for i := range out {
		at := float64(i) * float64(from) / float64(to)
		first := int(math.Ceil(at - width))
		w := weights[i%phases]
		if w == nil {
			for k := first; float64(k) < at+width; k++ {
				x := float64(k) - at
				w = append(w, 2*cut*sinc(2*cut*x)*(0.5+0.5*math.Cos(math.Pi*x/width)))
			}
			weights[i%phases] = w
		}
		sum := 0.0
		for j, weight := range w {
			if k := first + j; k >= 0 && k < len(sound) {
				sum += weight * float64(sound[k])
			}
		}
		out[i] = float32(sum)
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func TestAFarewellIsHeardToItsEnd(t *testing.T) {
	for _, who := range []string{"the agent", "the script"} {
		t.Run(who+" hangs up", func(t *testing.T) {
			t.Parallel() // beside the other subtest, but not beside other tests
			server := pulsetest.Start(t)
			s := startSoundTest(t, server, format48k, Options{}, "a.lua", `on("agent_response", function() session.stop() end)`)
			a := s.awaitReady()
			heard := server.Record(pulsetest.Heard)
			a.say(1, tone(1500*time.Millisecond))
			switch who {
			case "the agent":
				a.hangUp()
			case "the script":
				a.send(&convai.AgentResponse{Text: "Goodbye.", EventID: 1})
			}
			if err := s.wait(); err != nil {
				t.Error(err)
			}
			n, first, last := pulsetest.Audible(heard.Samples(0))
			if got := audio.Duration(last - first + 1); got < 1480*time.Millisecond || got > 1600*time.Millisecond {
				t.Errorf("%v of a farewell of 1.5 s was heard, %d samples", got, n)
			}
			if all := s.published(bus.Silent); len(all) != 1 || all[0].Interrupted {
				t.Errorf("the events at its end are %v, want one that does not say interrupted", all)
			}
		})
	}
}
