package inspector

import (
	"math"
	"testing"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/clock"
	"moonlark/engine/face/control"
	"moonlark/engine/health"
	"moonlark/engine/pins/sim"
	"moonlark/engine/remote"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

// An agentWithSound is the agent of the fixture with a report as if it had a microphone and a speaker. It
// is a fake because a machine for tests has no sound devices.
type agentWithSound struct{ *remote.Remote }

func (a agentWithSound) Health() health.Report {
	r := a.Remote.Health()
	r.Microphone, r.Speaker = &health.Device{Name: "oto"}, &health.Device{Name: "oto", Err: "the speaker was unplugged"}
	r.Sound = &health.SoundCounts{Gaps: 3, Late: 1}
	return r
}

func (agentWithSound) Listening() bool { return true }

func TestThePageShowsTheSound(t *testing.T) {
	f := start(t, lights, control.Options{})
	s := f.showConversation(agentWithSound{f.engine.Remote()})
	b := chromium.Open(t, f.url+"/inspect", 1600, 900)
	b.UntilText("the speaker was unplugged")
	b.UntilText("3, 1")
	now, level := time.Now(), 0
	testkit.Until(t, "the curves of the microphone and the speaker", func() bool { // a busy page gets only some of the levels
		level++
		wave := 30 * math.Sin(float64(level)/3)
		s.Note(bus.Event{Type: bus.Loudness, Time: now.Add(-time.Duration(level%100) * 100 * time.Millisecond), Loudness: -40 + wave, SpeakerLoudness: -40 - wave, Voice: true})
		return browser.Eval[bool](b, `[...document.querySelectorAll(".sound path")].filter((e) => e.getAttribute("d").length > 100).length === 2`)
	})
	s.Note(bus.Event{Type: bus.Speaking, Time: now.Add(-20 * time.Second), EventID: 9})
	s.Note(bus.Event{Type: bus.Silent, Time: now.Add(-15 * time.Second), EventID: 9})
	s.Note(bus.Event{Type: bus.Loudness, Time: now, Loudness: -21, SpeakerLoudness: -96, Voice: true})
	b.UntilText("-21 dB · voice")
	b.Until(`document.querySelectorAll(".meter.you i.v").length > 25`)
	b.Pictures("sound")
	b.CheckAccessibility(t, "sound")
	if pressed := browser.Eval[string](b, `document.querySelector(".mic").ariaPressed`); pressed != "true" {
		t.Errorf("the button of the microphone is pressed: %s", pressed)
	}
	b.Click(".mic") // the agent of the fixture has no sound
	b.Until(`document.querySelector(".problem")`)
}

func TestSimulatedPinsCanBePressed(t *testing.T) {
	chip := sim.New(clock.Machine{})
	if _, err := chip.Add("DOORBELL"); err != nil {
		t.Fatal(err)
	}
	f := startWith(t, `local lamp = gpio.output(27)
gpio.button("DOORBELL"):on_press(function() lamp:write(true) print("the bell has rung") end)`, control.Options{}, func(o *engine.Options) { o.Pins = chip })
	f.stream.AddField("pins", func() any { return true })
	b := chromium.Open(t, f.url+"/inspect#pins", 1280, 800)
	b.UntilText("DOORBELL")
	b.UntilText("off")
	b.Click(".pins button")
	b.UntilText("the bell has rung")
	b.Until(`document.querySelector(".pins b.on")?.textContent === "on"`)
	b.Pictures("pins")
	b.CheckAccessibility(t, "pins")
	b.Click(".pins button")
	b.Until(`document.querySelector(".pins button").textContent === "Press"`)
}
