package work

import (
	"context"
	"errors"
	"time"

	"moonlark/engine/tool"
)

// resultTime is how long the goroutine of Jobs waits for a reply of the hub.
const resultTime = 10 * time.Second

// run sends the jobs that the hub does not have, reads results and hands them on, until j.ctx is done.
func (j *Jobs) run() {
	recheck := time.NewTicker(recheckTime)
	defer recheck.Stop()
	for {
		next := time.NewTimer(j.pass())
		select {
		case id := <-j.opts.Carrier.JobNotices():
			j.mark(id)
		case <-j.wake:
		case <-next.C:
		case <-recheck.C:
			j.mark("")
		case <-j.ctx.Done():
		}
		if next.Stop(); j.ctx.Err() != nil {
			return
		}
	}
}

// mark records that the hub may have the result of a job, or of any if id is empty.
func (j *Jobs) mark(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o := j.open[id]; o != nil {
		o.check = true
	}
	if id == "" {
		for _, o := range j.open {
			o.check = true
		}
	}
}

// pass does for each job what is to be done now. It returns how long nothing else is to be done, if
// nothing happens.
func (j *Jobs) pass() time.Duration {
	j.mu.Lock()
	var jobs []*openJob
	for _, o := range j.open {
		if !o.starting {
			jobs = append(jobs, o)
		}
	}
	j.mu.Unlock()
	pause := time.Hour
	for _, o := range jobs {
		if j.ctx.Err() != nil {
			break
		}
		left := time.Until(o.deadline)
		if j.look(o, left <= 0); o.result != nil {
			if j.finish(o) {
				continue
			}
			pause = min(pause, readyTime)
		} else if left > 0 {
			pause = min(pause, left)
		} else {
			pause = min(pause, time.Second)
		}
	}
	return pause
}

// look finds out the result of a job, if it may have one. It runs on the goroutine of run, which alone
// changes o.result.
func (j *Jobs) look(o *openJob, isOver bool) {
	j.mu.Lock()
	check, sent := o.check, o.sent
	o.check = false
	j.mu.Unlock()
	if o.result != nil || !check && !isOver {
		return
	}
	ctx, cancel := context.WithTimeout(j.ctx, resultTime)
	defer cancel()
	if !sent && !isOver {
		if err := j.send(ctx, o); errors.Is(err, ErrRefused) {
			r := tool.Failed(tool.ExternalClient, "%s could not be started: %v", o.tool, err)
			o.result = &r
		}
		return
	}
	r, err := j.opts.Carrier.JobResult(ctx, o.id)
	over := time.Since(o.deadline)
	switch {
	case err == nil:
		o.result = &r
	case j.ctx.Err() != nil:
	case isOver && errors.Is(err, ErrNoResult), min(over, time.Since(j.began)) > j.opts.offlineTime:
		r = tool.Failed(tool.ClientTimeout, "%s expired: it has no result after the time that it may take", o.tool)
		o.result = &r
	}
}

// finish hands on the result of a job, if the scripts can receive it.
func (j *Jobs) finish(o *openJob) bool {
	if !j.opts.Ready() {
		return false
	}
	// The file is deleted first, so that the scripts do not receive a result twice.
	if err := j.folder.remove(o.id); err != nil {
		j.complain(o, err)
	}
	j.mu.Lock()
	delete(j.open, o.id)
	j.mu.Unlock()
	j.opts.Done(tool.JobResult{ID: o.id, Tool: o.tool, Args: o.args, Result: *o.result})
	return true
}
