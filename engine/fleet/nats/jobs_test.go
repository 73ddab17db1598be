package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/work"
	"moonlark/engine/tool"
)

func TestAWorkerCarriesOutAJob(t *testing.T) {
	t.Parallel()
	p := newJobplace(t)
	p.worker("w1", 2, echo)
	large := `{"x":"` + strings.Repeat("x", tool.MaxOffloadedArguments-8) + `"}`
	for _, args := range []string{`{"n":1}`, `{"n":2}`, large} {
		id := p.mustStart(args)
		p.wantDone(id, args)
		if got := p.done(id)[0]; string(got.Args) != args {
			t.Errorf("the arguments are %.50s", got.Args)
		}
	}
	eventually(t, "the hub has no job any more", func() bool { return p.stored(jobStream) == 0 })
	if n := p.stored(doneStream); n != 3 {
		t.Errorf("the hub has %d results", n)
	}
}

// Nobody has the tool when the job is started.
func TestAJobWaitsForAWorker(t *testing.T) {
	t.Parallel()
	p := newJobplace(t)
	id := p.mustStart(`{}`)
	eventually(t, "the hub has the job", func() bool { return p.stored(jobStream) == 1 })
	p.worker("w1", 1, echo)
	p.wantDone(id, `{}`)
}

// The consumer of a tool is missing until the centre runs.
func TestTheCentreComesLater(t *testing.T) {
	t.Parallel()
	p := &jobplace{t: t, hub: newHub(t).start(), folder: t.TempDir(), ready: true}
	c := p.hub.center()
	p.boot()
	p.worker("w1", 1, echo)
	id := p.mustStart(`{}`)
	time.Sleep(500 * time.Millisecond)
	c.ServeJobs(redeliverTest)
	p.wantDone(id, `{}`)
}

func TestAJobIsSentWhenThereIsAConnection(t *testing.T) {
	t.Parallel()
	p := newJobplace(t)
	p.worker("w1", 1, echo)
	p.hub.stop()
	eventually(t, "the device is offline", func() bool { return !p.device.Link().Connected })
	first := p.mustStart(`{"n":1}`)
	second := p.mustStart(`{"n":2}`)
	p.shutDown()
	p.hub.start()
	p.hub.center().ServeJobs(redeliverTest)
	p.boot() // knows the jobs from their files
	p.wantDone(first, `{"n":1}`)
	p.wantDone(second, `{"n":2}`)
}

func TestAJobOfADeadWorkerIsCarriedOutByAnother(t *testing.T) {
	t.Parallel()
	t.Run("before it takes the job", func(t *testing.T) {
		t.Parallel()
		p := newJobplace(t)
		_, kill := p.worker("w1", 1, echo)
		p.wantDone(p.mustStart(`{"n":1}`), `{"n":1}`) // so the worker is connected
		time.Sleep(200 * time.Millisecond)            // it asks for the next job
		kill()
		id := p.mustStart(`{"n":2}`)
		p.worker("w2", 1, echo)
		p.wantDone(id, `{"n":2}`)
		if got := p.runs(`{"n":2}`); !slices.Equal(got, []string{"w2"}) {
			t.Errorf("the job ran on %v", got)
		}
	})
	t.Run("while it carries out the job", func(t *testing.T) {
		t.Parallel()
		p := newJobplace(t)
		_, kill := p.worker("w1", 1, until(make(chan struct{})))
		id := p.mustStart(`{}`)
		eventually(t, "the job begins", func() bool { return len(p.runs(`{}`)) == 1 })
		kill()
		p.worker("w2", 1, echo)
		p.wantDone(id, `{}`)
		if got := p.runs(`{}`); !slices.Equal(got, []string{"w1", "w2"}) {
			t.Errorf("the job ran on %v", got)
		}
	})
	t.Run("after it has stored the result", func(t *testing.T) {
		t.Parallel()
		p := newJobplace(t)
		gate := make(chan struct{})
		_, kill := p.worker("w1", 1, until(gate))
		id := p.mustStart(`{}`)
		eventually(t, "the job begins", func() bool { return len(p.runs(`{}`)) == 1 })
		// The hub gets the result from the test, as if the worker had sent it and died then.
		server, err := DialWorker(p.hub.options(p.hub.workerCreds("w1")))
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		eventually(t, "w1 is connected", func() bool { return server.Link().Connected })
		kill()
		taken := &takenJob{worker: server, job: work.Job{ID: id, Device: "kiosk-1", Tool: "report"}}
		if err := taken.Store(soon(t), work.Reply{Kind: work.Done, Worker: "w1", Result: tool.Result{Text: "first"}}); err != nil {
			t.Fatal(err)
		}
		p.wantDone(id, "first")
		p.worker("w2", 1, echo)
		eventually(t, "the hub has no job any more", func() bool { return p.stored(jobStream) == 0 })
		p.wantDone(id, "first")
		if n := p.stored(doneStream); n != 1 {
			t.Errorf("the hub has %d results", n)
		}
	})
}

// A worker that says that it still carries out a job keeps it, and returns it when it must end.
func TestALongJobStaysWithItsWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	p := newJobplaceWith(t, 3*redeliverTest)
	w, _ := p.worker("w1", 1, until(make(chan struct{})))
	id := p.mustStart(`{}`)
	eventually(t, "the job begins", func() bool { return len(p.runs(`{}`)) == 1 })
	p.worker("w2", 1, echo)
	time.Sleep(7 * redeliverTest)
	if got := p.runs(`{}`); !slices.Equal(got, []string{"w1"}) {
		t.Errorf("the job ran on %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Close(ctx)
	p.wantDone(id, `{}`)
	if got := p.runs(`{}`); !slices.Equal(got, []string{"w1", "w2"}) {
		t.Errorf("the job ran on %v", got)
	}
}

func TestAnExpiredJobIsNotCarriedOut(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	p := newJobplace(t)
	short := *reportTool
	short.Expires = 1500 * time.Millisecond
	id, err := p.start(&short, `{}`)
	if err != nil {
		t.Fatal(err)
	}
	p.wantDone(id, "report expired")
	if r := p.done(id)[0].Result; !r.IsError || r.Type != tool.ClientTimeout {
		t.Errorf("the result is %+v", r)
	}
	eventually(t, "the hub has no job any more", func() bool { return p.stored(jobStream) == 0 })
	p.worker("w1", 1, echo)
	p.wantDone(p.mustStart(`{"n":2}`), `{"n":2}`)
	if got := p.runs(`{}`); len(got) > 0 {
		t.Errorf("the job ran on %v", got)
	}
}

func TestAJobThatTakesTooLongIsStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	p := newJobplace(t)
	stopped := make(chan struct{})
	p.worker("w1", 1, func(ctx context.Context, _ string) (string, error) {
		<-ctx.Done()
		close(stopped)
		return "", ctx.Err()
	})
	short := *reportTool
	short.Expires = 6 * time.Second
	id, err := p.start(&short, `{}`)
	if err != nil {
		t.Fatal(err)
	}
	p.wantDone(id, "report ")
	<-stopped
}

// A job is given to three workers at most.
func TestAJobThatKillsItsWorkersIsGivenUp(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	p := newJobplace(t)
	p.mustStart(`{}`)
	for i := range 3 {
		_, kill := p.worker(fmt.Sprint("w", i), 1, until(make(chan struct{})))
		eventually(t, "the job begins", func() bool { return len(p.runs(`{}`)) == i+1 })
		kill()
	}
	p.worker("w4", 1, echo)
	time.Sleep(3 * redeliverTest)
	p.wantDone(p.mustStart(`{"n":2}`), `{"n":2}`)
	if got := p.runs(`{}`); len(got) != 3 {
		t.Errorf("the job ran on %v", got)
	}
}

func TestAResultWaitsForItsDevice(t *testing.T) {
	t.Parallel()
	p := newJobplace(t)
	first, second := p.mustStart(`{"n":1}`), p.mustStart(`{"n":2}`)
	p.shutDown()
	p.worker("w1", 2, echo)
	eventually(t, "the hub has the results", func() bool { return p.stored(doneStream) == 2 })
	p.mu.Lock()
	p.ready = false // the scripts are loaded later
	p.mu.Unlock()
	p.boot()
	time.Sleep(300 * time.Millisecond)
	if len(p.done(first)) > 0 {
		t.Error("a result arrives before the scripts can receive it")
	}
	p.mu.Lock()
	p.ready = true
	p.mu.Unlock()
	p.wantDone(first, `{"n":1}`)
	p.wantDone(second, `{"n":2}`)
	p.shutDown()
	p.boot()
	p.wantDone(p.mustStart(`{"n":3}`), `{"n":3}`)
	p.wantDone(first, `{"n":1}`) // not again
}

func TestAJobThatTheHubRefusesIsNotStarted(t *testing.T) {
	t.Parallel()
	p := &jobplace{t: t, hub: newHub(t).start(), folder: t.TempDir()} // the hub has no streams
	p.boot()
	if _, err := p.start(reportTool, `{}`); !errors.Is(err, work.ErrRefused) || !strings.HasPrefix(err.Error(), "report cannot run now: ") {
		t.Errorf("got %v", err)
	}
	if _, err := p.start(&tool.Spec{Name: "a.b"}, `{}`); !errors.Is(err, work.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

// Many jobs with workers that die: each has one result.
func TestEachJobHasOneResult(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	p := newJobplace(t)
	var kills []func()
	for i := range 4 {
		_, kill := p.worker(fmt.Sprint("w", i), 2, func(_ context.Context, args string) (string, error) {
			time.Sleep(20 * time.Millisecond)
			return args, nil
		})
		kills = append(kills, kill)
	}
	ids := make(map[string]string)
	for i := range 60 {
		args := fmt.Sprintf(`{"n":%d}`, i)
		ids[p.mustStart(args)] = args
		if i == 20 || i == 40 {
			kills[i/40]()
		}
		if i == 30 {
			p.shutDown()
			p.boot()
		}
	}
	for id, args := range ids {
		p.wantDone(id, args)
	}
	time.Sleep(2 * redeliverTest)
	for id, args := range ids {
		p.wantDone(id, args)
	}
}

// Nobody but the device reads its results, and nobody can make up jobs or results.
func TestHostileDevicesAndJobs(t *testing.T) {
	t.Parallel()
	p := newJobplace(t)
	evil := p.hub.device("kiosk-8")
	online(t, evil)
	id := p.mustStart(`{}`)
	conn, _, _ := evil.link.state()
	for _, to := range []string{jobPut + "kiosk-1.report", "ml.job.report.kiosk-1", donePut + "kiosk-1." + id, "ml.done.kiosk-1." + id} {
		for _, subject := range []string{directGet + wishStream + "." + wishPrefix + "all", "$JS.EVENT.ML_UP.kiosk-8.log", jobPut + "kiosk-8.other"} {
			if err := conn.PublishRequest(subject, to, []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
		}
	}
	settled(t, evil)
	if _, err := evil.JobResult(soon(t), id); !errors.Is(err, work.ErrNoResult) {
		t.Errorf("got %v", err)
	}
	if _, _, err := evil.link.last(soon(t), doneStream, donePrefix+"kiosk-1."+id, 100); err == nil || errors.Is(err, follow.ErrNone) {
		t.Errorf("the result of another device: got %v", err)
	}
	// A message that is not a job does not stop the worker.
	if err := conn.Publish(jobPut+"kiosk-8.report", []byte("no")); err != nil {
		t.Fatal(err)
	}
	settled(t, evil)
	p.worker("w1", 1, echo)
	p.wantDone(id, `{}`)
	p.wantDone(p.mustStart(`{"n":2}`), `{"n":2}`)
	if got := p.runs(`{}`); len(got) != 1 {
		t.Errorf("the job ran on %v", got)
	}
	if n := p.stored(doneStream); n != 2 {
		t.Errorf("the hub has %d results", n)
	}
}
