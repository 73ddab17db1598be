package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/event"
)

// mostResident is how much memory a child may have before it is killed, so that
// a test that fails does not take the machine with it.
const mostResident = 1200 << 20

// script is what the program runs in all these tests: it says what it sees.
const script = `
register_tool("echo", function(args) return "echo " .. args.text end)
register_tool("slow", function(args) print("slow began") sleep(args.seconds) return "slow" end)
register_tool("size", function(args) return "size " .. #args.text end)
on("status", function(e) print("status " .. e.status) end)
on("conversation_initiation_metadata", function(e) print("metadata " .. e.conversation_id) end)
on("reconnected", function(e) print("reconnected " .. e.conversation_id) end)
on("orphaned_result", function(e) print("orphan " .. e.conversation_id .. " " .. e.tool_call_id) end)
session.resume_context(function() return "it was cut short" end)
`

// A child is a moonlark that holds a conversation over a line.
type child struct {
	t    testing.TB
	cmd  *exec.Cmd
	dir  string
	done chan struct{} // closed when it has ended
	most atomic.Uint64 // bytes of memory it had, at most

	mu     sync.Mutex // guards what follows
	events []event.Event
	stderr bytes.Buffer
}

// start runs a script, headless.
func start(t testing.TB, url, source string, flags ...string) *child {
	c := &child{t: t, dir: t.TempDir(), done: make(chan struct{})}
	c.save(source)
	args := append([]string{"run", "--json", "--headless", "--log-level", "debug", "--url", url}, flags...)
	c.cmd = exec.Command(build(t), append(args, "a.lua")...)
	c.cmd.Dir = c.dir
	c.cmd.Env = append(os.Environ(), "HTTP_PROXY=", "HTTPS_PROXY=")
	c.cmd.Stderr = (*childStderr)(c)
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.done)
		c.read(bufio.NewReader(stdout))
		c.cmd.Wait()
	}()
	go c.weigh()
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		<-c.done
		if t.Failed() {
			c.tell()
		}
	})
	return c
}

// save writes the script as an editor does.
func (c *child) save(source string) {
	path := filepath.Join(c.dir, "a.lua")
	if err := os.WriteFile(path+"~", []byte(source), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		c.t.Fatal(err)
	}
}

// tell logs what it said, for whoever has to find out why a test failed.
func (c *child) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t.Logf("stderr:\n%.5000s\nthe last events:", c.stderr.String())
	for _, e := range c.events[max(0, len(c.events)-40):] {
		c.t.Logf("%.300s", fmt.Sprintf("%s %s %s %s %d %s %s", e.Time.Format("05.000"), e.Type, e.Level, e.CallID, e.Code, e.Text, e.Hint))
	}
}

type childStderr child

func (c *childStderr) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stderr.Write(p)
}

func (c *child) read(lines *bufio.Reader) {
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var e event.Event
		err = json.Unmarshal(text, &e)
		c.mu.Lock()
		if err != nil {
			c.t.Errorf("%.200s: %v", text, err)
		}
		switch e.Type {
		case event.AgentPart, event.Agent:
		default:
			c.events = append(c.events, e)
		}
		c.mu.Unlock()
	}
}

// weigh kills a child that takes too much memory.
func (c *child) weigh() {
	for {
		select {
		case <-c.done:
			return
		case <-time.After(20 * time.Millisecond):
		}
		var size, resident uint64
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.cmd.Process.Pid))
		if err != nil {
			return
		}
		fmt.Sscan(string(text), &size, &resident)
		resident *= uint64(os.Getpagesize())
		c.most.Store(max(c.most.Load(), resident))
		if resident > mostResident {
			c.t.Errorf("it takes %d MiB", resident>>20)
			c.cmd.Process.Kill()
			return
		}
	}
}

// said are the texts of the events of a type, with their hints.
func (c *child) said(kind event.Type) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var texts []string
	for _, e := range c.events {
		if e.Type == kind {
			texts = append(texts, strings.TrimSpace(e.Text+" | "+e.Hint))
		}
	}
	return texts
}

// until waits for an event of a type that matches.
func (c *child) until(kind event.Type, pattern string) {
	re := regexp.MustCompile(pattern)
	end := time.Now().Add(patience)
	for {
		for _, text := range c.said(kind) {
			if re.MatchString(text) {
				return
			}
		}
		over := false
		select {
		case <-c.done:
			over = true
		case <-time.After(5 * time.Millisecond):
		}
		if over || time.Now().After(end) {
			if !strings.Contains(strings.Join(c.said(kind), "\n"), pattern) {
				c.t.Errorf("no %s event like %s", kind, pattern)
			}
			return
		}
	}
}

// orphans are the results that the script was told of, as "conv_1 id".
func (c *child) orphans() map[string]int {
	all := make(map[string]int)
	for _, text := range c.said(event.Print) {
		if call, ok := strings.CutPrefix(strings.TrimSuffix(text, " |"), "orphan "); ok {
			all[call]++
		}
	}
	return all
}

// wait returns the exit code; -1 for a child that does not end.
func (c *child) wait() int {
	select {
	case <-c.done:
		return c.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		c.cmd.Process.Signal(syscall.SIGQUIT) // for its stacks
		<-c.done
		c.t.Error("it does not end")
		return -1
	}
}

// terminate ends it as a service manager does, and checks that this went well.
func (c *child) terminate() {
	c.t.Helper()
	asked := time.Now()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Error(err)
	}
	if code := c.wait(); code != 0 {
		c.t.Errorf("exit code %d, want 0", code)
	}
	if took := time.Since(asked); took > 15*time.Second { // promised: 2 s
		c.t.Errorf("the end took %v", took)
	}
	c.sane()
}

// sane checks that it did not crash.
func (c *child) sane() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text := c.stderr.String(); strings.Contains(text, "panic") || strings.Contains(text, "fatal error") || strings.Contains(text, "DATA RACE") {
		c.t.Errorf("stderr has %.5000s", text)
	}
	for _, e := range c.events {
		if strings.Contains(e.Text, "panic") {
			c.t.Errorf("%s: %.2000s", e.Type, e.Text)
		}
	}
}
