package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// A recording comes from elsewhere: what it contains must not control the terminal.
func TestAReplayShowsTheNamesOfARecordingSafely(t *testing.T) {
	folder := t.TempDir()
	recording, script := filepath.Join(folder, "a.jsonl"), filepath.Join(folder, "a.lua")
	for path, text := range map[string]string{
		recording: `{"type":"recording","time":"2026-05-01T14:03:00Z"}
{"type":"tool_call","tool":"no\u001b[31m","call_id":"1","args":{"a":"\u001b[2J"}}
{"type":"tool_result","tool":"no","call_id":"1","result":"\u001b[2J"}
{"type":"tool_call","tool":"light","call_id":"2"}
{"type":"tool_result","tool":"light","call_id":"2","result":"on"}
`,
		script: `register_tool { name = "light", description = "d", read_only = true, handler = function() return "on" end }`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(testkit.Moonlark(t), "replay", "--check", recording, script).CombinedOutput()
	if err == nil || strings.Contains(string(out), "\x1b") {
		t.Errorf("%v: %q", err, out)
	}
	for _, part := range []string{"1 no\\x1b[31m(", "2 light: the same\n", "2 calls: 1 the same, 1 different, 0 not called\n"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("%q is missing: %q", part, out)
		}
	}
}
