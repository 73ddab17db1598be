package device

import (
	"strings"
	"testing"

	"moonlark/audio"
)

func TestWhatAPersonWritesIsWhatTheyGet(t *testing.T) {
	for _, c := range []struct {
		Choice
		speaker, microphone string // what they call themselves
	}{
		{Choice{}, "auto", "auto"},
		{Choice{Speaker: "auto", Microphone: "auto"}, "auto", "auto"},
		{Choice{Speaker: "pulse", Microphone: "pulse:mic"}, "pulse", "pulse (mic)"},
		{Choice{Speaker: "none", Microphone: "alsa:plughw:1"}, "", "alsa plughw:1"},
		{Choice{Speaker: "wav:out.wav", Microphone: "wav:in.wav,loop"}, "wav:out.wav", "wav:in.wav"},
		{Choice{Speaker: "exec:cat", Microphone: "none"}, "exec:cat", ""},
	} {
		got, err := Choose(c.Choice, Options{Counts: new(audio.Counts)})
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

func TestAMistakeInAChoiceIsNamed(t *testing.T) {
	for _, c := range []struct {
		Choice
		want string
	}{
		{Choice{Speaker: "aplay"}, "aplay: no such speaker: want auto"},
		{Choice{Microphone: "mic"}, "mic: no such microphone: want auto"},
		{Choice{Speaker: "exec:"}, "exec:: there is nothing behind the colon"},
		{Choice{Speaker: "auto:usb"}, "auto:usb: no such speaker"},
		{Choice{Speaker: "none:x"}, "none:x: no such speaker"},
		{Choice{Echo: "webrtc"}, "webrtc: no such way to be without echo"},
		{Choice{Echo: "server", Speaker: "exec:cat"}, "not those of a sound server"},
	} {
		if _, err := Choose(c.Choice, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %s", c.Choice, err, c.want)
		}
	}
}

func TestEchoIsTakenOutOnlyWhereTheMicrophoneCanHearTheSpeaker(t *testing.T) {
	for _, c := range []struct {
		Choice
		echo bool
	}{
		{Choice{}, true},
		{Choice{Speaker: "exec:cat"}, true},
		{Choice{Speaker: "wav:out.wav"}, false},
		{Choice{Microphone: "none"}, false},
		{Choice{Echo: "off"}, false},
		{Choice{Echo: "gate", Speaker: "wav:out.wav"}, true},
	} {
		got, err := Choose(c.Choice, Options{})
		if err != nil {
			t.Errorf("%+v: %v", c.Choice, err)
			continue
		}
		if echo := got.Echo != nil; echo != c.echo {
			t.Errorf("%+v: echo is taken out: %v, want %v", c.Choice, echo, c.echo)
		}
		got.Close()
	}
}

func TestARateInFrontOfACommandIsTakenOff(t *testing.T) {
	for text, want := range map[string]int{"48000:aplay": 48000, "aplay": 0, "1:aplay": 0, "host:port": 0} {
		line, rate := commandLine(text)
		if rate != want || rate > 0 && line != "aplay" || rate == 0 && line != text {
			t.Errorf("%s: got %q at %d", text, line, rate)
		}
	}
}
