package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"moonlark/engine/tool"
)

const (
	// progressTime is how often a worker tells the hub that it still carries out a job.
	progressTime = 10 * time.Second
	// pollTime is how long a tool waits for a job before it lets another tool wait.
	pollTime = 5 * time.Second
	// retryTime is how long a worker waits after an error of the hub.
	retryTime = time.Second
	// ackTime is how long a worker tries to tell the hub that a job is done.
	ackTime = 20 * time.Second
	// maxStored is how many identifiers of done jobs a worker keeps.
	maxStored = 1000
)

// JobWorkerOptions configure a JobWorker.
type JobWorkerOptions struct {
	Server JobServer
	// Run carries out a job and returns its result. It returns an error when ctx is done, and only then. It is
	// called on a goroutine of its own.
	Run func(ctx context.Context, j Job) (tool.Result, error)

	Jobs     int           // how many jobs are carried out at the same time; 0 means DefaultJobs
	Bundle   string        // as in WorkerOptions
	Progress time.Duration // how often the hub is told that a job is still carried out; 0 means 10 s
	// Log is called with warnings. Any goroutine calls it, and it must not block. Nil drops them.
	Log func(level slog.Level, text string)
}

// A JobWorker carries out the jobs of tools for devices. Each tool has a goroutine that waits for jobs, and
// each job has two. Any goroutine may call the methods.
type JobWorker struct {
	opts    JobWorkerOptions
	slots   chan struct{}   // has a value for each job that is carried out or waited for
	ctx     context.Context // ends when the jobs must end
	cancel  context.CancelFunc
	running sync.WaitGroup // of jobs

	setting sync.Mutex             // held by SetTools and Close
	tools   map[string]*servedJobs // by name; nil after Close; guarded by setting

	mu      sync.Mutex               // guards the fields below
	current map[string]chan struct{} // the jobs that are carried out, by identifier; closed when they end
	stored  []string                 // identifiers of the latest jobs whose results the hub has
}

// servedJobs are the jobs of a tool that a JobWorker takes.
type servedJobs struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when its goroutine has ended
}

// NewJobWorker returns a JobWorker without tools. Close must be called.
func NewJobWorker(opts JobWorkerOptions) *JobWorker {
	opts.Progress = cmp.Or(opts.Progress, progressTime)
	if opts.Log == nil {
		opts.Log = func(slog.Level, string) {}
	}
	w := &JobWorker{
		opts: opts, slots: make(chan struct{}, cmp.Or(opts.Jobs, DefaultJobs)),
		tools: make(map[string]*servedJobs), current: make(map[string]chan struct{}),
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// SetTools takes jobs of these tools from now on, and no more of others. The error says which of them cannot
// be served; the JobWorker serves the others. After Close, SetTools does nothing.
func (w *JobWorker) SetTools(specs []*tool.Spec) error {
	w.setting.Lock()
	defer w.setting.Unlock()
	if w.tools == nil {
		return nil
	}
	for name, s := range w.tools {
		if !slices.ContainsFunc(specs, func(spec *tool.Spec) bool { return spec.Name == name }) {
			s.stop()
			delete(w.tools, name)
		}
	}
	var failures []error
	for _, spec := range specs {
		if w.tools[spec.Name] != nil {
			continue
		}
		queue, err := w.opts.Server.OpenJobs(spec.Name)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		ctx, cancel := context.WithCancel(w.ctx)
		s := &servedJobs{cancel: cancel, done: make(chan struct{})}
		w.tools[spec.Name] = s
		go func() {
			defer close(s.done)
			defer queue.Close()
			w.serve(ctx, queue)
		}()
	}
	return errors.Join(failures...)
}

// stop takes no more jobs of the tool. Those that run go on.
func (s *servedJobs) stop() {
	s.cancel()
	<-s.done
}

// Close takes no more jobs, and waits for those that run. When ctx is done, it ends them, and the hub gives
// them to other workers.
func (w *JobWorker) Close(ctx context.Context) {
	w.setting.Lock()
	for _, s := range w.tools {
		s.stop()
	}
	w.tools = nil
	w.setting.Unlock()
	defer context.AfterFunc(ctx, w.cancel)()
	w.running.Wait()
	w.cancel()
}

// serve takes jobs of a tool while there are free slots, until ctx is done.
func (w *JobWorker) serve(ctx context.Context, queue JobQueue) {
	problem := "" // the last one that was logged; empty after a success
	for {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		poll, cancel := context.WithTimeout(ctx, pollTime)
		taken, err := queue.Next(poll)
		isOver := poll.Err() != nil
		cancel()
		if err != nil {
			<-w.slots
			if ctx.Err() != nil {
				return
			}
			if isOver {
				problem = ""
				continue
			}
			if text := err.Error(); text != problem {
				w.opts.Log(slog.LevelWarn, text)
				problem = text
			}
			sleep(ctx, retryTime)
			continue
		}
		problem = ""
		w.running.Go(func() {
			defer func() { <-w.slots }()
			w.take(taken)
		})
	}
}

// take carries out a job, unless this worker has done that already or does it now. In these cases the hub
// has not heard of the worker for a while.
func (w *JobWorker) take(taken TakenJob) {
	id := taken.Job().ID
	defer w.sendProgress(taken)()
	ended := make(chan struct{})
	w.mu.Lock()
	before := w.current[id]
	if before == nil {
		w.current[id] = ended
	}
	w.mu.Unlock()
	if before != nil {
		<-before
	} else {
		defer func() {
			w.mu.Lock()
			delete(w.current, id)
			w.mu.Unlock()
			close(ended)
		}()
		if !w.isStored(id) {
			w.carryOut(taken)
		}
	}
	if !w.isStored(id) {
		if err := taken.Return(); err != nil {
			w.warn(taken, "it was not given back", err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(w.ctx, ackTime)
	defer cancel()
	if err := w.repeat(ctx, func() error { return taken.Ack(ctx) }); err != nil {
		w.warn(taken, "the hub does not know that it is done, and may have it done again", err)
	}
}

// carryOut carries out a job and stores its result.
func (w *JobWorker) carryOut(taken TakenJob) {
	j := taken.Job()
	ctx, cancel := context.WithTimeout(w.ctx, j.Left)
	defer cancel()
	result, err := w.opts.Run(ctx, j)
	switch {
	case err != nil && w.ctx.Err() != nil:
		return
	case err != nil:
		result = tool.Failed(tool.ClientTimeout, "%s took longer than it may and was stopped", j.Tool)
	case len(result.Text) > tool.MaxResult:
		result = tool.Failed(tool.ExternalClient, "%s returned %d bytes; %d are allowed", j.Tool, len(result.Text), tool.MaxResult)
	}
	reply := Reply{Kind: Done, Worker: w.opts.Server.Name(), Bundle: w.opts.Bundle, Result: result}
	if ctx.Err() != nil { // there is some time for the result of a job that was stopped
		ctx, cancel = context.WithTimeout(w.ctx, ackTime)
		defer cancel()
	}
	if err := w.repeat(ctx, func() error { return taken.Store(ctx, reply) }); err != nil {
		w.warn(taken, "its result was not stored", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stored = append(w.stored, j.ID)
	w.stored = w.stored[max(len(w.stored)-maxStored, 0):]
}

// isStored reports whether this worker has stored the result of the job.
func (w *JobWorker) isStored(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.stored, id)
}

// sendProgress tells the hub again and again that the job is carried out, until the function that it returns
// is called.
func (w *JobWorker) sendProgress(taken TakenJob) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, w.opts.Progress); ctx.Err() == nil; sleep(ctx, w.opts.Progress) {
			_ = taken.Progress() // without a connection, the hub may give the job to somebody else
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// repeat calls f until it returns nil or ctx is done, and then returns its last error.
func (w *JobWorker) repeat(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil || ctx.Err() != nil {
			return err
		}
		sleep(ctx, retryTime)
	}
}

func (w *JobWorker) warn(taken TakenJob, text string, err error) {
	j := taken.Job()
	w.opts.Log(slog.LevelWarn, fmt.Sprintf("the job %s of %s: %s: %v", j.ID, j.Tool, text, err))
}

// sleep waits until ctx is done, for at most this long.
func sleep(ctx context.Context, long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
