package hostile

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
// a test that fails does not take the machine with it. It is far more than any
// act may take.
const mostResident = 1 << 30

// A child is a moonlark that runs a hostile script beside another one.
type child struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	most atomic.Uint64 // bytes of memory it had, at most

	mu     sync.Mutex // guards what follows
	grown  chan struct{}
	events []event.Event
	stderr bytes.Buffer
}

// start runs a script under the name of an act.
func start(t *testing.T, binary, url string, a *act, source string) *child {
	c := &child{t: t, dir: t.TempDir(), done: make(chan struct{}), grown: make(chan struct{})}
	c.save(a.name, source)
	c.save("other.lua", calm("other"))
	args := []string{"run", "--json", "--headless", "--log-level", "debug", "--url", url, "--memory", "128"}
	c.cmd = exec.Command(binary, append(append(args, a.flags...), a.name, "other.lua")...)
	c.cmd.Dir = c.dir
	c.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10", "HTTP_PROXY=", "HTTPS_PROXY=")
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
			t.Logf("stderr:\n%.5000s\nthe last events:", c.stderr.String())
			for _, e := range c.events[max(0, len(c.events)-40):] {
				t.Logf("%.300s", fmt.Sprintf("%s %s %s %s %s %s", e.Time.Format("05.000"), e.Type, e.Level, e.Tool, e.Script, e.Text))
			}
		}
	})
	return c
}

// save writes a file as an editor does.
func (c *child) save(name, source string) {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path+"~", []byte(source), 0o666); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		c.t.Fatal(err)
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
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var e event.Event
		err = json.Unmarshal(line, &e)
		c.mu.Lock()
		if err != nil {
			e.Text = fmt.Sprintf("%.200s: %v", line, err)
			c.t.Error(e.Text)
		}
		switch e.Type {
		case event.Log, event.Print, event.Error, event.ReloadFailed, event.Reloaded:
			c.events = append(c.events, e)
		}
		close(c.grown)
		c.grown = make(chan struct{})
		c.mu.Unlock()
	}
}

// weigh kills a child that takes too much memory.
func (c *child) weigh() {
	for {
		select {
		case <-c.done:
			return
		case <-time.After(10 * time.Millisecond):
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.cmd.Process.Pid))
		if err != nil {
			return
		}
		var size, resident uint64
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

// until waits for a line of the log, one that was printed or an error.
func (c *child) until(re *regexp.Regexp) { c.untilEvent("", re) }

func (c *child) untilEvent(kind event.Type, re *regexp.Regexp) {
	late, ended := time.After(patience), false
	for seen := 0; ; {
		c.mu.Lock()
		for ; seen < len(c.events); seen++ {
			if e := c.events[seen]; (kind == "" || e.Type == kind) && re.MatchString(e.Text) {
				c.mu.Unlock()
				return
			}
		}
		grown := c.grown
		c.mu.Unlock()
		if ended {
			c.t.Errorf("it ended without saying %s", re)
			return
		}
		select {
		case <-grown:
		case <-c.done:
			ended = true
		case <-late:
			c.t.Errorf("it does not say %s", re)
			return
		}
	}
}

// wait returns the exit code; -1 for a child that does not end, or was killed.
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

// terminate ends the child as a service manager does.
func (c *child) terminate() {
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
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if strings.Contains(e.Text, "panic") || strings.Contains(e.Text, "crashed") {
			c.t.Errorf("%s: %.2000s", e.Type, e.Text)
		}
	}
	if text := c.stderr.String(); strings.Contains(text, "panic") || strings.Contains(text, "fatal error") || strings.Contains(text, "DATA RACE") {
		c.t.Errorf("stderr has %.5000s", text)
	}
}
