//go:build static

package alsa

const unavailable = "this binary was built without libasound (tag static)"
