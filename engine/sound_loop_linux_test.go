package engine

import (
	"bytes"
	"math"
	"os/exec"
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
// sends is what plays, in each format of the wire: at the same time, to spare
// some.
func TestSpeechArrivesWholeBothWays(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		// It begins with a tone, since a voice begins softly.
		spoken := append(pulsetest.Tone(600, 0.5, 40*time.Millisecond), chatter(t, 1500*time.Millisecond)...)
		type line struct {
			*listener
			heard       *pulsetest.Recording
			sent        []float32
			from, heads int
		}
		var lines []*line
		for _, format := range pcm.Formats() {
			sink := "speaker_" + format.String()
			server.AddSink(sink)
			voice := &Voice{Choice: device.Choice{Speaker: "pulse:" + sink, Microphone: "pulse:" + pulsetest.Microphone, Echo: "off"}}
			stage := perform(t, server, format, Options{Voice: voice})
			lines = append(lines, &line{
				listener: stage.ready(), heard: server.Record(sink + ".monitor"),
				sent: sample(spoken, audio.Rate, format.Rate),
			})
		}
		for _, l := range lines {
			l.from, l.heads = l.len(), l.heard.Len()
		}
		server.PlayToMicrophone(spoken)
		for _, l := range lines {
			l.say(1, l.sent)
		}
		for _, l := range lines {
			want := sample(l.sent, l.format.Rate, audio.Rate)
			t.Run(l.format.String()+"/down", func(t *testing.T) {
				got := whole(t, func() []float32 { return l.heard.Samples(l.heads) }, len(want), audio.Rate)
				same(t, got, want)
			})
			t.Run(l.format.String()+"/up", func(t *testing.T) {
				got := whole(t, func() []float32 { return l.since(l.from) }, len(l.sent), l.format.Rate)
				same(t, sample(got, l.format.Rate, audio.Rate), want)
			})
		}
	})
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
		return len(sound) > n+rate/2
	})
	return sound[:n+rate/2]
}

// same looks whether got, as whole gives it, is want all the way but for the
// very beginning, of which a busy machine may lose some.
func same(t *testing.T, got, want []float32) {
	t.Helper()
	const begins = audio.Rate / 10 // in whole's sound
	at, most := 0, 0.0
	for lag := range begins + begins/5 {
		piece := want[begins : 3*begins]
		if fit := dot(got[lag+begins:], piece); fit > most {
			at, most = lag, fit
		}
	}
	lost := audio.Duration(begins - at) // with it what is too soft to be heard
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
	t.Logf("correlation %.4f, at the worst %.4f; %+.2f dB; heard from %v on", fit, worst, louder, lost)
	if fit < 0.95 {
		t.Errorf("correlation %.3f, want 0.95", fit)
	}
	if worst < 0.9 {
		t.Errorf("correlation %.3f from %v on: something is missing there", worst, audio.Duration(where+begins))
	}
	if math.Abs(louder) > 1 {
		t.Errorf("it is louder by %.2f dB", louder)
	}
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
	const lobes = 24
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
				a.leave(1000)
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
