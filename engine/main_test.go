package engine

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/testkit"
	"moonlark/engine/testkit/fakemcp"
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
	fakemcp.Main()
	testkit.SetParallel(8) // the parallel tests mostly wait
	goleak.VerifyTestMain(m)
}
