package engine

import (
	"os"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/audio/wav"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

func TestScriptsControlTheSoundAndGetItsEvents(t *testing.T) {
	t.Parallel()
	server := pulsetest.Start(t)
	s := startSoundTest(t, server, format48k, Options{}, "a.lua", `
		on("speaking", function(e) print("speaking", e.event_id) end)
		on("spoken", function(e) print("spoken", e.event_id, e.text) end)
		on("silent", function(e) print("silent", e.event_id, e.interrupted) end)
		local levels, loudest, voice = 0, -96, false
		on("level", function(e)
			levels, loudest, voice = levels + 1, math.max(loudest, e.level), voice or e.voice
		end)
		register_tool("levels", function()
			local got = { levels = levels, loudest = loudest, voice = voice }
			levels, loudest, voice = 0, -96, false
			return got
		end)
		register_tool("volume", function(args) return assert(session.volume(args.to)) end)
		register_tool("mute", function(args) return assert(session.mute(args.on)) end)
		register_tool("listen", function(args) return assert(session.listen(args.on)) end)
		register_tool("beep", function() return assert(audio.beep(1000, 0.2)) end)
		register_tool("play", function(args) return audio.play(args.file, { duck = false }) ~= nil end)
	`)
	writeTone(t, s.path("ding.wav"))
	a := s.awaitReady()
	heard := server.Record(pulsetest.Heard)

	// call calls a tool and returns the result. The agent goes on hearing sound meanwhile.
	call := func(id, name, args string) (result string) {
		t.Helper()
		a.startCall(id, name, args)
		for {
			select {
			case m := <-a.messages:
				if r, ok := m.(*convai.ClientToolResult); ok && r.ToolCallID == id {
					return r.Result
				}
			case <-time.After(testkit.Timeout):
				t.Fatalf("%s: no result", name)
			}
		}
	}
	// nextSound waits until there is sound after the sample from, and then none. It returns the peak and
	// the length of the sound.
	nextSound := func(from int) (peak float32, length time.Duration) {
		t.Helper()
		heard.Until(t, from, "sound and then silence", func(sound []float32) bool {
			n, first, last := pulsetest.Audible(sound)
			peak, length = 0, audio.Duration(last-first)
			for _, x := range sound {
				peak = max(peak, x)
			}
			return n > 0 && len(sound)-last > audio.Rate/5
		})
		return peak, length
	}

	t.Run("the events of what is heard", func(t *testing.T) {
		sound := tone(600 * time.Millisecond)
		a.send(&convai.Audio{EventID: 7, Sound: format48k.Append(nil, sound), Alignment: &convai.Alignment{
			Chars: []string{"h", "i", " ", "y", "o", "u"}, StartsMS: []int{0, 100, 200, 300, 400, 500}, DurationsMS: []int{100, 100, 100, 100, 100, 100},
		}})
		for _, want := range []string{"speaking\t7", "spoken\t7\thi ", "spoken\t7\tyou", "silent\t7\tfalse"} {
			s.waitFor(bus.Print, want)
		}
	})
	t.Run("volume", func(t *testing.T) {
		call("v1", "volume", `{"to":0.25}`)
		time.Sleep(200 * time.Millisecond) // the recording lags behind the sound
		from := heard.Len()
		a.say(8, tone(300*time.Millisecond))
		if peak, _ := nextSound(from); peak < 0.11 || peak > 0.14 {
			t.Errorf("at a volume of 0.25 the peak is %.3f, want 0.125", peak)
		}
		call("v2", "volume", `{"to":1}`)
	})
	t.Run("beep and play", func(t *testing.T) {
		from := heard.Len()
		call("b", "beep", `{}`)
		if peak, length := nextSound(from); peak < 0.2 || peak > 0.3 || length < 150*time.Millisecond || length > 250*time.Millisecond {
			t.Errorf("a beep of 0.2 s with the peak 0.25 was heard for %v with the peak %.2f", length, peak)
		}
		from = heard.Len()
		if got := call("p", "play", `{"file":"ding.wav"}`); got != "true" {
			t.Errorf("play returned %s", got)
		}
		if peak, length := nextSound(from); peak < 0.35 || peak > 0.45 || length < 250*time.Millisecond || length > 350*time.Millisecond {
			t.Errorf("a file of 0.3 s with the peak 0.4 was heard for %v with the peak %.2f", length, peak)
		}
		if got := call("q", "play", `{"file":"dong.wav"}`); got == "true" {
			t.Error("play of a missing file returned true")
		}
	})
	t.Run("the microphone", func(t *testing.T) {
		stop := server.PlayToMicrophone(speech(t, 20*time.Second))
		from := a.heardLen()
		testkit.Until(t, "the agent hears", func() bool { return a.hears(from) })
		call("l0", "levels", `{}`)
		time.Sleep(1500 * time.Millisecond)
		t.Log(call("l1", "levels", `{}`))
		for _, row := range []struct{ tool, off, on string }{
			{"mute", `{"on":true}`, `{"on":false}`},
			{"listen", `{"on":false}`, `{"on":true}`},
		} {
			call("off"+row.tool, row.tool, row.off)
			time.Sleep(300 * time.Millisecond)
			from := a.heardLen()
			time.Sleep(500 * time.Millisecond)
			if n := a.heardLen() - from; n < audio.Rate/4 || a.hears(from) {
				t.Errorf("after %s(%s) %d samples came within 0.5 s, audible %v", row.tool, row.off, n, a.hears(from))
			}
			call("on"+row.tool, row.tool, row.on)
			from = a.heardLen()
			testkit.Until(t, "the agent hears again", func() bool { return a.hears(from) })
		}
		stop()
	})
}

// writeTone writes a WAV file with 0.3 s of a tone.
func writeTone(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := wav.NewWriter(file, audio.Rate)
	if err == nil {
		err = w.Write(pulsetest.Tone(1000, 0.4, 300*time.Millisecond))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
