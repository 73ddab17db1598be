package hostile

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// maxDelay is the maximum time for the pong to a ping, and for a call of a harmless tool. On an
// idle machine, both take only milliseconds.
func maxDelay() time.Duration {
	if testkit.Race {
		return 20 * time.Second
	}
	return 10 * time.Second
}

// harmlessTool returns Lua code that registers a harmless tool with this name. The handler of the
// tool uses no globals, so that the rest of the script cannot break the tool.
func harmlessTool(name string) string {
	return fmt.Sprintf(`register_tool(%q, function(args) return "calm " .. args.n end)`, name)
}

// A watch calls the harmless tools and sends pings during an attack.
type watch struct {
	t     *testing.T
	agent *testkit.Conversation
	// errors with which the harmless tool of the attacking script may fail
	calm        []*regexp.Regexp
	slowestPong time.Duration
	slowestCall time.Duration // maximum time that a call of the other script's tool took
}

func newWatch(t *testing.T, agent *testkit.Conversation, a *attack) *watch {
	return &watch{t: t, agent: agent, calm: a.calm}
}

// start runs the checks on a new goroutine. The returned function stops the checks and waits for
// the last answers.
func (w *watch) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.run(ctx) }()
	return func() { cancel(); <-done }
}

// run repeats pings and tool calls until ctx is done, and fails the test if one of them fails or
// takes too long.
func (w *watch) run(ctx context.Context) {
	var wg sync.WaitGroup
	repeat := func(pause time.Duration, do func(n int) bool) {
		wg.Go(func() {
			for n := 0; do(n); n++ {
				select {
				case <-ctx.Done():
					return
				case <-time.After(pause):
				}
			}
		})
	}
	repeat(10*time.Millisecond, func(n int) bool {
		took, err := w.agent.Ping(n)
		if w.slowestPong = max(w.slowestPong, took); took > maxDelay() || err != nil {
			w.t.Errorf("pong %d after %v: %v", n, took, err)
		}
		return err == nil
	})
	repeat(5*time.Millisecond, func(n int) bool {
		began := time.Now()
		r := w.call("other", n)
		took := time.Since(began)
		if w.slowestCall = max(w.slowestCall, took); took > maxDelay() {
			w.t.Errorf("call %d of other took %v", n, took)
		}
		return w.check("other", n, r)
	})
	repeat(5*time.Millisecond, func(n int) bool {
		r := w.call("same", n)
		return w.allowed(r) || w.check("same", n, r)
	})
	wg.Wait()
}

func (w *watch) call(tool string, n int) testkit.ToolResult {
	return w.agent.Call(fmt.Sprint(tool, "-", n), tool, fmt.Sprintf(`{"n": %d}`, n))
}

// allowed reports whether r is an error that the attack allows with a "calm" comment.
func (w *watch) allowed(r testkit.ToolResult) bool {
	return r.Err == nil && r.IsError && slices.ContainsFunc(w.calm, func(re *regexp.Regexp) bool { return re.MatchString(r.Result) })
}

// check reports whether r is the right answer to call n of the tool. If not, it fails the test.
func (w *watch) check(tool string, n int, r testkit.ToolResult) bool {
	if r.Err != nil || r.IsError || r.Result != fmt.Sprint("calm ", n) {
		w.t.Errorf("call %d of %s = %.500s", n, tool, r)
		return false
	}
	return true
}

// checkRecovery checks after the attack that pings and both harmless tools work. If the script is
// being loaded again, it waits until the script has been loaded.
func (w *watch) checkRecovery() {
	deadline := time.Now().Add(testkit.Timeout)
	for n, right := 1_000_000, 0; right < 3; n++ {
		r := w.call("same", n)
		if w.allowed(r) && time.Now().Before(deadline) {
			right = 0
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if !w.check("same", n, r) {
			break
		}
		right++
		w.check("other", n, w.call("other", n))
	}
	if _, err := w.agent.Ping(1_000_000); err != nil {
		w.t.Error(err)
	}
}

// checkNoSecondAnswers checks, after the end of the conversation, that no tool call was answered
// twice.
func (w *watch) checkNoSecondAnswers() {
	for {
		frame, err := w.agent.Next()
		if err != nil {
			return
		}
		if frame.Type == "client_tool_result" {
			w.t.Errorf("an answer that no call waits for: %.200s", frame.Text)
		}
	}
}
