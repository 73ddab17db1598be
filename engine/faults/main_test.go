// Package faults tests that a conversation survives faults of the network and the server, or ends
// with the right error. Most tests run a moonlark process. The process reaches the test's agent
// through a [network], which can delay, stall and cut the connections.
package faults

import (
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) {
	testkit.SetParallel(24) // these tests mostly wait
	goleak.VerifyTestMain(m)
}
