package engine

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childVariable); url != "" {
		os.Exit(runChildEngine(url))
	}
	if url := os.Getenv(plainClientVariable); url != "" {
		if plainClient(url) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	testkit.SetParallel(8) // the parallel tests mostly wait
	goleak.VerifyTestMain(m)
}
