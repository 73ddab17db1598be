//go:build !linux

package time

// synchronized returns true, because this system does not say whether its clock is kept right.
func synchronized() bool { return true }
