//go:build !static

package oto

import "moonlark/audio/internal/clib"

// silenceLibraries prevents libasound from printing a message on the terminal for each device that
// oto tries. If libasound is not installed, silenceLibraries has no effect.
func silenceLibraries() { clib.OpenALSA("libasound.so.2") }
