package engine

import (
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/audio"
	pagesound "moonlark/audio/browser"
	"moonlark/audio/device"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/audio/wav"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/inspector"
	face "moonlark/engine/face/screen"
	"moonlark/engine/face/web"
	"moonlark/engine/screen"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
	"moonlark/engine/voice"
)

// allow is the flag of Chromium that lets every page use the microphone.
const allow = "use-fake-ui-for-media-stream"

// A browserTest is a running engine whose sound is in a page of a real Chromium.
type browserTest struct {
	*soundTest
	device *pagesound.Device

	url, inspector string // of the pages
}

// startBrowserTest starts an engine with a screen whose page plays and records the sound. server is where Chromium plays;
// it may be nil.
func startBrowserTest(t testing.TB, server *pulsetest.Server, files ...string) *browserTest {
	t.Helper()
	use := pagesound.Use{Microphone: true, Speaker: true}
	b := &browserTest{device: pagesound.New(use)}
	opts := Options{
		Screen: screen.New(nil),
		Voice:  &voice.Settings{Choice: device.Choice{Speaker: "browser", Microphone: "browser"}, Browser: b.device},
	}
	if server == nil {
		server = new(pulsetest.Server)
	}
	b.device.Observe(opts.Screen.SetSound)
	page := face.New("1.0")
	page.UseSound(use)
	b.soundTest = startSoundTest(t, server, format48k, opts, files...)
	watching := page.Watch(b.bus)
	t.Cleanup(func() { watching.Close(time.Second) })
	serving := control.New(control.Options{Addr: "127.0.0.1:0", Names: []string{"kiosk.test"}, Log: slog.New(slog.DiscardHandler)})
	shared := web.SharedFiles()
	serving.Mount(control.Mount{Path: "/web/", Handler: shared, Public: true, ForScreen: true, MaxOpen: 32})
	serving.Mount(control.Mount{Path: "/favicon.ico", Handler: shared, Public: true, ForScreen: true})
	serving.Mount(control.Mount{Path: "/sound", Handler: web.SoundHandler(b.device, slog.New(slog.DiscardHandler)), ForScreen: true, MaxOpen: web.MaxSounds})
	stream := web.NewStream(web.StreamOptions{Version: "1.0"})
	stream.SetAgent(b.Engine.Remote())
	stream.AddField("page_sound", func() any { return use })
	for _, m := range append(page.Mounts(b.Engine.Remote()), inspector.Mounts(stream, b.Engine.Remote(), inspector.Options{})...) {
		serving.Mount(m)
	}
	if err := serving.Open(t.Context(), b.Engine.Remote()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(serving.Close)
	b.url = serving.URL() + "/screen"
	b.inspector = serving.URL() + "/inspect"
	return b
}

// fakeMicrophone starts a Chromium whose microphone plays a tone of 700 Hz from a file, again and again.
func fakeMicrophone(t testing.TB, more ...string) *browser.Browser {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(path, wav.Encode(pulsetest.Tone(700, 0.5, 5*time.Second), audio.Rate), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := append([]string{allow, "use-fake-device-for-media-stream", "use-file-for-fake-audio-capture=" + path}, more...)
	return browser.Start(t, nil, flags...)
}

// realSound starts a Chromium that plays and records with a sound server. permission is the flag that answers the question
// whether a page may use the microphone.
func realSound(t testing.TB, server *pulsetest.Server, permission string) *browser.Browser {
	t.Helper()
	// Chromium does not offer the monitor of a sink as a microphone.
	server.LoadModule("module-remap-source", "master="+pulsetest.Microphone, "source_name=desk", "source_properties=device.description=Desk")
	server.SetDefaultSource("desk")
	return browser.Start(t, []string{"PULSE_SERVER=" + server.Address(), "XDG_RUNTIME_DIR=" + server.RuntimeDir()},
		permission, "-mute-audio")
}

// openWithRealSound starts an engine, and opens the page of its screen in a Chromium of realSound. It returns
// when the agent has a conversation.
func openWithRealSound(t testing.TB, server *pulsetest.Server, permission string) (*browserTest, *soundAgent, *browser.Tab) {
	t.Helper()
	chromium := realSound(t, server, permission)
	b := startBrowserTest(t, server)
	a := b.awaitAgent()
	return b, a, chromium.Open(t, b.url, 1280, 720)
}

// purity returns the part of the power of sound that belongs to one frequency, from 0 to 1 (Goertzel).
func purity(sound []float32, hertz float64) float64 {
	w := 2 * math.Pi * hertz / audio.Rate
	var s1, s2, power float64
	for _, x := range sound {
		s1, s2 = float64(x)+2*math.Cos(w)*s1-s2, s1
		power += float64(x) * float64(x)
	}
	if power == 0 {
		return 0
	}
	return (s1*s1 + s2*s2 - 2*math.Cos(w)*s1*s2) / (power * float64(len(sound)) / 2)
}

// awaitSound waits until the page has the sound and both devices work.
func (b *browserTest) awaitSound() {
	b.t.Helper()
	b.awaitWorking(bus.Speaker)
	b.awaitWorking(bus.Microphone)
}

func TestTheMicrophoneOfABrowserReachesTheAgent(t *testing.T) {
	chromium := fakeMicrophone(t)
	b := startBrowserTest(t, nil, "a.lua", `
		on("screen", function(e) print(e.action, e.sound, screen.pages()[1] and screen.pages()[1].sound) end)`)
	a := b.awaitAgent()
	tab := chromium.Open(t, b.url, 1280, 720)
	b.awaitSound()
	testkit.Until(t, "the agent hears the tone", func() bool {
		sound := a.heardSince(max(0, a.heardLen()-audio.Rate/2))
		return len(sound) > audio.Rate/4 && purity(sound, 700) > 0.5
	})
	b.waitFor(bus.Print, "sound_on\ttrue\ttrue")

	// Another page takes the sound, and the first one can take it back.
	second := chromium.Open(t, b.url, 1280, 720)
	tab.UntilText("Another page has the sound")
	tab.CheckAccessibility(t, "taken")
	b.waitFor(bus.Print, "sound_off\tfalse")
	b.awaitSound()
	tab.Click(".sound button")
	second.UntilText("Another page has the sound")
	tab.Until("!document.querySelector('.sound')")
	b.awaitSound()

	// The page loses its microphone, and opens it again.
	tab.Do(`navigator.mediaDevices.dispatchEvent(new Event("devicechange"))`)
	tab.Until("!document.querySelector('.sound')")
	heard := a.heardLen()
	testkit.Until(t, "the agent hears the tone again", func() bool {
		return a.heardLen() > heard+audio.Rate && purity(a.heardSince(a.heardLen()-audio.Rate/2), 700) > 0.5
	})

	tab.Go("about:blank")
	second.Go("about:blank")
	if failure := b.awaitFailure(bus.Microphone); !strings.Contains(failure.Text, "page") {
		t.Errorf("without a page: %q", failure.Text)
	}
}

// The inspector uses the sound of the browser only when somebody asks for it.
func TestTheInspectorSpeaksFromHere(t *testing.T) {
	chromium := fakeMicrophone(t)
	b := startBrowserTest(t, nil)
	a := b.awaitAgent()
	tab := chromium.Open(t, b.inspector, 1600, 900)
	tab.UntilText("Speak from here")
	if b.device.Use() != (pagesound.Use{Microphone: true, Speaker: true}) || b.hasPublished(bus.Microphone, "") && b.published(bus.Microphone)[0].Text == "" {
		t.Error("the page uses the microphone although nobody has asked for it")
	}
	tab.CheckAccessibility(t, "speak from here")
	tab.Click(".speak-here button")
	tab.UntilText("You can speak here")
	b.awaitSound()
	testkit.Until(t, "the agent hears the tone", func() bool {
		sound := a.heardSince(max(0, a.heardLen()-audio.Rate/2))
		return len(sound) > audio.Rate/4 && purity(sound, 700) > 0.5
	})
	tab.Click(".speak-here button")
	tab.UntilText("Speak from here")
	b.awaitFailure(bus.Microphone)
}

func TestTheAgentIsHeardInABrowserAndCanBeInterrupted(t *testing.T) {
	server := pulsetest.Start(t)
	b, a, _ := openWithRealSound(t, server, allow)
	b.awaitSound()
	heard := server.Record(pulsetest.Heard)
	a.say(1, tone(10*time.Second))
	heard.Until(t, 0, "the agent speaks", func(sound []float32) bool {
		n, _, _ := pulsetest.Audible(sound)
		return n > audio.Rate/4
	})
	time.Sleep(300 * time.Millisecond)
	interrupted := interrupt(a, 1)
	b.waitFor(bus.Silent, "")
	time.Sleep(time.Second)
	if after := lastAudible(heard, interrupted).Sub(interrupted); after > 900*time.Millisecond {
		t.Errorf("the agent was heard for %v after the interruption", after)
	}
	next := heard.Len()
	a.say(2, pulsetest.Tone(500, 0.5, time.Second))
	heard.Until(t, next, "the next response is heard", func(sound []float32) bool {
		return len(sound) > audio.Rate/2 && purity(sound[len(sound)-audio.Rate/4:], 500) > 0.9
	})
}

// The page is not of this machine, and there is no TLS, so the browser allows no sound.
func TestAPageThatMayNotUseTheSoundSaysWhy(t *testing.T) {
	chromium := fakeMicrophone(t, "host-resolver-rules=MAP kiosk.test 127.0.0.1")
	b := startBrowserTest(t, nil)
	b.awaitAgent()
	tab := chromium.Open(t, strings.Replace(b.url, "127.0.0.1", "kiosk.test", 1), 1280, 720)
	tab.Tolerate("Cross-Origin-Opener-Policy header has been ignored") // as on every page without https
	tab.UntilText("sound only on https, or on the machine itself")
	tab.CheckAccessibility(t, "insecure")
	tab.UntilText("--unsafely-treat-insecure-origin-as-secure=http://kiosk.test")
	if failure := b.awaitFailure(bus.Microphone); !strings.Contains(failure.Text, "page") {
		t.Errorf("the microphone: %q", failure.Text)
	}
}

// Without a microphone a browser plays nothing before somebody has touched the page.
func TestAPageAsksForATouchBeforeItPlays(t *testing.T) {
	server := pulsetest.Start(t)
	b, a, tab := openWithRealSound(t, server, "deny-permission-prompts")
	tab.UntilText("Touch the page to hear the agent")
	tab.Click("main")
	b.awaitWorking(bus.Speaker)
	tab.UntilText("The browser does not allow this page to use the microphone")
	heard := server.Record(pulsetest.Heard)
	a.say(1, tone(2*time.Second))
	heard.Until(t, 0, "the agent speaks", func(sound []float32) bool {
		n, _, _ := pulsetest.Audible(sound)
		return n > audio.Rate/4
	})
	testkit.Until(t, "the reason is published", func() bool {
		return b.hasPublished(bus.Microphone, "the page has no microphone: denied")
	})
}

// The browser cancels the echo of what its page plays.
func TestTheBrowserRemovesTheEcho(t *testing.T) {
	removed := 0.0
	for range 3 { // other programs may keep the machine busy
		if removed = browserEchoRemoved(t); removed >= 10 {
			return
		}
	}
	t.Errorf("%.1f dB are removed, want 10", removed)
}

// browserEchoRemoved returns how many dB softer the agent hears the speaker than the microphone does: see echoRemoved.
func browserEchoRemoved(t *testing.T) float64 {
	t.Helper()
	server := pulsetest.Start(t)
	server.AddEcho()
	b, a, _ := openWithRealSound(t, server, allow)
	b.awaitSound()
	room := server.Record(pulsetest.Microphone)
	a.say(1, babble(9*time.Second))
	testkit.Until(t, "the microphone hears the speaker", func() bool { return audible(room, 0) })
	time.Sleep(3 * time.Second)
	var removed, before, after []float64
	for range 9 {
		from, fromRoom := a.heardLen(), room.Len()
		time.Sleep(500 * time.Millisecond)
		in, out := loudness(room.Samples(fromRoom)), loudness(a.heardSince(from))
		if in > -40 { // a lower value means that the recording lags behind the sound
			removed, before, after = append(removed, in-out), append(before, in), append(after, out)
		}
	}
	t.Logf("faults: %+v", *b.voice.Counts())
	t.Logf("dBFS in the room: %.0f; heard by the agent: %.0f; removed: %.0f", before, after, removed)
	b.Engine.Stop()
	b.wait()
	if len(removed) < 4 {
		return 0
	}
	slices.Sort(removed)
	return removed[len(removed)*3/4]
}

// BenchmarkBrowserSound measures the time from the end of the agent's message to the first sound in the monitor of the
// sound server, and from an interruption to the last sound.
func BenchmarkBrowserSound(b *testing.B) {
	server := pulsetest.Start(b)
	s, a, _ := openWithRealSound(b, server, allow)
	s.awaitSound()
	heard := server.Record(pulsetest.Heard)
	time.Sleep(2 * time.Second)
	var starts, stops []time.Duration
	for id := 1; b.Loop(); id++ {
		a.say(id, tone(5*time.Second))
		said := time.Now()
		from := heard.At(said) - audio.Rate/50
		heard.Until(b, max(from, 0), "the agent speaks", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/4
		})
		_, first, _ := pulsetest.Audible(heard.Samples(max(from, 0)))
		starts = append(starts, heard.Time(max(from, 0)+first).Sub(said))
		time.Sleep(time.Duration(id*37%100) * time.Millisecond)
		interrupted := interrupt(a, id)
		time.Sleep(800 * time.Millisecond)
		stops = append(stops, lastAudible(heard, interrupted).Sub(interrupted))
	}
	b.Logf("to the first sound: %v", starts)
	b.Logf("to the last sound after an interruption: %v", stops)
	report(b, stops)
	slices.Sort(starts)
	b.ReportMetric(float64(starts[len(starts)/2].Microseconds())/1000, "start-p50-ms")
	b.ReportMetric(float64(starts[len(starts)-1].Microseconds())/1000, "start-max-ms")
}
