package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/durable"
	"moonlark/engine/tool"
)

// A memoryCarrier is a hub in the memory of the test: see JobCarrier.
type memoryCarrier struct {
	mu      sync.Mutex // guards the fields below
	err     error      // of SendJob and JobResult; nil if there is a connection
	jobs    []Job
	results map[string]tool.Result

	notices chan string
}

func newMemoryCarrier() *memoryCarrier {
	return &memoryCarrier{results: map[string]tool.Result{}, notices: make(chan string, 100)}
}

func (c *memoryCarrier) SendJob(_ context.Context, j Job) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.jobs = append(c.jobs, j)
	}
	return c.err
}

func (c *memoryCarrier) JobResult(_ context.Context, id string) (tool.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.results[id]
	switch {
	case c.err != nil:
		return r, c.err
	case !ok:
		return r, ErrNoResult
	}
	return r, nil
}

func (c *memoryCarrier) JobNotices() <-chan string { return c.notices }

// set changes whether there is a connection.
func (c *memoryCarrier) set(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	if err == nil {
		c.notices <- ""
	}
}

// put stores a result, without a notice.
func (c *memoryCarrier) put(id, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results[id] = tool.Result{Text: text}
}

// sent returns how many jobs the hub has got.
func (c *memoryCarrier) sent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.jobs)
}

// A jobsFixture is a device with jobs.
type jobsFixture struct {
	t       *testing.T
	carrier *memoryCarrier
	folder  string
	jobs    *Jobs

	mu      sync.Mutex // guards the fields below
	results []string   // "tool arguments: text" of each result
	logs    []string
}

func newJobsFixture(t *testing.T) *jobsFixture {
	f := &jobsFixture{t: t, carrier: newMemoryCarrier(), folder: filepath.Join(t.TempDir(), "jobs")}
	f.open()
	return f
}

// open opens the jobs, after Close if they were open.
func (f *jobsFixture) open() {
	f.t.Helper()
	f.jobs = OpenJobs(JobsOptions{
		Carrier: f.carrier, Folder: f.folder, Ready: func() bool { return true },
		Done: func(r tool.JobResult) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.results = append(f.results, fmt.Sprintf("%s %s: %s", r.Tool, r.Args, r.Result.Text))
		},
		Log: func(_ slog.Level, text string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.logs = append(f.logs, text)
		},
	})
	f.t.Cleanup(f.jobs.Close)
}

// start starts a job of the tool film.
func (f *jobsFixture) start(args string) (id string, err error) {
	done := make(chan struct{})
	f.jobs.StartJob(&tool.Spec{Name: "film", Expires: 10 * time.Minute}, json.RawMessage(args), func(i string, e error) {
		id, err = i, e
		close(done)
	})
	<-done
	return id, err
}

// done returns the results that have arrived.
func (f *jobsFixture) done() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.results, ", ")
}

// files returns how many files the folder has.
func (f *jobsFixture) files() int {
	f.t.Helper()
	entries, err := os.ReadDir(f.folder)
	if err != nil {
		f.t.Fatal(err)
	}
	return len(entries)
}

var errOffline = errors.New("no connection")

func TestAResultIsFoundWithoutItsNotice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newJobsFixture(t)
		id, err := f.start(`{"n":1}`)
		if err != nil {
			t.Fatal(err)
		}
		f.carrier.put(id, "first")
		time.Sleep(recheckTime + time.Second)
		want(t, "results", f.done(), `film {"n":1}: first`)
		f.carrier.notices <- id
		time.Sleep(time.Hour)
		want(t, "results", f.done(), `film {"n":1}: first`)
		if n := f.files(); n > 0 {
			t.Errorf("there are %d files", n)
		}
		f.jobs.Close()
	})
}

// The result may be in the hub when the time of a job is over.
func TestAJobExpiresOnlyIfTheHubHasNoResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newJobsFixture(t)
		first, _ := f.start(`{"n":1}`)
		if _, err := f.start(`{"n":2}`); err != nil {
			t.Fatal(err)
		}
		f.carrier.set(errOffline)
		f.jobs.Close()
		time.Sleep(24 * time.Hour) // the device is switched off
		f.open()
		f.carrier.put(first, "first")
		time.Sleep(offlineTime / 2)
		want(t, "results without a connection", f.done(), "")
		f.carrier.set(nil)
		time.Sleep(2 * time.Second)
		if got := f.done(); !strings.Contains(got, `film {"n":1}: first`) || !strings.Contains(got, `film {"n":2}: film expired: `) {
			t.Errorf("got %s", got)
		}
		f.jobs.Close()
	})
}

func TestAJobExpiresWithoutAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newJobsFixture(t)
		f.carrier.set(errOffline)
		if _, err := f.start(`{}`); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Minute + offlineTime - time.Second)
		want(t, "results", f.done(), "")
		time.Sleep(3 * time.Second)
		want(t, "results", f.done(), `film {}: film expired: it has no result after the time that it may take`)
		if n := f.carrier.sent(); n != 0 {
			t.Errorf("the hub has %d jobs", n)
		}
		f.jobs.Close()
	})
}

func TestARefusedJobIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newJobsFixture(t)
		f.carrier.set(errOffline)
		if _, err := f.start(`{"n":1}`); err != nil { // is sent later, and refused then
			t.Fatal(err)
		}
		f.carrier.set(fmt.Errorf("%w: it is full", ErrRefused))
		if _, err := f.start(`{"n":2}`); err == nil || err.Error() != "film cannot run now: the hub does not take the job: it is full" {
			t.Errorf("got %v", err)
		}
		f.carrier.notices <- ""
		time.Sleep(time.Second)
		want(t, "results", f.done(), `film {"n":1}: film could not be started: the hub does not take the job: it is full`)
		if n := f.files(); n > 0 {
			t.Errorf("there are %d files", n)
		}
		f.jobs.Close()
		if _, err := f.start(`{"n":3}`); err == nil || err.Error() != "film cannot run now: the program is ending" {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheNumberOfJobsIsLimited(t *testing.T) {
	t.Parallel()
	f := newJobsFixture(t)
	f.jobs.Close()
	if err := jobFolder(f.folder).make(); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(jobFile{Tool: "film", Args: json.RawMessage(`{}`), Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range tool.MaxJobs {
		if err := os.WriteFile(filepath.Join(f.folder, fmt.Sprintf("job-%016d%s", i, sentSuffix)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.open()
	if _, err := f.start(`{}`); err == nil || err.Error() != "film cannot run now: 1000 jobs have no result yet" {
		t.Errorf("got %v", err)
	}
}

// A power failure can leave a file without content, or one that was being written.
func TestDamagedFilesOfJobsAreDeleted(t *testing.T) {
	t.Parallel()
	f := newJobsFixture(t)
	id, err := f.start(`{}`)
	if err != nil {
		t.Fatal(err)
	}
	f.jobs.Close()
	for name, text := range map[string]string{
		"AAAAAAAAAAAAAAAAAAAA" + newSuffix: "", "BBBBBBBBBBBBBBBBBBBB" + sentSuffix: `{"tool":`,
		durable.TemporaryPrefix + "CCCC": "{", id + "x": "of somebody else",
	} {
		if err := os.WriteFile(filepath.Join(f.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.open()
	if n := f.files(); n != 2 {
		t.Errorf("there are %d files", n)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.jobs.open) != 1 || len(f.logs) != 1 || strings.Count(f.logs[0], ": unexpected end of JSON input") != 2 {
		t.Errorf("there are %d jobs, and the log is %q", len(f.jobs.open), f.logs)
	}
}

func TestJobsOfMessages(t *testing.T) {
	t.Parallel()
	j := Job{ID: "ABCDEFGHIJKLMNOP", Bundle: "aa", Left: time.Hour, Args: json.RawMessage(`{}`)}
	for _, c := range []struct {
		change func(h map[string]string)
		args   string
		waited time.Duration
		left   time.Duration
		err    string
	}{
		{left: time.Hour, args: `{}`},
		{waited: 20 * time.Minute, left: 40 * time.Minute, args: `{}`},
		{waited: 2 * time.Hour, left: time.Hour, args: `{}`}, // a clock is wrong
		{waited: -time.Hour, left: time.Hour, args: `{}`},
		{change: func(h map[string]string) { h[leftHeader] = "9999999999999" }, left: tool.MaxExpiry, args: `{}`},
		{change: func(h map[string]string) { h[leftHeader] = "-1" }, args: `{}`, err: "not a number of milliseconds"},
		{change: func(h map[string]string) { h[jobHeader] = "a.b" }, args: `{}`, err: "not the identifier of a job"},
		{change: func(h map[string]string) { h[bundleHeader] = strings.Repeat("x", 200) }, args: `{}`, err: "header Bundle has 200 bytes"},
		{args: `{`, err: "not JSON"},
		{args: strings.Repeat(" ", tool.MaxOffloadedArguments) + "1", err: "262144 are allowed"},
	} {
		h := j.Header()
		if c.change != nil {
			c.change(h)
		}
		got, err := ParseJob(header(h), []byte(c.args), c.waited)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %s", err, c.err)
			}
		} else if err != nil || got.Left != c.left || got.ID != j.ID || got.Bundle != "aa" {
			t.Errorf("got %+v, %v, want %v", got, err, c.left)
		}
	}
}

// A device goes on without its disk.
func TestWithoutAFolderNoJobIsStarted(t *testing.T) {
	t.Parallel()
	f := newJobsFixture(t)
	if err := os.WriteFile(f.folder, nil, 0o600); err != nil { // a file in the place of the folder
		t.Fatal(err)
	}
	f.open()
	if _, err := f.start(`{}`); err == nil || err.Error() != "film cannot run now: the device cannot store it" {
		t.Errorf("got %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if text := strings.Join(f.logs, "\n"); !strings.HasPrefix(text, "jobs are lost: ") || !strings.Contains(text, "of film: ") {
		t.Errorf("the log is %s", text)
	}
}
