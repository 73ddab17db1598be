//go:build !linux

package script

func yieldThread() {}
