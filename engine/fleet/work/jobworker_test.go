package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

// A memoryJobs is a hub that has jobs for one worker: see JobServer.
type memoryJobs struct {
	jobs chan TakenJob

	mu   sync.Mutex // guards the fields below
	said []string   // what the worker has said about jobs: "word job", without progress
	wpi  int        // how often it has said that it carries out a job
	logs []string   // of the worker
	err  error      // of Store and Ack; nil if there is a connection
}

func (h *memoryJobs) Name() string { return "w1" }

func (h *memoryJobs) OpenJobs(name string) (JobQueue, error) {
	if name == "refused" {
		return nil, errors.New("refused cannot be served")
	}
	return h, nil
}

func (h *memoryJobs) Next(ctx context.Context) (TakenJob, error) {
	select {
	case j := <-h.jobs:
		if j == nil {
			return nil, errors.New("the hub is broken")
		}
		return j, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *memoryJobs) Close() {}

// say records a word.
func (h *memoryJobs) say(word string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, word)
	return h.err
}

func (h *memoryJobs) set(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// all returns what the worker has said.
func (h *memoryJobs) all() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.said, ", ")
}

// log returns what the worker has logged.
func (h *memoryJobs) log() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.logs, "\n")
}

// A memoryTaken is a job of a memoryJobs.
type memoryTaken struct {
	hub *memoryJobs
	job Job
}

func (m memoryTaken) Job() Job { return m.job }

func (m memoryTaken) Progress() error {
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	m.hub.wpi++
	return nil
}

func (m memoryTaken) Store(_ context.Context, r Reply) error {
	return m.hub.say(fmt.Sprintf("store %s: %.30s", m.job.ID, r.Result.Text))
}

func (m memoryTaken) Ack(context.Context) error { return m.hub.say("ack " + m.job.ID) }
func (m memoryTaken) Return() error             { return m.hub.say("return " + m.job.ID) }

// newJobWorker returns a worker of the tool film with two slots, and its hub. The jobs take a minute.
func newJobWorker(t *testing.T) (*JobWorker, *memoryJobs, func(id string, left time.Duration)) {
	h := &memoryJobs{jobs: make(chan TakenJob, 10)}
	w := NewJobWorker(JobWorkerOptions{
		Server: h, Jobs: 2,
		Run: func(ctx context.Context, j Job) (tool.Result, error) {
			_ = h.say("run " + j.ID)
			if j.ID == "large" {
				return tool.Result{Text: strings.Repeat("x", tool.MaxResult+1)}, nil
			}
			if sleep(ctx, time.Minute); ctx.Err() != nil {
				return tool.Result{}, ctx.Err()
			}
			return tool.Result{Text: "film"}, nil
		},
		Log: func(_ slog.Level, text string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.logs = append(h.logs, text)
		},
	})
	if err := w.SetTools([]*tool.Spec{{Name: "refused"}, {Name: "film"}}); err == nil || err.Error() != "refused cannot be served" {
		t.Errorf("got %v", err)
	}
	return w, h, func(id string, left time.Duration) {
		h.jobs <- memoryTaken{h, Job{ID: id, Tool: "film", Left: left}}
	}
}

func TestAJobIsStoredAndThenAcknowledged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, h, put := newJobWorker(t)
		for _, id := range []string{"j1", "j2", "j3"} {
			put(id, time.Hour)
			time.Sleep(time.Second)
		}
		want(t, "words", h.all(), "run j1, run j2") // there are two slots
		time.Sleep(59 * time.Second)
		want(t, "words", h.all(), "run j1, run j2, store j1: film, ack j1, run j3, store j2: film, ack j2")
		time.Sleep(time.Hour)
		h.mu.Lock()
		wpi := h.wpi
		h.mu.Unlock()
		if wpi < 15 || wpi > 18 {
			t.Errorf("the worker has reported progress %d times", wpi)
		}
		put("large", time.Hour)
		put("slow", 10*time.Second)
		time.Sleep(time.Minute)
		if got := h.all(); !strings.Contains(got, "store large: film returned 262145 bytes") || !strings.Contains(got, "store slow: film took longer than it may") {
			t.Errorf("got %s", got)
		}
		w.Close(t.Context())
		if err := w.SetTools([]*tool.Spec{{Name: "refused"}}); err != nil {
			t.Error(err)
		}
	})
}

// The hub does not hear of the worker, and gives it the job again.
func TestAJobThatArrivesAgainIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, h, put := newJobWorker(t)
		put("j1", time.Hour)
		time.Sleep(30 * time.Second)
		put("j1", time.Hour)
		time.Sleep(31 * time.Second)
		want(t, "words", h.all(), "run j1, store j1: film, ack j1, ack j1")
		put("j1", time.Hour)
		time.Sleep(time.Second)
		want(t, "words", h.all(), "run j1, store j1: film, ack j1, ack j1, ack j1")
		w.Close(t.Context())
	})
}

func TestAResultIsStoredWhenThereIsAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, h, put := newJobWorker(t)
		h.set(errOffline)
		put("j1", 2*time.Minute)
		put("j2", time.Hour)
		time.Sleep(5 * time.Minute)
		h.set(nil)
		time.Sleep(2 * time.Second)
		if got := h.all(); strings.Contains(got, "ack j1") || !strings.HasSuffix(got, "store j2: film, ack j2") {
			t.Errorf("got %s", got)
		}
		want(t, "log", h.log(), "the job j1 of film: its result was not stored: no connection\nthe job j1 of film: it was not given back: no connection")
		w.Close(t.Context())
	})
}

func TestAWorkerThatMustCloseGivesItsJobsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, h, put := newJobWorker(t)
		put("j1", time.Hour)
		time.Sleep(50 * time.Second)
		put("j2", time.Hour)
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		w.Close(ctx)
		want(t, "words", h.all(), "run j1, run j2, store j1: film, ack j1, return j2")
		if took := time.Since(start); took != 20*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestAProblemOfTheHubIsLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, h, put := newJobWorker(t)
		for range 5 {
			h.jobs <- nil
		}
		time.Sleep(3 * time.Second)
		want(t, "log", h.log(), "the hub is broken")
		put("j1", time.Hour)
		time.Sleep(2 * time.Minute)
		want(t, "words", h.all(), "run j1, store j1: film, ack j1")
		w.Close(t.Context())
	})
}
