//go:build !linux

package vm

func yieldThread() {}
