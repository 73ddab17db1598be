package wake

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/engine/speech"
	"moonlark/engine/speech/wyoming/wyomingtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A scriptedRecogniser calls one function of runs each time it is started, in order. When all
// functions have been called, it waits until ctx is done.
type scriptedRecogniser struct {
	runs   []func(working func(), detected func(speech.Detection)) error
	began  []time.Duration // when each run began, measured from origin
	origin time.Time
}

func (s *scriptedRecogniser) String() string { return "scripted" }

func (s *scriptedRecogniser) Recognise(ctx context.Context, _ func(context.Context, []byte) error, working func(), detected func(speech.Detection)) error {
	n := len(s.began)
	s.began = append(s.began, time.Since(s.origin))
	if n < len(s.runs) {
		return s.runs[n](working, detected)
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// listen runs a listener with the recogniser s for d of fake time. It returns the words that were
// detected and the health reports.
func listen(t *testing.T, s *scriptedRecogniser, d time.Duration) (detected, reports []string) {
	t.Helper()
	s.origin = time.Now()
	l := &Listener{recogniser: s, sound: newBuffer(new(audio.Counts))}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	l.Run(ctx,
		func(d speech.Detection) { detected = append(detected, d.Word) },
		func(h audio.Health) { reports = append(reports, fmt.Sprint(h.Device, ": ", h.Err)) })
	return detected, reports
}

func TestALostRecogniserIsStartedAgainAfterGrowingDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fail := func(func(), func(speech.Detection)) error { return errors.New("refused") }
		workFor := func(d time.Duration) func(func(), func(speech.Detection)) error {
			return func(working func(), _ func(speech.Detection)) error {
				working()
				working()
				time.Sleep(d)
				return errors.New("lost")
			}
		}
		s := &scriptedRecogniser{runs: []func(func(), func(speech.Detection)) error{
			fail, fail, workFor(time.Second), fail, workFor(11 * time.Second), fail,
		}}
		_, reports := listen(t, s, time.Hour)
		// The delays before the restarts are 0.5, 1, 2 and 4 s. After the run of 11 s they are 0.5
		// and 1 s.
		want := []time.Duration{0, 500, 1500, 4500, 8500, 20000, 21000}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if !slices.Equal(s.began, want) {
			t.Errorf("runs began at %v, want %v", s.began, want)
		}
		wantReports := []string{"scripted: refused", "scripted: <nil>", "scripted: lost", "scripted: <nil>", "scripted: lost"}
		if !slices.Equal(reports, wantReports) {
			t.Errorf("got reports %q, want %q", reports, wantReports)
		}
	})
}

func TestTheDelayIsAtMostHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scriptedRecogniser{}
		for range 10 {
			s.runs = append(s.runs, func(func(), func(speech.Detection)) error { return errors.New("refused") })
		}
		_, reports := listen(t, s, time.Hour)
		if n := len(s.began); n != 11 || s.began[10]-s.began[9] != maxDelay {
			t.Errorf("runs began at %v", s.began)
		}
		if len(reports) != 1 {
			t.Errorf("got reports %q, want one", reports)
		}
	})
}

func TestADetectionSoonAfterAnotherIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scriptedRecogniser{runs: []func(func(), func(speech.Detection)) error{
			func(_ func(), detected func(speech.Detection)) error {
				detected(speech.Detection{Word: "first"})
				time.Sleep(time.Second)
				detected(speech.Detection{Word: "first again"})
				time.Sleep(time.Second)
				detected(speech.Detection{Word: "second"})
				return errors.New("lost")
			},
		}}
		if detected, _ := listen(t, s, time.Minute); !slices.Equal(detected, []string{"first", "second"}) {
			t.Errorf("got %q", detected)
		}
	})
}

// This test uses real recognisers. They must get the sound that Hear was called with, and Run must
// report their detections.
func TestAListenerWithARealRecogniser(t *testing.T) {
	server := wyomingtest.Start(t, "", "alexa")
	specs := map[string]string{"wyoming:" + server.Address: "alexa at the server"}
	if runtime.GOOS != "windows" {
		specs["exec:head -c 3200 >/dev/null; echo alexa; cat >/dev/null"] = "a command"
	}
	for spec, name := range specs {
		t.Run(name, func(t *testing.T) {
			var counts audio.Counts
			l, err := New(spec, Options{Counts: &counts})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			go func() {
				sound := make([]float32, audio.Samples(20*time.Millisecond))
				for ctx.Err() == nil {
					l.Hear(sound)
					time.Sleep(time.Millisecond)
				}
			}()
			if name != "a command" {
				go func() {
					server.AwaitSound(3200)
					server.Detect("alexa")
				}()
			}
			detected := false
			l.Run(ctx, func(d speech.Detection) {
				detected = d.Word == "alexa"
				cancel()
			}, func(audio.Health) {})
			if !detected {
				t.Error("no detection within 20 s")
			}
		})
	}
}

func TestARecogniserThatReadsNothingMissesSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var counts audio.Counts
		l := &Listener{sound: newBuffer(&counts)}
		l.sound.take(make([]byte, 2)) // the only read, which opens the buffer
		for range 105 {               // the listener gets 2.1 s of sound
			l.Hear(make([]float32, audio.Samples(20*time.Millisecond)))
		}
		if n := counts.WakeDropped.Load(); n < 4 || n > 5 {
			t.Errorf("%d pieces of 20 ms were dropped, want 5", n)
		}
	})
}

func TestNewAcceptsWyomingServersAndCommands(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "want wyoming:HOST",
		"openwakeword":        "want wyoming:HOST",
		"exec: ":              `nothing follows "exec:"`,
		"wyoming:":            `nothing follows "wyoming:"`,
		"wyoming::10400":      "there is no host",
		"wyoming:here":        "here:10400",
		"wyoming:[::1],alexa": "[::1]:10400",
		"wyoming:h:1,a,,b ":   "a, b at h:1",
		"exec:hear it":        "exec:hear it",
	} {
		l, err := New(text, Options{})
		got := fmt.Sprint(err)
		if err == nil {
			got = l.String()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", text, got, want)
		}
	}
}

// A recogniser that works for a moment again and again must not fill the log with reports. When it
// works in the end, that is reported.
func TestARecogniserThatFailsAgainAndAgainIsReportedAFewTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(scriptedRecogniser)
		for range 20 {
			s.runs = append(s.runs, func(working func(), _ func(speech.Detection)) error {
				working()
				time.Sleep(5 * time.Second)
				return errors.New("lost")
			})
		}
		s.runs = append(s.runs, func(working func(), _ func(speech.Detection)) error {
			working()
			time.Sleep(time.Hour)
			return errors.New("the end")
		})
		_, reports := listen(t, s, time.Hour)
		if want := 2*maxShortRuns + 1; len(reports) != want || reports[want-1] != "scripted: <nil>" {
			t.Errorf("got %q", reports)
		}
	})
}
