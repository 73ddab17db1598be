//go:build !static

package oto

import "moonlark/audio/internal/clib"

// quiet keeps what libasound says of each device that oto tries off the
// terminal. Where there is no libasound, there is nothing to do.
func quiet() { clib.OpenALSA("libasound.so.2") }
