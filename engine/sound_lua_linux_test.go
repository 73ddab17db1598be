package engine

import (
	"os"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/audio/wav"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// All that a script can do with the sound, and is told of it.
func TestScriptsHaveSound(t *testing.T) {
	server := pulsetest.Start(t)
	s := perform(t, server, full, Options{}, "a.lua", `
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
		register_tool("play", function(args) return audio.play(args.file) end)
	`)
	s.write("ding.wav", string(ding(t)))
	a := s.ready()
	heard := server.Record(pulsetest.Heard)

	// call runs a tool, and hears on meanwhile.
	call := func(id, name, args string) (result string) {
		t.Helper()
		a.ask(id, name, args)
		for {
			select {
			case m := <-a.others:
				if r, ok := m.(*convai.ClientToolResult); ok && r.ToolCallID == id {
					return r.Result
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s does not answer", name)
			}
		}
	}
	// loud is how loud what follows is at its peak, and how long.
	loud := func(from int) (peak float32, length time.Duration) {
		t.Helper()
		heard.Until(t, from, "there is sound, and then none", func(sound []float32) bool {
			n, first, last := pulsetest.Audible(sound)
			peak, length = 0, audio.Duration(last-first)
			for _, x := range sound {
				peak = max(peak, x)
			}
			return n > 0 && len(sound)-last > audio.Rate/5
		})
		return peak, length
	}

	t.Run("events of what is heard", func(t *testing.T) {
		sound := tone(600 * time.Millisecond)
		a.send(&convai.Audio{EventID: 7, Base64: convai.EncodeSound(full.Append(nil, sound)), Alignment: &convai.Alignment{
			Chars: []string{"h", "i", " ", "y", "o", "u"}, StartsMS: []int{0, 100, 200, 300, 400, 500}, DurationsMS: []int{100, 100, 100, 100, 100, 100},
		}})
		for _, want := range []string{"speaking\t7", "spoken\t7\thi ", "spoken\t7\tyou", "silent\t7\tfalse"} {
			s.until(event.Print, want)
		}
	})
	t.Run("volume", func(t *testing.T) {
		call("v1", "volume", `{"to":0.25}`)
		time.Sleep(200 * time.Millisecond) // the recording may lag behind
		from := heard.Len()
		a.say(8, tone(300*time.Millisecond))
		if peak, _ := loud(from); peak < 0.11 || peak > 0.14 {
			t.Errorf("a quarter of 0.5 is %.3f", peak)
		}
		call("v2", "volume", `{"to":1}`)
	})
	t.Run("beep and play", func(t *testing.T) {
		from := heard.Len()
		call("b", "beep", `{}`)
		if peak, length := loud(from); peak < 0.2 || peak > 0.3 || length < 150*time.Millisecond || length > 250*time.Millisecond {
			t.Errorf("a beep of 0.2 s at 0.25 was %v at %.2f", length, peak)
		}
		from = heard.Len()
		if got := call("p", "play", `{"file":"ding.wav"}`); got != "true" {
			t.Errorf("play says %s", got)
		}
		if peak, length := loud(from); peak < 0.35 || peak > 0.45 || length < 250*time.Millisecond || length > 350*time.Millisecond {
			t.Errorf("a ding of 0.3 s at 0.4 was %v at %.2f", length, peak)
		}
		if got := call("q", "play", `{"file":"dong.wav"}`); got == "true" {
			t.Error("what is not there plays")
		}
	})
	t.Run("the microphone", func(t *testing.T) {
		stop := server.PlayToMicrophone(chatter(t, 20*time.Second))
		from := a.len()
		eventually(t, "the agent hears", func() bool { return a.hears(from) })
		call("l0", "levels", `{}`)
		time.Sleep(1500 * time.Millisecond)
		t.Log(call("l1", "levels", `{}`))
		for i, off := range []struct{ tool, off, on string }{
			{"mute", `{"on":true}`, `{"on":false}`},
			{"listen", `{"on":false}`, `{"on":true}`},
		} {
			call("off"+off.tool, off.tool, off.off)
			time.Sleep(300 * time.Millisecond)
			from := a.len()
			time.Sleep(500 * time.Millisecond)
			if n := a.len() - from; n < audio.Rate/4 || a.hears(from) {
				t.Errorf("%d: with %s %s %d samples came, audible %v", i, off.tool, off.off, n, a.hears(from))
			}
			call("on"+off.tool, off.tool, off.on)
			from = a.len()
			eventually(t, "the agent hears again", func() bool { return a.hears(from) })
		}
		stop()
	})
}

// ding is a WAV file with 0.3 s of sound.
func ding(t *testing.T) []byte {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
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
	data, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}
