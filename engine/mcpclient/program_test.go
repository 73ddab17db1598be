//go:build unix

package mcpclient

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

const nullSignal = syscall.Signal(0)

func TestAProgramIsCalled(t *testing.T) {
	t.Parallel()
	for _, behaviour := range []string{"plain", "noise", "careful", "modern", "late=0.2", "child"} {
		t.Run(strings.Split(behaviour, "=")[0], func(t *testing.T) {
			t.Parallel()
			if behaviour == "child" {
				behaviour += "=" + filepath.Join(t.TempDir(), "pid")
			}
			s, log := start(t, fake(behaviour))
			if got := mustCall(t, s, "echo", `{"text":"hello\nyou"}`); got != "hello\nyou" {
				t.Errorf("got %q", got)
			}
			if behaviour == "noise" {
				until(t, "the noise in the log", func() bool {
					return strings.Contains(log.String(), "not a message: working...") && strings.Contains(log.String(), "not a message: Starting")
				})
			}
			if state, why := s.Status(); state != Ready || why != "" {
				t.Errorf("it is %s: %s", state, why)
			}
		})
	}
}

func TestResultsOfAllKinds(t *testing.T) {
	t.Parallel()
	s, _ := start(t, fake("plain"))
	r, err := call(t, s, "image", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	if want := "here it is:\n[image/png, 12 KB]\n[audio/wav, 4 bytes]\n\\x1b[31mred\n[a.txt: file:///a.txt]\nb"; r.Text != want {
		t.Errorf("got %q, want %q", r.Text, want)
	}
	if len(r.Content) != 6 || len(r.Content[1].Data) != 12<<10 || r.Content[1].MIME != "image/png" {
		t.Errorf("got %d blocks", len(r.Content))
	}
	if r, err = call(t, s, "add", `{"a":1,"b":2}`); err != nil || r.Text != `{"sum":3}` || string(r.Data) != `{"sum":3}` {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err = call(t, s, "fail", `{}`); err != nil || !r.IsError || r.Text != "the disk is full" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err = call(t, s, "big", `{"bytes":400000}`); err != nil || len(r.Text) > 256<<10 || !strings.HasSuffix(r.Text, "x\n[cut: the text has 391 KB]") {
		t.Errorf("got %d bytes, %v", len(r.Text), err)
	}
}

func TestAnAnswerThatIsMuchTooLongFailsOnlyItsCall(t *testing.T) {
	t.Parallel()
	s, _ := start(t, fake("plain"))
	if _, err := call(t, s, "big", `{"bytes":100000000}`); codeOf(err) != "too_large" {
		t.Errorf("got %v", err)
	}
	if got := mustCall(t, s, "echo", `{"text":"still here"}`); got != "still here" {
		t.Errorf("got %q", got)
	}
}

func TestACallOfASilentServerEndsInTime(t *testing.T) {
	t.Parallel()
	e := fake("silent")
	s, _ := start(t, e)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Call(ctx, "echo", []byte(`{}`)); codeOf(err) != "timeout" {
		t.Errorf("got %v", err)
	}
	e = fake("silent")
	e.Startup = 100 * time.Millisecond
	s, log := start(t, e)
	_, err := call(t, s, "echo", `{}`)
	if codeOf(err) != "offline" || !strings.Contains(err.Error(), "notes is not running: it has not started in 100ms") {
		t.Errorf("got %v", err)
	}
	until(t, "the warning", func() bool { return strings.Count(log.String(), "is not running") > 0 })
}

func TestATimeoutCancelsTheCallAndNothingElse(t *testing.T) {
	t.Parallel()
	s, _ := start(t, fake("plain"))
	mustCall(t, s, "echo", `{"text":"a"}`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Call(ctx, "slow", []byte(`{"seconds":600}`)); codeOf(err) != "timeout" || err.Error() != "notes has not answered slow in time" {
		t.Errorf("got %v", err)
	}
	mustCall(t, s, "echo", `{"text":"b"}`)
}

func TestAServerThatExitsInACallIsStartedAgain(t *testing.T) {
	t.Parallel()
	s, log := start(t, fake("plain"))
	_, err := call(t, s, "exit", `{}`)
	if codeOf(err) != "closed" {
		t.Errorf("got %v", err)
	}
	until(t, "the next start", func() bool { return strings.Count(log.String(), "is ready") == 2 })
	if got := mustCall(t, s, "echo", `{"text":"back"}`); got != "back" {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(log.String(), "is not running: the program has ended: out of memory") {
		t.Errorf("log: %s", log)
	}
}

func TestTheReasonOfAProgramThatFailsIsShown(t *testing.T) {
	t.Parallel()
	s, _ := start(t, fake("fails"))
	_, err := call(t, s, "echo", `{}`)
	if codeOf(err) != "offline" || err.Error() != "notes is not running: the program has ended: the folder /srv/notes does not exist" {
		t.Errorf("got %v", err)
	}
	missing, _ := start(t, &Entry{Name: "notes", Command: "no-such-program"})
	if _, err := call(t, missing, "echo", `{}`); err == nil || err.Error() != `notes is not running: there is no program "no-such-program" in the folders of PATH` {
		t.Errorf("got %v", err)
	}
}

func TestTheEndIsQuickAndLeavesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	s, _ := start(t, fake("stubborn child="+file))
	mustCall(t, s, "echo", `{"text":"a"}`)
	s.mu.Lock()
	program := s.session.program.process.PID()
	s.mu.Unlock()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	child, _ := strconv.Atoi(string(text))
	if !isAlive(program) || !isAlive(child) {
		t.Fatal("the programs do not run")
	}
	began := time.Now()
	s.Close()
	took := time.Since(began)
	t.Logf("the end took %v", took) // an idle machine needs 0.9 s
	if took > 10*second {
		t.Errorf("took %v", took)
	}
	until(t, "the end of the programs", func() bool { return !isAlive(program) && !isAlive(child) })
}

func TestAServerIsUsedByManyAndEndsWithTheLast(t *testing.T) {
	t.Parallel()
	s, log := start(t, fake("plain"))
	s.Acquire()
	mustCall(t, s, "echo", `{"text":"a"}`)
	s.Release()
	mustCall(t, s, "echo", `{"text":"b"}`)
	s.Release()
	until(t, "the end", func() bool { state, why := s.Status(); return state == Down && why == "it is not in use" })
	s.Acquire()
	mustCall(t, s, "echo", `{"text":"c"}`)
	if got := strings.Count(log.String(), "is ready"); got != 2 {
		t.Errorf("it was started %d times:\n%s", got, log)
	}
}

func TestAProgramGetsFewVariables(t *testing.T) {
	t.Setenv("NOTES_TOKEN", "secret")
	t.Setenv("MCPGODEBUG", "x=1")
	e := fake("plain")
	e.Env = append(e.Env, "KEY=value")
	s, _ := start(t, e)
	got := mustCall(t, s, "environment", `{}`)
	for _, name := range []string{"PATH=", "HOME=", "KEY=value"} {
		if !strings.Contains(got, name) {
			t.Errorf("%s is missing in\n%s", name, got)
		}
	}
	for _, name := range []string{"NOTES_TOKEN", "MCPGODEBUG"} {
		if strings.Contains(got, name) {
			t.Errorf("%s is in\n%s", name, got)
		}
	}
}

func TestFewLinesOfTheStandardErrorAreLogged(t *testing.T) {
	t.Parallel()
	s, log := start(t, fake("chatty"))
	mustCall(t, s, "echo", `{"text":"a"}`)
	if n := strings.Count(log.String(), "notes: line "); n == 0 || n > 500 {
		t.Errorf("%d lines are logged", n)
	}
}

func TestAServerThatAsksAndDoesNotReadTheAnswersIsNotKeptInMemory(t *testing.T) {
	p := &pipe{noise: func(string) {}}
	request := []byte(`{"jsonrpc":"2.0","id":"a","method":"ping"}`)
	n := 0
	for range 10 * maxAsked {
		if p.message(request, len(request)) != nil {
			n++
		}
	}
	if n != maxAsked {
		t.Errorf("%d requests were accepted", n)
	}
	p.writing, p.closed = make(chan struct{}), make(chan struct{})
	p.Close()
	p.Write(t.Context(), &jsonrpc.Response{})
	if p.message(request, len(request)) == nil {
		t.Error("no request is accepted after one has been answered")
	}
}

func TestErrorsByStrangersAreShortAndPlain(t *testing.T) {
	s := NewServer(&Entry{Name: "notes"}, nil)
	sess := newSession()
	defer sess.cancel()
	err := s.explain(t.Context(), sess, "a", &jsonrpc.Error{Code: 1, Message: "\x1b[31m" + strings.Repeat("x", 1<<20)})
	if len(err.Text) > maxErrorText || strings.Contains(err.Text, "\x1b") {
		t.Errorf("got %d bytes: %.50q", len(err.Text), err.Text)
	}
	wrong := json.Unmarshal([]byte(`{"content":[{"text":5}]}`), new(struct{ Content []struct{ Text string } }))
	if err := s.explain(t.Context(), sess, "a", wrong); err.Text != "notes: the server has answered with a value of a wrong type at Content.Text" {
		t.Errorf("got %s", err.Text)
	}
}
