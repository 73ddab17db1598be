//go:build !static

package oto

import (
	"strings"
	"testing"
)

func TestErrorsAreShort(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{
			"no server and no card",
			`oto: initialization failed: PulseAudio: oto: PulseAudio client initialization failed: dial unix pulse/native: connect: no such file or directory; ` +
				`ALSA: oto: ALSA device initialization failed: "default": oto: ALSA error at snd_pcm_open: No such file or directory, "plug:default": oto: ALSA error`,
			`PulseAudio: dial unix pulse/native: connect: no such file or directory; ALSA: "default": snd_pcm_open: No such file or directory`,
		},
		{"a second speaker", "oto: context is already created", "the speaker of this program has been opened before"},
		{"a lost server", "oto: PulseAudio error: pulseaudio: connection closed", "pulseaudio: connection closed"},
		{"several lines", "one\ntwo", "one"},
		{"a long error", strings.Repeat("x", 2000), strings.Repeat("x", 300) + "..."},
	} {
		if got := shorten(test.text); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}
