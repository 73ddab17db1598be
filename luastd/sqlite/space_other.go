//go:build !linux && !darwin

package sqlite

import "math"

// freeSpace returns the largest number: the free space is not known.
func freeSpace(string) uint64 { return math.MaxUint64 }
