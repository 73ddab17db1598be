package nats

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/fleet/work"
	"moonlark/engine/tool"
)

var reportTool = &tool.Spec{Name: "report", OnWorker: true, Job: true, Expires: time.Hour}

// A jobplace is a hub with a device that starts jobs, and workers.
type jobplace struct {
	t      *testing.T
	hub    *testHub
	folder string // of the open jobs
	device *Device
	jobs   *work.Jobs

	mu      sync.Mutex
	ready   bool
	ran     []string // "worker:arguments" of each job that has begun
	results []tool.JobResult
}

// redeliverTest is how long the hub waits for a word of a worker in these tests.
const redeliverTest = time.Second

// newJobplace returns a jobplace without workers.
func newJobplace(t *testing.T) *jobplace {
	t.Helper()
	return newJobplaceWith(t, redeliverTest)
}

// newJobplaceWith is newJobplace with another time until the hub gives a job to a worker again.
func newJobplaceWith(t *testing.T, redeliver time.Duration) *jobplace {
	t.Helper()
	p := &jobplace{t: t, hub: newHub(t).start(), folder: t.TempDir(), ready: true}
	p.hub.center().ServeJobs(redeliver)
	p.boot()
	return p
}

// boot starts the device.
func (p *jobplace) boot() {
	p.t.Helper()
	p.device = p.hub.device("kiosk-1")
	p.jobs = work.OpenJobs(work.JobsOptions{
		Carrier: p.device, Folder: p.folder,
		Ready: func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.ready
		},
		Done: func(r tool.JobResult) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.results = append(p.results, r)
		},
	})
	p.t.Cleanup(p.jobs.Close)
	online(p.t, p.device)
}

// shutDown ends the device.
func (p *jobplace) shutDown() {
	p.jobs.Close()
	p.device.Close()
}

// start starts a job, and returns its identifier or the error.
func (p *jobplace) start(spec *tool.Spec, args string) (id string, err error) {
	done := make(chan struct{})
	p.jobs.StartJob(spec, json.RawMessage(args), func(i string, e error) {
		id, err = i, e
		close(done)
	})
	<-done
	return id, err
}

// mustStart starts a job of reportTool.
func (p *jobplace) mustStart(args string) (id string) {
	p.t.Helper()
	id, err := p.start(reportTool, args)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// worker adds a worker that has the tool report, with slots for so many jobs. kill ends it like a machine
// that is switched off: its connection is frozen for good.
func (p *jobplace) worker(name string, slots int, run func(ctx context.Context, args string) (string, error)) (w *work.JobWorker, kill func()) {
	p.t.Helper()
	f := &freezer{hub: p.hub}
	o := p.hub.options(p.hub.workerCreds(name))
	o.InProcess = f.connect
	server, err := DialWorker(o)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(server.Close)
	w = work.NewJobWorker(work.JobWorkerOptions{
		Server: server, Jobs: slots, Progress: redeliverTest / 4,
		Log: func(_ slog.Level, text string) { p.log(text) },
		Run: func(ctx context.Context, j work.Job) (tool.Result, error) {
			p.mu.Lock()
			p.ran = append(p.ran, name+":"+string(j.Args))
			p.mu.Unlock()
			text, err := run(ctx, string(j.Args))
			return tool.Result{Text: text}, err
		},
	})
	if err := w.SetTools([]*tool.Spec{reportTool}); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		f.thaw()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.Close(ctx)
	})
	return w, f.freeze
}

// runs returns the workers on which the job with these arguments has begun.
func (p *jobplace) runs(args string) (workers []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, run := range p.ran {
		if name, a, _ := strings.Cut(run, ":"); a == args {
			workers = append(workers, name)
		}
	}
	return workers
}

// done returns the results that have arrived for a job.
func (p *jobplace) done(id string) (results []tool.JobResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.results {
		if r.ID == id {
			results = append(results, r)
		}
	}
	return results
}

// wantDone waits for the result of a job, and compares its text. The result must arrive once.
func (p *jobplace) wantDone(id, text string) {
	p.t.Helper()
	eventually(p.t, "the job has a result", func() bool { return len(p.done(id)) > 0 })
	if all := p.done(id); len(all) != 1 || !strings.HasPrefix(all[0].Result.Text, text) || all[0].Tool != "report" {
		p.t.Errorf("the results are %+v, want %s", all, text)
	}
}

// stored returns how many messages a stream has.
func (p *jobplace) stored(name string) uint64 {
	p.t.Helper()
	c, err := DialCenter(soon(p.t), p.hub.options(p.hub.creds("admin", "looker")))
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	js, err := c.jetStream(soon(p.t))
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := js.Stream(soon(p.t), name)
	if err != nil {
		p.t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

// log writes a line to the log of the test while it runs.
func (p *jobplace) log(text string) {
	if p.t.Context().Err() == nil {
		p.t.Log(text)
	}
}
