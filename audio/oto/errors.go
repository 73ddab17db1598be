//go:build !static

package oto

import (
	"fmt"
	"strings"

	"moonlark/audio"
	"moonlark/engine/safetext"
)

// maxError is the maximum length of an error of oto, in bytes. Longer errors are cut.
const maxError = 300

// lostError returns an error with a short form of err, an error of oto whose text may be 1.6 KB
// long. The returned error wraps audio.ErrPermanent.
func lostError(err error) error {
	return fmt.Errorf("oto: %s: %w", shorten(err.Error()), audio.ErrPermanent)
}

// shorten returns a shorter form of text, an error text of oto. It removes the names of oto's
// functions. On Linux, oto tries several devices, and shorten keeps only what text says about the
// first one.
func shorten(text string) string {
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
	text, _, _ = strings.Cut(text, `, "`) // the text `, "` begins the second device
	text, _, _ = strings.Cut(text, "\n")
	return safetext.Cut(text, maxError, "...")
}
