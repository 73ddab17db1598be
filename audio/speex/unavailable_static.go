//go:build static

package speex

const unavailable = "this binary was built without libspeexdsp (tag static)"
