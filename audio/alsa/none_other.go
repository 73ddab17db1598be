//go:build !linux && !static

package alsa

const none = "it is a part of Linux"
