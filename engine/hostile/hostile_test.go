// Package hostile tests that a script cannot stop, crash or starve the moonlark process. Each
// script in testdata is an attack. It runs in its own moonlark process, and an agent checks
// meanwhile that the rest of the process still works.
package hostile

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

// maxMemory is the maximum memory of a moonlark process in bytes. A process that uses more is
// killed. No attack should reach this size.
const maxMemory = 1 << 30

// secret is a secret of each attack, which must not be in the log.
const secret = "correct horse 4711"

func TestMain(m *testing.M) {
	testkit.SetParallel(4) // some attacks only wait
	goleak.VerifyTestMain(m)
}

// TestNoScriptHarmsTheProcess runs each attack in its own process. During the attack, the agent
// calls a harmless tool of the attacking script and one of another script, and sends pings. Each
// call must have exactly one answer, and each ping a pong within maxDelay. The outcome of the
// attack must be the one that the comments in the script describe. Afterwards the script must work,
// and the process must end without an error.
func TestNoScriptHarmsTheProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts hundreds of processes")
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals")
	}
	url := serveHostile(t)
	testkit.Moonlark(t) // builds the binary before the attacks, which have time limits
	paths, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no attacks: %v", err)
	}
	for _, path := range paths {
		a := readAttack(t, path)
		a.url = url
		t.Run(strings.TrimSuffix(a.name, ".lua"), func(t *testing.T) {
			// One instruction that joins strings of 64 MiB each takes seconds on a machine with slow memory.
			// If the garbage collector has to wait for it, all goroutines wait. Two such instructions at
			// the same time could take longer than maxDelay. The attacks on the memory need a garbage
			// collector that keeps up with them.
			if !strings.HasPrefix(a.name, "string_chain") && !strings.HasPrefix(a.name, "memory_") {
				t.Parallel()
			}
			if a.refused != nil {
				testRefusal(t, a)
			} else {
				testAttack(t, a)
			}
		})
	}
}

// testAttack runs the attack, checks its outcome, and checks meanwhile and afterwards that the
// process works.
func testAttack(t *testing.T, a *attack) {
	agent := listen(t)
	child := start(t, agent.URL, a, harmlessTool("same")+" "+a.source)
	w := newWatch(t, agent.accept(t, child), a)
	stopWatching := w.start()
	began := time.Now()
	for n := range a.events {
		w.agent.Send(testkit.AgentResponse("hello", n))
	}
	if len(a.answers) > 0 {
		a.call(t, w.agent)
	}
	for _, re := range a.says {
		child.Until(child.Process, "", re)
	}
	time.Sleep(time.Until(began.Add(a.lasts)))
	stopWatching()
	took := time.Since(began)

	w.checkRecovery()
	child.Terminate()
	w.checkNoSecondAnswers()
	checkNoPrograms(t, child.Dir)
	if output := child.Stderr.String() + fmt.Sprint(child.All("")); strings.Contains(output, secret) {
		t.Error("the output has the secret")
	}
	t.Logf("%s: %v; slowest pong %v, slowest call of another script %v; at most %d MiB",
		a.name, took.Round(time.Millisecond), w.slowestPong.Round(time.Millisecond), w.slowestCall.Round(time.Millisecond), child.MaxMemory()>>20)
}

// testRefusal loads a script that must be refused. In one process it is the first version of the
// script; in another process it replaces a version that works.
func testRefusal(t *testing.T, a *attack) {
	first := start(t, "ws://127.0.0.1:1/", a, a.source)
	agent := listen(t)
	child := start(t, agent.URL, a, harmlessTool("same"))
	w := newWatch(t, agent.accept(t, child), a)
	stopWatching := w.start()
	child.Save(a.name, a.source)
	child.Until(child.Process, "reload_failed", a.refused)
	stopWatching()
	w.checkRecovery()
	child.Terminate()
	w.checkNoSecondAnswers()
	if code := first.Wait(testkit.Timeout); code != 78 {
		t.Errorf("exit code %d, want 78", code)
	}
	first.Until(first.Process, "", a.refused)
	t.Logf("%s: slowest pong %v, slowest call of another script %v; at most %d MiB",
		a.name, w.slowestPong.Round(time.Millisecond), w.slowestCall.Round(time.Millisecond), child.MaxMemory()>>20)
}

// An agent accepts only one client.
type agent struct {
	*testkit.Agent
	conversations chan *testkit.Conversation
}

func listen(t *testing.T) *agent {
	t.Helper()
	a := &agent{conversations: make(chan *testkit.Conversation, 1)}
	check := func(_ *testkit.Conversation, frame testkit.Frame) error {
		_, err := convai.ParseClient(frame.Text)
		return err
	}
	a.Agent = testkit.AgentOptions{Check: check}.Serve(t, func(c *testkit.Conversation) {
		if c.Number > 1 {
			c.Fail("the client has connected again")
		}
		c.Open()
		a.conversations <- c
		c.Wait()
	})
	return a
}

// accept waits until the client has opened the conversation and returns this conversation.
func (a *agent) accept(t *testing.T, c *testkit.Child) *testkit.Conversation {
	t.Helper()
	select {
	case conversation := <-a.conversations:
		return conversation
	case <-c.Done:
		t.Fatal("the process ended before it connected")
	case <-time.After(testkit.Timeout):
		t.Fatal("the process does not connect")
	}
	return nil
}

// start starts a process that runs source under the file name of the attack, and another script
// with a harmless tool.
func start(t *testing.T, url string, a *attack, source string) *testkit.Child {
	t.Helper()
	dir := t.TempDir()
	if fill := folders[a.folder]; fill != nil {
		if err := fill(dir); err != nil {
			t.Fatal(err)
		}
	}
	flags := []string{"--memory", "128", "--data", "data"}
	for _, flag := range a.flags {
		flags = append(flags, strings.ReplaceAll(flag, "$DIR", dir))
	}
	return testkit.StartChild(t, testkit.ChildOptions{
		URL: url, Files: map[string]string{a.name: source, "other.lua": harmlessTool("other")}, Scripts: []string{a.name, "other.lua"},
		Flags: flags, Sound: slices.Contains(flags, "--speaker"), Env: []string{"MOONLARK_HOSTILE_URL=" + a.url, "MOONLARK_HOSTILE_DIR=" + dir, "MOONLARK_SECRET_HOSTILE=" + secret}, MaxMemory: maxMemory,
		Skip: func(e *testkit.Event) bool {
			switch e.Type {
			case "log", "print", "error", "reload_failed", "reloaded":
				return false
			}
			return true
		},
	})
}
