//go:build !linux && !static

package oto

// silenceLibraries does nothing, because only libasound prints on the terminal, and libasound
// exists only on Linux.
func silenceLibraries() {}
