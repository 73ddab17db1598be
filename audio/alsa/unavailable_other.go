//go:build !linux && !static

package alsa

const unavailable = "ALSA is a part of Linux"
