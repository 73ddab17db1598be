package inspector

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"moonlark/audio/wav"
	"moonlark/engine/face/control"
	"moonlark/engine/face/record"
	"moonlark/engine/face/web"
	"moonlark/engine/testkit/browser"
)

const soundSeconds = 20

// recordedSound returns the sound of a recording that begins with the events of play: a tone of the user
// from 2 s to 4 s. It is so many seconds long.
func recordedSound(t *testing.T, seconds int) *record.Sound {
	t.Helper()
	const rate = 16000
	header := wav.AppendHeader(nil, rate, 2, int64(4*rate*seconds))
	data := make([]byte, 4*rate*seconds)
	for i := 2 * rate; i < 4*rate; i++ {
		binary.LittleEndian.PutUint16(data[4*i:], uint16(int16(8000*math.Sin(float64(i)/4))))
	}
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "a.wav"), append(header, data...), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 5, 1, 12, 36, 53, 0, time.UTC)
	sound, err := record.OpenSound(path, record.Header{Time: began, Sound: &record.SoundHeader{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sound.Close() })
	return sound
}

// serveRecording serves the page of a recording with the events of play, and with the sound unless it is
// nil.
func serveRecording(t *testing.T, sound *record.Sound) *fixture {
	t.Helper()
	f := start(t, lights, control.Options{})
	s := web.NewStream(web.StreamOptions{Version: "v1", MaxEvents: 100_000, MaxBytes: 64 << 20})
	play(s)
	var mounts []control.Mount
	if sound != nil {
		mounts = SoundMounts(s, sound)
	}
	f.showRecording(s, mounts...)
	return f
}

func TestTheSoundOfARecordingIsServedInParts(t *testing.T) {
	f := serveRecording(t, recordedSound(t, soundSeconds))
	r, err := http.NewRequest(http.MethodGet, f.url+"/replay/sound.wav", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=40-47")
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusPartialContent || answer.ContentLength != 8 || answer.Header.Get("Content-Type") != "audio/wav" {
		t.Errorf("got %d, %d bytes of %s", answer.StatusCode, answer.ContentLength, answer.Header.Get("Content-Type"))
	}
	if status, text := f.request("GET", "/replay/peaks", ""); status != 200 || len(text) < 2*soundSeconds*20 {
		t.Errorf("got %d and %d characters", status, len(text))
	}
}

// The sound may end before the events, for example because the disk was full.
func TestARecordingIsPlayedBeyondTheEndOfItsSound(t *testing.T) {
	f := serveRecording(t, recordedSound(t, 5))
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	b.UntilText("1.48 s to the first word")
	b.Do(`const player = await import("./inspect/player.js");
		player.seek(player.bounds()[0] + 4500);
		player.toggle()`)
	b.Until(`parseFloat(document.querySelector(".position").textContent) > 5.5`)
}

func TestARecordingIsPlayedWithItsKeys(t *testing.T) {
	for name, sound := range map[string]*record.Sound{"with sound": recordedSound(t, soundSeconds), "without sound": nil} {
		t.Run(name, func(t *testing.T) {
			f := serveRecording(t, sound)
			b := chromium.Open(t, f.url+"/inspect", 1280, 800)
			b.UntilText("1.48 s to the first word")
			key := func(key string) {
				b.Do(fmt.Sprintf(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: %q, bubbles: true, cancelable: true }))`, key))
			}
			position := func() float64 {
				return browser.Eval[float64](b, `parseFloat(document.querySelector(".position").textContent)`)
			}
			key("ArrowRight")
			b.Until(`document.querySelector(".turn.playing")?.ariaLabel === "Turn 1"`)
			if at := position(); at != 2 {
				t.Errorf("the first turn begins at %v s", at)
			}
			key("ArrowDown")
			b.Until(`document.querySelector(".turn.playing")?.ariaLabel === "Turn 2"`)
			if at := position(); at != 10 {
				t.Errorf("the second turn begins at %v s", at)
			}
			key("ArrowLeft")
			b.Until(`document.querySelector(".turn.playing")?.ariaLabel === "Turn 1"`)
			key(" ")
			b.Until(`document.querySelector(".play").ariaPressed === "true"`)
			b.Until(`parseFloat(document.querySelector(".position").textContent) > 2.5`)
			key(" ")
			b.Until(`document.querySelector(".play").ariaPressed === "false"`)
			if n := browser.Eval[int](b, `document.querySelectorAll(".turn.playing .lane .cursor").length`); n == 0 {
				t.Error("the cursor is not in the waterfall")
			}
			if n := browser.Eval[int](b, `document.querySelectorAll('.sound svg line[stroke="var(--t1)"]').length`); n != 1 {
				t.Errorf("%d cursors in the strip", n)
			}
			before := position()
			time.Sleep(300 * time.Millisecond)
			if after := position(); after != before {
				t.Errorf("after the pause, the cursor moves from %v to %v", before, after)
			}
			b.Until(`document.querySelector(".sound svg").ariaLabel.includes("3 tool calls, 1 interruption")`)
			b.CheckAccessibility(t, "replay "+name)
		})
	}
}
