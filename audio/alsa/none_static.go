//go:build static

package alsa

const none = "this binary was built without libasound (tag static)"
