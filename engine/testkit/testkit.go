// Package testkit has tools that the tests of all packages share. [Agent] is a server that speaks
// the ElevenLabs protocol. [Process] is a running program. [Moonlark] builds the command. [Until]
// waits for a condition.
//
// The package imports no other package of this module, so that tests in all packages can import it.
// For this reason it handles the messages of the protocol only as JSON text.
package testkit

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

// Timeout is how long the functions of this package wait for something that must happen. Only
// failing tests wait this long.
const Timeout = 40 * time.Second

// TB is the part of [testing.TB] that this package uses. Package story implements TB for scripts of
// testscript, which have no testing.TB.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Long is the flag -long. It enables tests that take many minutes. People run these by hand: see
// .ci/long.
var Long = flag.Bool("long", false, "run the tests that take many minutes")

// SkipIfEmulated skips a test that an emulator such as QEMU cannot run in time. .ci/long runs tests on
// emulated processors, and says so in the environment variable MOONLARK_TEST_EMULATED.
func SkipIfEmulated(t testing.TB) {
	t.Helper()
	if os.Getenv("MOONLARK_TEST_EMULATED") != "" {
		t.Skip("an emulated processor is too slow")
	}
}

// SetParallel lets n tests run at the same time, unless the flag -parallel is set. Call it in
// TestMain of a package whose tests mostly wait.
func SetParallel(n int) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		flag.Set("test.parallel", fmt.Sprint(n))
	}
}

// Until calls condition every few milliseconds until it returns true. If this takes longer than
// Timeout, Until fails the test with a message that contains what, and ends the calling goroutine.
// what describes the condition, for example "the second conversation".
func Until(t TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(Timeout)
	for pause := time.Millisecond; !condition(); pause = min(2*pause, 10*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for: %s", Timeout, what)
		}
		time.Sleep(pause)
	}
}
