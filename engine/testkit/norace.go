//go:build !race

package testkit

// Race reports whether the tests run with the race detector, which makes them several times
// slower.
const Race = false
