//go:build unix

package engine

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// BenchmarkStartToFirstToolResult measures the time from the start of the command, with the
// embedded agent, to its first tool result, and the maximum memory of the process. The script sends
// a message at once, because the agent writes its greeting at the speed of speech.
func BenchmarkStartToFirstToolResult(b *testing.B) {
	dir := b.TempDir()
	binary := testkit.Moonlark(b)
	script := filepath.Join(dir, "a.lua")
	source := `
		on("conversation_initiation_metadata", function() session.send("what time is it") end)
		register_tool { name = "get_time", phrases = { "what time is it" }, handler = function() return os.date("%H:%M") end }`
	if err := os.WriteFile(script, []byte(source), 0o644); err != nil {
		b.Fatal(err)
	}
	var took time.Duration
	var maxMemory int64 // in KB
	for b.Loop() {
		began := time.Now()
		cmd := exec.Command(binary, "run", "--headless", "--json", script)
		stdout, _ := cmd.StdoutPipe()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		for lines.Scan() && !strings.Contains(lines.Text(), `"tool_result"`) {
		}
		took += time.Since(began)
		cmd.Process.Signal(syscall.SIGTERM)
		for lines.Scan() {
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		maxMemory = max(maxMemory, int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss))
	}
	b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "ms-to-result")
	b.ReportMetric(float64(maxMemory)/1024, "MiB-peak")
}
