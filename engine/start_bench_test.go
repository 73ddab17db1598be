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
)

// From the start of the process to its first tool result, on the real binary
// with the embedded agent, and the most memory it had. The greeting, which the
// agent writes at a person's pace, is cut short by what the script says itself.
func BenchmarkStartToFirstToolResult(b *testing.B) {
	dir := b.TempDir()
	binary := filepath.Join(dir, "moonlark")
	if out, err := exec.Command("go", "build", "-o", binary, "moonlark").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	script := filepath.Join(dir, "a.lua")
	source := `
		on("conversation_initiation_metadata", function() session.send("what time is it") end)
		register_tool { name = "get_time", phrases = { "what time is it" }, handler = function() return os.date("%H:%M") end }`
	if err := os.WriteFile(script, []byte(source), 0o644); err != nil {
		b.Fatal(err)
	}
	var took time.Duration
	var most int64
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
		most = max(most, int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss))
	}
	b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "ms-to-result")
	b.ReportMetric(float64(most)/1024, "MiB-peak")
}
