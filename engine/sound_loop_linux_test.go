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
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// What is spoken into the microphone is what the agent gets, and what the agent
// sends is what plays, in each format of the wire.
func TestSpeechArrivesWholeBothWays(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		formats := pcm.Formats()
		if server.Kind() == "PipeWire" { // what differs is before the server
			formats = []pcm.Format{wide, formats[len(formats)-1]}
		}
		// It begins with a tone, since a voice begins softly.
		spoken := append(pulsetest.Tone(600, 0.5, 40*time.Millisecond), chatter(t, time.Second)...)
		for some := range slices.Chunk(formats, 2) { // at once, which is sooner done
			t.Run(fmt.Sprint(some), func(t *testing.T) {
				var wrong []string
				for range 3 {
					var underruns int64
					wrong, underruns = speakBothWays(t, server, some, spoken)
					if len(wrong) == 0 {
						break
					}
					// What plays to the microphone, and the servers, stutter
					// too where a machine is busy enough.
					t.Logf("%d underruns, %q: once more", underruns, wrong)
				}
				for _, what := range wrong {
					t.Error(what)
				}
			})
		}
	})
}

// A line is a conversation in one format, with a speaker of its own.
type line struct {
	*listener
	*stage
	heard       *pulsetest.Recording
	sent        []float32 // what the agent says, at the rate of the format
	from, heads int       // what has been heard before is to be left out
}

// speakBothWays says what was wrong, and whether the speaker ran dry.
func speakBothWays(t *testing.T, server *pulsetest.Server, formats []pcm.Format, spoken []float32) (wrong []string, underruns int64) {
	var lines []*line
	for _, format := range formats {
		sink := "speaker_" + format.String()
		server.AddSink(sink)
		voice := &Voice{Choice: device.Choice{Speaker: "pulse:" + sink, Microphone: "pulse:" + pulsetest.Microphone, Echo: "off"}}
		stage := perform(t, server, format, Options{Voice: voice})
		l := &line{stage: stage, listener: stage.ready(), heard: server.Record(sink + ".monitor"), sent: sample(spoken, audio.Rate, format.Rate)}
		defer server.RemoveSink(sink)
		defer l.heard.Stop()
		lines = append(lines, l)
	}
	for _, l := range lines {
		l.from, l.heads = l.len(), l.heard.Len()
	}
	defer server.PlayToMicrophone(spoken)()
	for _, l := range lines {
		l.say(1, l.sent)
	}
	time.Sleep(audio.Duration(len(spoken)) + time.Second) // nothing is to burn beside it
	for _, l := range lines {
		want := sample(l.sent, l.format.Rate, audio.Rate)
		down := whole(t, func() []float32 { return l.heard.Samples(l.heads) }, len(want), audio.Rate)
		wrong = append(wrong, same(t, l.format.String()+" to the speaker", down, want)...)
		up := whole(t, func() []float32 { return l.since(l.from) }, len(l.sent), l.format.Rate)
		wrong = append(wrong, same(t, l.format.String()+" from the microphone", sample(up, l.format.Rate, audio.Rate), want)...)
		underruns += l.voice.Counts().Underruns.Load()
		l.bye()
	}
	return wrong, underruns
}

// whole waits until n samples have come, and half a second more, of which the
// first is the first that can be heard, less a tenth of a second.
func whole(t *testing.T, get func() []float32, n, rate int) (sound []float32) {
	eventually(t, "all of the speech comes", func() bool {
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

// same says what is different when got, as whole gives it, is to be want all the
// way but for the very beginning, which a voice has too soft to be heard.
func same(t *testing.T, name string, got, want []float32) (wrong []string) {
	t.Helper()
	const begins = audio.Rate / 10 // in whole's sound
	at := shift(got[begins:], want[begins:3*begins], begins+begins/5)
	lost := audio.Duration(begins - at)
	got, want = got[at+begins:at+len(want)], want[begins:]
	fit := dot(got, want) / math.Sqrt(dot(got, got)*dot(want, want))
	louder := 10 * math.Log10(dot(got, got)/dot(want, want))
	worst, where := 1.0, 0
	const window = audio.Rate / 10
	for from := 0; from+window <= len(want); from += window {
		g, w := got[from:from+window], want[from:from+window]
		if dot(w, w) < dot(want, want)*window/float64(len(want))/10 {
			continue // a pause says nothing
		}
		if fit := dot(g, w) / math.Sqrt(dot(g, g)*dot(w, w)+1e-9); fit < worst {
			worst, where = fit, from
		}
	}
	t.Logf("%s: correlation %.4f, at the worst %.4f; %+.2f dB; heard from %v on", name, fit, worst, louder, lost.Round(100*time.Microsecond))
	if fit < 0.95 {
		wrong = append(wrong, fmt.Sprintf("%s: correlation %.3f, want 0.95", name, fit))
	}
	if worst < 0.9 {
		wrong = append(wrong, fmt.Sprintf("%s: correlation %.3f from %v on: something is missing there", name, worst, audio.Duration(where+begins)))
	}
	if math.Abs(louder) > 1 {
		wrong = append(wrong, fmt.Sprintf("%s: it is louder by %.2f dB", name, louder))
	}
	return wrong
}

// shift is where in got, of the first so many samples, piece is found best:
// roughly at first.
func shift(got, piece []float32, most int) (at int) {
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
	for lag := 0; lag < most; lag += 4 {
		try(lag, 3)
	}
	rough := at
	best = math.Inf(-1)
	for lag := max(0, rough-8); lag < rough+8; lag++ {
		try(lag, 1)
	}
	return at
}

// dot is of b and as much of a.
func dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range b {
		sum += float64(x) * float64(a[i])
	}
	return sum
}

// chatter is speech that long: a synthesizer's, or noise with the rhythm of it.
func chatter(t testing.TB, length time.Duration) []float32 {
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
	t.Log("espeak-ng is not installed: noise takes its place")
	return babble(length)
}

// babble is noise with the rhythm of speech, the same each time.
func babble(length time.Duration) []float32 {
	sound, seed, low := make([]float32, audio.Samples(length)), uint32(1), 0.0
	for i := range sound {
		seed = seed*1664525 + 1013904223
		low += 0.3 * (float64(seed>>8)/(1<<23) - 1 - low)
		sound[i] = float32(0.5 * math.Pow(math.Sin(2*math.Pi*2*float64(i)/audio.Rate), 2) * low)
	}
	return sound
}

// sample is sound at another rate, without what that cannot hold. It takes the
// textbook's way, and shares no code with what is tested.
func sample(sound []float32, from, to int) []float32 {
	const lobes = 16
	cut := 0.46 * float64(min(from, to)) / float64(from) // in turns a sample
	width := lobes / (2 * cut)
	phases := to / gcd(from, to) // after which the same weights come again
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

// A farewell is heard to its end, whoever hangs up.
func TestLastWordsAreHeardToTheirEnd(t *testing.T) {
	server := pulsetest.Start(t)
	for _, who := range []string{"the agent", "the script"} {
		t.Run(who, func(t *testing.T) {
			s := perform(t, server, full, Options{}, "a.lua", `on("agent_response", function() session.stop() end)`)
			a := s.ready()
			heard := server.Record(pulsetest.Heard)
			a.say(1, tone(1500*time.Millisecond))
			switch who {
			case "the agent":
				a.bye()
			case "the script":
				a.send(&convai.AgentResponse{Text: "Goodbye.", EventID: 1})
			}
			if err := s.wait(); err != nil {
				t.Error(err)
			}
			n, first, last := pulsetest.Audible(heard.Samples(0))
			if got := audio.Duration(last - first + 1); got < 1480*time.Millisecond || got > 1600*time.Millisecond {
				t.Errorf("of 1.5 s of farewell %v was heard, %d samples", got, n)
			}
			if all := s.all(event.Silent); len(all) != 1 || all[0].Interrupted {
				t.Errorf("told of its end: %v", all)
			}
		})
	}
}
