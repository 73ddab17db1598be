//go:build !static

package oto

import "strings"

// short is what a person needs of an error of oto's, which names each function
// it went through, and on Linux each device that it has tried in vain.
func short(text string) string {
	text = strings.NewReplacer(
		"oto: context is already created", "the speaker of this program has been opened before",
		"oto: ", "",
		"ALSA device initialization failed: ", "",
		"PulseAudio client initialization failed: ", "",
		"PulseAudio playback initialization failed: ", "",
		"initialization failed: ", "",
		"PulseAudio error: ", "",
		"ALSA error at ", "",
	).Replace(text)
	text, _, _ = strings.Cut(text, `, "`) // the second device
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "..."
	}
	return text
}
