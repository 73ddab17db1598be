package engine

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/speech/wyoming/wyomingtest"
	"moonlark/engine/testkit"
	"moonlark/engine/voice"
)

// writeRamp writes a WAV file of a minute and returns its path. The samples rise from 0 to 1, so
// that the value of each sample tells its place in the file.
func writeRamp(t *testing.T) string {
	t.Helper()
	file, err := os.Create(t.TempDir() + "/ramp.wav")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sound := make([]float32, audio.Samples(time.Minute))
	for i := range sound {
		sound[i] = float32(i) / float32(len(sound))
	}
	w, err := wav.NewWriter(file, audio.Rate)
	if err == nil {
		err = w.Write(sound)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// serveSlowAgent starts an agent that delays each handshake, and returns its URL. The sound has the
// format format16k.
func serveSlowAgent(t *testing.T, delay time.Duration, play func(*testAgent)) (url string) {
	t.Helper()
	handshake := func(_ http.ResponseWriter, _ *http.Request, accept func()) { time.Sleep(delay); accept() }
	return testkit.AgentOptions{Handshake: handshake}.Serve(t, func(c *testkit.Conversation) {
		c.Open()
		play(&testAgent{t, c})
	}).URL
}

// fileTimes returns the place in the file of writeRamp, in seconds, of each 20 ms of sound. It
// leaves out the silence that is sent while the microphone is late.
func fileTimes(sound []float32) []float64 {
	var times []float64
	for frame := range slices.Chunk(sound, 320) {
		slices.Sort(frame)
		if median := float64(frame[len(frame)/2]) * 60; median > 0.01 {
			times = append(times, median)
		}
	}
	return times
}

// The test decides when the wake word is detected: the recogniser is a server of the test that
// speaks the Wyoming protocol.
func TestAWakeWordStartsAConversationWithTheSoundBeforeIt(t *testing.T) {
	if testing.Short() {
		t.Skip("listens in real time for some seconds")
	}
	t.Parallel()
	const delay, after = 2500 * time.Millisecond, time.Second
	for name, script := range map[string]string{
		"a script starts it": `on("wake", function(e) print("woken by", e.word) assert(session.start{ preroll = true }) end)`,
		"no script listens":  `on("status", function(e) print("status", e.status) end)`,
	} {
		for _, chunk := range []time.Duration{0, 250 * time.Millisecond} {
			t.Run(name+" "+chunk.String(), func(t *testing.T) {
				t.Parallel()
				heard := make(chan []byte, 1)
				url := serveSlowAgent(t, delay, func(a *testAgent) {
					var sound []byte
					for len(sound) < format16k.Bytes(audio.Preroll+delay+after) {
						next, err := a.Next()
						if err != nil {
							break
						}
						f, _ := convai.ParseClient(next.Text)
						if c, ok := f.Message.(*convai.UserAudioChunk); ok {
							sound = append(sound, c.Sound...)
						}
					}
					heard <- sound
					a.Close(1000, "")
				})
				recogniser := wyomingtest.Start(t, "", "hey_moon")
				h := newTestEngine(t, Options{
					Target: connect.Target{URL: url}, Wait: true,
					Voice: &voice.Settings{
						Choice: device.Choice{Speaker: "none", Microphone: "wav:" + writeRamp(t), Echo: "off"},
						Chunk:  chunk, Wake: "wyoming:" + recogniser.Address + ",hey_moon",
					},
				}, "script.lua", script)
				h.start(t.Context())
				said := pcm.NewDecoder(format16k).Append(nil, recogniser.AwaitSound(format16k.Bytes(2*time.Second)))
				detected := float64(said[len(said)-1]) * 60 // the place in the file that was played when the word was detected, in seconds
				recogniser.Detect("hey_moon")
				h.waitFor(bus.Wake, "hey_moon")
				var sound []float32
				select {
				case wire := <-heard:
					sound = pcm.NewDecoder(format16k).Append(nil, wire)
				case <-time.After(testkit.Timeout):
					t.Fatal("the agent has not heard enough sound")
				}
				times := fileTimes(sound)
				if before := detected - times[0]; before < 0.8 || before > 1.6 { // about 1 s; more on a busy machine
					t.Errorf("the sound begins %.2f s before the detection of the word", before)
				}
				for i := range times[1:] {
					if step := times[i+1] - times[i]; step < 0 || step > 0.05 {
						t.Errorf("the sound from %.2f s of the file is followed by that from %.2f s", times[i], times[i+1])
					}
				}
				if strings.Contains(script, "woken") {
					h.waitFor(bus.Print, "woken by\they_moon")
				}
				if n := h.voice.Counts().Dropped; n > 0 {
					t.Errorf("%d chunks were dropped", n)
				}
			})
		}
	}
}

func TestAWakeWordDuringAConversationIsOnlyAnEvent(t *testing.T) {
	t.Parallel()
	recogniser := wyomingtest.Start(t, "", "stop")
	h := newTestEngine(t, Options{
		Target: connect.Target{URL: serveAgent(t, func(a *testAgent) {
			a.Wait()
		})},
		Voice: &voice.Settings{
			Choice: device.Choice{Speaker: "none", Microphone: "wav:" + writeRamp(t), Echo: "off"},
			Wake:   "wyoming:" + recogniser.Address, WakeAlways: true,
		},
	}, "script.lua", `
		on("wake", function(e) print("heard", e.word, e.score) print(session.start()) session.stop() end)
		on("listening", function(e) print("listening", e.listening) end)
		on("status", function(e) if e.status == "connected" then print(session.listen(false)) end end)`)
	wait := h.start(t.Context())
	h.waitFor(bus.Connected, "")
	h.waitFor(bus.Print, "listening\tfalse")
	if h.Listening() {
		t.Error("Listening reports true after session.listen(false)")
	}
	h.Listen(true)
	h.Listen(true)
	h.waitFor(bus.Print, "listening\ttrue")
	recogniser.AwaitListener()
	recogniser.Detect("stop")
	h.waitFor(bus.Print, "heard\tstop\tnil")
	h.waitFor(bus.Print, "nil\tthere is a conversation already")
	if err := wait(); err != nil {
		t.Error(err)
	}
	if n := len(h.published(bus.Listening)); n != 2 {
		t.Errorf("%d listening events, want 2", n)
	}
	if all := h.published(bus.WakeWord); len(all) == 0 || all[0].Device != "wyoming at "+recogniser.Address {
		t.Errorf("the events of the recogniser are %v", all)
	}
}

func TestAnInvalidWakeWordIsAnErrorOfNew(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Scripts: []string{"a.lua"}, Voice: &voice.Settings{Wake: "alexa"}})
	if err == nil || !strings.Contains(err.Error(), "wake word: alexa: want wyoming:HOST[:PORT][,NAME] or exec:COMMAND") {
		t.Errorf("got %v", err)
	}
}
