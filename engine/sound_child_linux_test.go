package engine

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/testkit"
)

// A childEngine is a running engine with sound in a process of its own: see runChildEngine.
type childEngine struct {
	t      testing.TB
	cmd    *exec.Cmd
	agents chan *soundAgent
	kill   func() // kills the process and waits for its end
}

// startChildEngine starts an engine like startSoundTest, but in another process. The format is
// format48k.
func startChildEngine(t testing.TB, server *pulsetest.Server, speaker, echo string) *childEngine {
	t.Helper()
	c := &childEngine{t: t, agents: make(chan *soundAgent, 1)}
	url := serveSound(t, format48k, c.agents)
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(os.Environ(), childVariable+"="+url, childVariable+"_SPEAKER="+speaker, childVariable+"_ECHO="+echo,
		"PULSE_SERVER="+server.Address())
	var out bytes.Buffer
	c.cmd.Stdout, c.cmd.Stderr = &out, &out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.kill = sync.OnceFunc(func() {
		c.cmd.Process.Signal(syscall.SIGKILL)
		c.cmd.Wait()
		if out.Len() > 0 {
			t.Logf("the child process: %s", &out)
		}
	})
	t.Cleanup(c.kill)
	return c
}

// awaitAgent waits until the process has connected, and returns the agent's end of the
// conversation.
func (c *childEngine) awaitAgent() *soundAgent {
	c.t.Helper()
	select {
	case a := <-c.agents:
		return a
	case <-time.After(testkit.Timeout):
		c.t.Fatal("the child process does not connect to the agent")
		return nil
	}
}
