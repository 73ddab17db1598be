package wasapi

import (
	"bufio"
	"strings"
	"testing"

	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/wine"
)

// TestOnWine runs the tests of this package for Windows with Wine, which plays and records through a
// private sound server. The default microphone there records what the default speaker plays.
func TestOnWine(t *testing.T) {
	machine := wine.Start(t)
	server := pulsetest.Start(t)
	server.SetDefaultSource(pulsetest.Heard)
	cmd := machine.Command(testkit.Build(t, []string{"GOOS=windows", "GOARCH=amd64"}, "test", "-c", "."), "-test.v")
	cmd.Env = append(cmd.Env, "PULSE_SERVER="+server.Address())
	out, err := cmd.CombinedOutput()
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	for lines.Scan() {
		t.Log(lines.Text())
	}
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "--- SKIP") || !strings.Contains(string(out), "--- PASS") {
		t.Error("tests were skipped")
	}
}
