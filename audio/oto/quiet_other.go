//go:build !linux && !static

package oto

func quiet() {}
