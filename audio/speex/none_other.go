//go:build !linux && !static

package speex

const none = "libspeexdsp is used on Linux only"
