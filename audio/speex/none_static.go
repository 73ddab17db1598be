//go:build static

package speex

const none = "this binary was built without libspeexdsp (tag static)"
