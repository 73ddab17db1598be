package device

import (
	"strings"
	"testing"

	"moonlark/audio"
	"moonlark/audio/browser"
	"moonlark/audio/pulse"
)

func TestChooseCreatesTheChosenDevices(t *testing.T) {
	for _, c := range []struct {
		Choice
		// text that the names of the devices must contain; empty means no device
		speaker, microphone string
	}{
		{Choice{}, "auto", "auto"},
		{Choice{Speaker: "auto", Microphone: "auto"}, "auto", "auto"},
		{Choice{Speaker: "pulse", Microphone: "pulse:mic"}, "pulse", "pulse (mic)"},
		{Choice{Speaker: "none", Microphone: "alsa:plughw:1"}, "", "alsa plughw:1"},
		{Choice{Speaker: "wav:out.wav", Microphone: "wav:in.wav,loop"}, "wav:out.wav", "wav:in.wav"},
		{Choice{Speaker: "wasapi:Headset", Microphone: "wasapi"}, "wasapi Headset", "wasapi"},
		{Choice{Speaker: "none", Microphone: "coreaudio"}, "", "coreaudio"},
		{Choice{Speaker: "exec:cat", Microphone: "none"}, "exec:cat", ""},
		{Choice{Speaker: "browser", Microphone: "browser"}, "browser", "browser"},
	} {
		got, err := Choose(c.Choice, Options{Counts: new(audio.Counts), Browser: browser.New(browser.Use{Microphone: true, Speaker: true})})
		if err != nil {
			t.Errorf("%+v: %v", c.Choice, err)
			continue
		}
		speaker, microphone := "", ""
		if got.Speaker != nil {
			speaker = got.Speaker.String()
		}
		if got.Microphone != nil {
			microphone = got.Microphone.String()
		}
		if !strings.Contains(speaker, c.speaker) || !strings.Contains(microphone, c.microphone) || (speaker == "") != (c.speaker == "") {
			t.Errorf("%+v: got %q and %q", c.Choice, speaker, microphone)
		}
		got.Close()
	}
}

func TestInvalidChoicesAreErrors(t *testing.T) {
	for _, c := range []struct {
		Choice
		want string
	}{
		{Choice{Speaker: "aplay"}, "aplay: unknown speaker: want auto"},
		{Choice{Microphone: "mic"}, "mic: unknown microphone: want auto"},
		{Choice{Speaker: "exec:"}, `"exec:": a file, device or command must follow "exec:"`},
		{Choice{Speaker: "auto:usb"}, "auto:usb: unknown speaker"},
		{Choice{Speaker: "none:x"}, "none:x: unknown speaker"},
		{Choice{Speaker: "browser"}, "browser: only moonlark run with --inspect or --screen"},
		{Choice{Microphone: "browser"}, "browser: only moonlark run with --inspect or --screen"},
		{Choice{Microphone: "browser:x"}, "browser:x: unknown microphone"},
		{Choice{Echo: "webrtc"}, "webrtc: unknown echo setting"},
		{Choice{Echo: "server", Speaker: "exec:cat"}, "do not belong to a sound server"},
	} {
		if _, err := Choose(c.Choice, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %s", c.Choice, err, c.want)
		}
	}
}

func TestEchoIsRemovedOnlyIfTheMicrophoneCanHearTheSpeaker(t *testing.T) {
	for _, c := range []struct {
		Choice
		echo bool
	}{
		{Choice{}, true},
		{Choice{Speaker: "exec:cat"}, true},
		{Choice{Speaker: "wav:out.wav"}, false},
		{Choice{Microphone: "none"}, false},
		{Choice{Echo: "off"}, false},
		{Choice{Speaker: "browser", Microphone: "browser"}, false}, // the browser removes it
		{Choice{Speaker: "browser", Microphone: "browser", Echo: "gate"}, true},
		{Choice{Speaker: "exec:cat", Microphone: "browser"}, true}, // the browser does not know what another program plays
		{Choice{Echo: "gate", Speaker: "wav:out.wav"}, true},
	} {
		got, err := Choose(c.Choice, Options{Browser: browser.New(browser.Use{})})
		if err != nil {
			t.Errorf("%+v: %v", c.Choice, err)
			continue
		}
		if echo := got.Echo != nil; echo != c.echo {
			t.Errorf("%+v: echo is removed: %v, want %v", c.Choice, echo, c.echo)
		}
		got.Close()
	}
}

func TestCommandLineMayBeginWithASampleRate(t *testing.T) {
	for text, want := range map[string]int{"48000:aplay": 48000, "aplay": 0, "1:aplay": 0, "host:port": 0} {
		line, rate := commandLine(text)
		if rate != want || rate > 0 && line != "aplay" || rate == 0 && line != text {
			t.Errorf("%s: got command %q, rate %d, want rate %d", text, line, rate, want)
		}
	}
}

func TestAutoUsesTheServerWhoseAddressIsGiven(t *testing.T) {
	sound, err := Choose(Choice{Echo: "off"}, Options{Server: "unix:/nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := sound.Speaker.(*pulse.Speaker); !ok {
		t.Errorf("the speaker is a %T, want one of the sound server", sound.Speaker)
	}
	if _, ok := sound.Microphone.(*pulse.Microphone); !ok {
		t.Errorf("the microphone is a %T, want one of the sound server", sound.Microphone)
	}
	err = sound.Speaker.Play(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("Play = %v, want an error with the address", err)
	}
}
