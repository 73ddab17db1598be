//go:build !linux && !static

package speex

const unavailable = "libspeexdsp is used on Linux only"
