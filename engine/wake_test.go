package engine

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pcm"
	"moonlark/audio/wake/waketest"
	"moonlark/audio/wav"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// rising is a WAV file of a minute that rises from 0 to 1, so that each place in
// it can be told.
func rising(t *testing.T) string {
	t.Helper()
	file, err := os.Create(t.TempDir() + "/rising.wav")
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

var sixteen = pcm.Format{Encoding: pcm.S16, Rate: 16000}

// slowFake is fake with an agent that takes a while to be connected to.
func slowFake(t *testing.T, slow time.Duration, agent func(*fakeAgent)) string {
	t.Helper()
	var wg sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(slow)
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		wg.Add(1)
		defer wg.Done()
		defer conn.Close()
		a := &fakeAgent{t: t, conn: conn}
		a.expect("conversation_initiation_client_data")
		a.send(&convai.ConversationInitiationMetadata{
			ConversationID: "conv_fake", AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000",
		})
		agent(a)
	}))
	t.Cleanup(func() { server.Close(); wg.Wait() })
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// heardPlaces are where in the file, in seconds, each 20 ms of sound are from.
// The silence that stands in for a microphone that is late is left out.
func heardPlaces(sound []float32) []float64 {
	var places []float64
	for frame := range slices.Chunk(sound, 320) {
		slices.Sort(frame)
		if middle := float64(frame[len(frame)/2]) * 60; middle > 0.01 {
			places = append(places, middle)
		}
	}
	return places
}

// There is no real recogniser here: the server speaks its protocol, and the test
// says when the word is heard.
func TestAWakeWordBeginsAConversationAndNothingSaidSinceIsLost(t *testing.T) {
	const slow, after = 2500 * time.Millisecond, time.Second
	for name, script := range map[string]string{
		"a script starts it": `on("wake", function(e) print("woken by", e.word) assert(session.start{ preroll = true }) end)`,
		"no script listens":  `on("status", function(e) print("status", e.status) end)`,
	} {
		for _, chunk := range []time.Duration{0, 250 * time.Millisecond} {
			t.Run(name+" "+chunk.String(), func(t *testing.T) {
				heard := make(chan []byte, 1)
				url := slowFake(t, slow, func(a *fakeAgent) {
					var sound []byte
					for m := a.next(); m != nil && len(sound) < sixteen.Bytes(audio.Preroll+slow+after); m = a.next() {
						if c, ok := m.(*convai.UserAudioChunk); ok {
							sound, _ = c.Base64.AppendBytes(sound)
						}
					}
					heard <- sound
					a.close(1000, "")
				})
				recogniser := waketest.Start(t, "", "hey_moon")
				h := build(t, Options{
					Target: Target{URL: url}, Wait: true,
					Voice: &Voice{
						Choice: device.Choice{Speaker: "none", Microphone: "wav:" + rising(t), Echo: "off"},
						Chunk:  chunk, Wake: "wyoming:" + recogniser.Address + ",hey_moon",
					},
				}, "script.lua", script)
				h.start(t.Context())
				recogniser.Await()
				time.Sleep(2 * time.Second) // something is said before
				said := pcm.NewDecoder(sixteen).Append(nil, recogniser.Sound())
				detected := float64(said[len(said)-1]) * 60 // seconds into the file
				recogniser.Detect("hey_moon")
				h.until(event.Wake, "hey_moon")
				var sound []float32
				select {
				case wire := <-heard:
					sound = pcm.NewDecoder(sixteen).Append(nil, wire)
				case <-time.After(30 * time.Second):
					t.Fatal("nobody has connected")
				}
				places := heardPlaces(sound)
				if before := detected - places[0]; before < 0.8 || before > 1.6 { // a busy machine is late
					t.Errorf("it begins %.2f s before the word was detected", before)
				}
				for i := range places[1:] {
					if step := places[i+1] - places[i]; step < 0 || step > 0.05 {
						t.Errorf("after %.2f s of the file comes %.2f s", places[i], places[i+1])
					}
				}
				if strings.Contains(script, "woken") {
					h.until(event.Print, "woken by\they_moon")
				}
				if n := h.voice.Counts().Dropped.Load(); n > 0 {
					t.Errorf("%d chunks were dropped", n)
				}
			})
		}
	}
}

func TestAWakeWordIsAnEventWithoutWaitAndAConversationIsNotDisturbed(t *testing.T) {
	recogniser := waketest.Start(t, "", "stop")
	h := build(t, Options{
		Target: Target{URL: fake(t, func(a *fakeAgent) {
			for a.next() != nil {
			}
		})},
		Voice: &Voice{
			Choice: device.Choice{Speaker: "none", Microphone: "wav:" + rising(t), Echo: "off"},
			Wake:   "wyoming:" + recogniser.Address, WakeAlways: true,
		},
	}, "script.lua", `
		on("wake", function(e) print("heard", e.word, e.score) print(session.start()) session.stop() end)
		on("listening", function(e) print("listening", e.listening) end)
		on("status", function(e) if e.status == "connected" then print(session.listen(false)) end end)`)
	wait := h.start(t.Context())
	h.until(event.Connected, "")
	h.until(event.Print, "listening\tfalse")
	if h.Listening() {
		t.Error("it listens")
	}
	h.SetListening(true)
	h.SetListening(true)
	h.until(event.Print, "listening\ttrue")
	recogniser.Await()
	recogniser.Detect("stop")
	h.until(event.Print, "heard\tstop\tnil")
	h.until(event.Print, "nil\tthere is a conversation already")
	if err := wait(); err != nil {
		t.Error(err)
	}
	if n := len(h.all(event.Listening)); n != 2 {
		t.Errorf("%d events of listening", n)
	}
	if all := h.all(event.WakeWord); len(all) == 0 || all[0].Device != "wyoming at "+recogniser.Address {
		t.Errorf("of the recogniser it is told %v", all)
	}
}

func TestAWakeWordThatCannotBeIsAMistake(t *testing.T) {
	_, err := New(Options{Scripts: []string{"a.lua"}, Voice: &Voice{Wake: "alexa"}})
	if err == nil || !strings.Contains(err.Error(), "wake word: alexa: it can be wyoming:HOST:PORT or exec:COMMAND") {
		t.Errorf("got %v", err)
	}
}
