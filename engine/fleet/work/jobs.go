package work

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"moonlark/engine/tool"
)

const (
	// sendTime is how long the start of a job waits for the hub. The job is sent later if it takes longer.
	sendTime = 5 * time.Second
	// recheckTime is how often all results are asked for, because notices can be lost.
	recheckTime = time.Minute
	// readyTime is how often a job with a result asks whether the scripts can receive it.
	readyTime = 200 * time.Millisecond
	// offlineTime is how much longer than its deadline a job waits if there is no connection with the hub,
	// which may have its result. It is counted from the start of the program if that is later.
	offlineTime = time.Minute
)

// JobsOptions configure Jobs.
type JobsOptions struct {
	Carrier JobCarrier
	Folder  string // of the open jobs, which nobody else may use

	// Ready reports whether the scripts can receive results now.
	Ready func() bool
	// Done is called once with the result of each job, when Ready has returned true, on the goroutine of
	// the Jobs.
	Done func(tool.JobResult)

	Bundle func() string                       // as in CallerOptions
	Log    func(level slog.Level, text string) // as in CallerOptions

	offlineTime time.Duration // for tests; zero means the constant
}

// Jobs are the jobs of a device that workers carry out. It is a tool.Jobs. An open job is one without a
// result, and has a file, so that a device that starts again knows it.
//
// One goroutine reads the results. The start of a job has a goroutine of its own. Any goroutine may call
// the methods.
type Jobs struct {
	opts    JobsOptions
	folder  jobFolder
	began   time.Time
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wake    chan struct{} // has a value when a job may need something
	running sync.WaitGroup

	mu     sync.Mutex // guards the fields below, and those of each openJob
	closed bool
	open   map[string]*openJob // by identifier
}

// An openJob is a job without a result that the scripts have received.
type openJob struct {
	id, tool string          // fixed
	args     json.RawMessage // fixed
	deadline time.Time       // fixed

	starting bool         // StartJob has not called started yet
	sent     bool         // the hub has the job
	check    bool         // the hub must be asked for the result, or the job sent
	result   *tool.Result // nil if it is not known
}

// OpenJobs returns the Jobs with the open jobs in the folder. If the folder cannot be used, it logs that, and
// no job can be started. Close must be called.
func OpenJobs(opts JobsOptions) *Jobs {
	if opts.Bundle == nil {
		opts.Bundle = func() string { return "" }
	}
	if opts.Log == nil {
		opts.Log = func(slog.Level, string) {}
	}
	opts.offlineTime = cmp.Or(opts.offlineTime, offlineTime)
	j := &Jobs{opts: opts, folder: jobFolder(opts.Folder), began: time.Now(), wake: make(chan struct{}, 1), open: map[string]*openJob{}}
	jobs, err := j.folder.load()
	if err != nil {
		opts.Log(slog.LevelError, "jobs are lost: "+err.Error())
	}
	for _, o := range jobs {
		j.open[o.id] = o
	}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	j.running.Go(j.run)
	return j
}

// Close ends the goroutines. The open jobs go on.
func (j *Jobs) Close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.cancel()
	j.running.Wait()
}

// StartJob starts a job: see tool.Jobs. Without a connection with the hub, the job is sent when there is one.
func (j *Jobs) StartJob(spec *tool.Spec, args json.RawMessage, started func(id string, err error)) {
	o := &openJob{id: rand.Text(), tool: spec.Name, args: args, deadline: time.Now().Add(spec.Expiry()), starting: true}
	if err := j.add(o, started); err != nil {
		started("", fmt.Errorf("%s cannot run now: %w", spec.Name, err))
	}
}

// add starts the goroutine that begins a job, unless there are too many jobs.
func (j *Jobs) add(o *openJob, started func(id string, err error)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return errors.New("the program is ending")
	case len(j.open) >= tool.MaxJobs:
		return fmt.Errorf("%d jobs have no result yet", len(j.open))
	}
	j.open[o.id] = o
	j.running.Go(func() { j.begin(o, started) })
	return nil
}

// begin makes the file of a job and sends the job.
func (j *Jobs) begin(o *openJob, started func(id string, err error)) {
	err := j.folder.add(o.id, jobFile{Tool: o.tool, Args: o.args, Expires: o.deadline.Round(0)})
	if err != nil {
		j.complain(o, err)
		err = errors.New("the device cannot store it")
	} else {
		ctx, cancel := context.WithTimeout(j.ctx, sendTime)
		err = j.send(ctx, o)
		cancel()
		if !errors.Is(err, ErrRefused) {
			err = nil
		}
	}
	if err != nil {
		j.mu.Lock()
		delete(j.open, o.id)
		j.mu.Unlock()
		if err := j.folder.remove(o.id); err != nil {
			j.complain(o, err)
		}
		started("", fmt.Errorf("%s cannot run now: %w", o.tool, err))
		return
	}
	started(o.id, nil)
	j.mu.Lock()
	o.starting, o.check = false, true
	j.mu.Unlock()
	j.signal()
}

func (j *Jobs) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// send gives the hub a job.
func (j *Jobs) send(ctx context.Context, o *openJob) error {
	left := time.Until(o.deadline)
	if left < time.Second { // the least that the hub knows
		return context.DeadlineExceeded
	}
	if err := j.opts.Carrier.SendJob(ctx, Job{ID: o.id, Tool: o.tool, Bundle: j.opts.Bundle(), Left: left, Args: o.args}); err != nil {
		return err
	}
	j.mu.Lock()
	o.sent = true
	j.mu.Unlock()
	if err := j.folder.setSent(o.id); err != nil {
		j.complain(o, err)
	}
	return nil
}

// complain logs an error of the folder.
func (j *Jobs) complain(o *openJob, err error) {
	j.opts.Log(slog.LevelError, fmt.Sprintf("the job %s of %s: %v", o.id, o.tool, err))
}
