package tool

import (
	"encoding/json"
	"time"
)

const (
	// DefaultExpiry is how long the result of a job is of use if the tool does not say it.
	DefaultExpiry = time.Hour

	// MaxExpiry is the longest time for a job that a tool can set. The hub of a fleet keeps jobs and results
	// no longer.
	MaxExpiry = 7 * 24 * time.Hour

	// MaxJobs is how many jobs a program can have at a time that have no result yet.
	MaxJobs = 1000
)

// Jobs has the jobs of tools with Job carried out on other machines. Outside tests it is a *work.Jobs of
// engine/fleet. Any goroutine may call StartJob.
type Jobs interface {
	// StartJob starts a job and returns without waiting. args are a JSON object that fits the parameters
	// of the tool, of at most MaxOffloadedArguments bytes. started is called once, on any goroutine: with
	// the identifier of the job when the job cannot be lost any more, or with an error. The result of the
	// job becomes a JobResult later.
	StartJob(spec *Spec, args json.RawMessage, started func(id string, err error))
}

// A JobResult is the result of a job.
type JobResult struct {
	ID     string          // identifier of the job
	Tool   string          // name of the tool
	Args   json.RawMessage // arguments of the job, a JSON object
	Result Result
}
