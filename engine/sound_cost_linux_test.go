package engine

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/testkit"
)

// BenchmarkVoiceProcess measures the processor time per second and the memory of a moonlark
// process, while nobody speaks and while the user and the agent speak. Run it with -benchtime 10x:
// it then measures 10 s.
func BenchmarkVoiceProcess(b *testing.B) {
	dir := b.TempDir()
	binary := testkit.Moonlark(b)
	script := filepath.Join(dir, "a.lua")
	if err := os.WriteFile(script, []byte(`register_tool("hello", function() return "hello" end)`), 0o600); err != nil {
		b.Fatal(err)
	}
	server := pulsetest.Start(b)
	for _, echo := range []string{"off", "speex"} {
		for _, talking := range []bool{false, true} {
			name := map[bool]string{false: "idle", true: "talking"}[talking]
			b.Run(name+"/echo-"+echo, func(b *testing.B) { benchProcess(b, server, binary, script, echo, talking) })
		}
	}
}

func benchProcess(b *testing.B, server *pulsetest.Server, binary, script, echo string, talking bool) {
	if b.N == 1 {
		return // package testing runs one iteration to estimate the time; it is one second here
	}
	agents := make(chan *soundAgent, 1)
	cmd := exec.Command(binary, "run", "--url", serveSound(b, format16k, agents), "--speaker", "pulse", "--mic", "pulse", "--echo", echo, "--json", script)
	cmd.Env = append(os.Environ(), "PULSE_SERVER="+server.Address())
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	a := <-agents
	span := time.Duration(b.N) * time.Second
	if talking {
		a.say(1, speech(b, span+3*time.Second)[:int((span+3*time.Second).Seconds())*a.format.Rate])
		server.PlayToMicrophone(speech(b, span+3*time.Second))
	}
	time.Sleep(2 * time.Second)
	before := processTime(b, cmd.Process.Pid)
	time.Sleep(span)
	used := processTime(b, cmd.Process.Pid) - before
	b.ReportMetric(used.Seconds()*1000/span.Seconds(), "cpu-ms/s")
	b.ReportMetric(memory(b, cmd.Process.Pid, "VmRSS"), "MB")
	b.ReportMetric(memory(b, cmd.Process.Pid, "VmHWM"), "max-MB")
	b.ReportMetric(0, "ns/op")
	if out.Len() > 0 {
		b.Log(out.String())
	}
}

// processTime returns the processor time that a process has used.
func processTime(b *testing.B, pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(data, []byte(") ")) // after the name, which can contain spaces
	fields := strings.Fields(string(rest))
	var user, system time.Duration
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	return (user + system) * time.Second / 100
}

// memory returns a field of /proc/PID/status in MB.
func memory(b *testing.B, pid int, field string) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			var kb float64
			fmt.Sscan(rest, &kb)
			return kb / 1024
		}
	}
	b.Fatalf("the status of the process has no %s", field)
	return 0
}
