package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"moonlark/engine/tool"
)

var (
	// ErrRefused is wrapped by the error of a JobCarrier when the hub does not take a job.
	ErrRefused = errors.New("the hub does not take the job")
	// ErrNoResult is wrapped by the error of a JobCarrier when the hub has no result of a job.
	ErrNoResult = errors.New("there is no result")
)

// A JobCarrier is the connection of a device with the hub, for its jobs. Outside tests it is a *nats.Device.
// Its methods can be called from any goroutine. They do not wait for a connection.
type JobCarrier interface {
	// SendJob hands in a job, and returns when the hub has stored it. The hub drops a second job with the
	// same ID, and it drops the job after j.Left. If the hub has refused the job, the error wraps
	// ErrRefused. After other errors, the hub may have the job.
	SendJob(ctx context.Context, j Job) error
	// JobResult returns the result of a job of this device.
	JobResult(ctx context.Context, id string) (tool.Result, error)
	// JobNotices returns a channel that receives the identifier of each job whose result the hub has got,
	// and "" after each connection. Notices can be lost.
	JobNotices() <-chan string
}

// A JobServer is the connection of a worker with the hub, for jobs. Outside tests it is a *nats.Worker. Its
// methods can be called from any goroutine.
type JobServer interface {
	// Name returns the name of the worker in the fleet.
	Name() string
	// OpenJobs begins to take jobs of the tool.
	OpenJobs(tool string) (JobQueue, error)
}

// A JobQueue has the jobs of a tool. One goroutine uses it.
type JobQueue interface {
	// Next waits for a job until ctx is done. It also waits for a connection.
	Next(ctx context.Context) (TakenJob, error)
	// Close gives the jobs back that Next has not returned.
	Close()
}

// A TakenJob is a job that a worker has taken. If the hub hears nothing of it for 30 s, it gives the job to
// a worker again, at most three times in all. Any goroutine may call the methods.
type TakenJob interface {
	Job() Job
	// Progress says that the worker still carries out the job. It does not wait.
	Progress() error
	// Store stores the result for the device, and returns when the hub has it.
	Store(ctx context.Context, r Reply) error
	// Ack says that the job is done, and returns when the hub has removed it.
	Ack(ctx context.Context) error
	// Return gives the job back, for another worker. It does not wait.
	Return() error
}

// A Job is one call of a tool whose result is not awaited. Its Args are the body of its message, and its
// ID, Left and Bundle are in headers.
type Job struct {
	ID     string          // random, so that nobody guesses it
	Device string          // name of the device that has started it, as the hub says
	Tool   string          // name of the tool
	Bundle string          // digest of the bundle that the device runs; empty if it runs none
	Left   time.Duration   // how long the result is still of use
	Args   json.RawMessage // the arguments, a JSON object
}

const jobHeader = "Job"

// CheckJobID returns an error if id cannot be the identifier of a job.
func CheckJobID(id string) error {
	if !jobID.MatchString(id) {
		return fmt.Errorf("%.80q is not the identifier of a job", id)
	}
	return nil
}

var jobID = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// Header returns the headers of the message, for ParseJob.
func (j Job) Header() map[string]string {
	return map[string]string{jobHeader: j.ID, bundleHeader: j.Bundle, leftHeader: strconv.FormatInt(j.Left.Milliseconds(), 10)}
}

// ParseJob returns the job of a message, without its device and its tool. waited is how long ago the hub has
// got the message, by the clocks of the hub and of this machine. header returns the value of a header, or
// "" if the message does not have it.
func ParseJob(header func(string) string, body []byte, waited time.Duration) (Job, error) {
	j := Job{ID: header(jobHeader), Bundle: header(bundleHeader), Args: body}
	left, err := strconv.ParseInt(header(leftHeader), 10, 64)
	if err != nil || left <= 0 {
		return j, fmt.Errorf("header %s: %.40q is not a number of milliseconds", leftHeader, header(leftHeader))
	}
	j.Left = time.Duration(min(left, tool.MaxExpiry.Milliseconds())) * time.Millisecond
	if waited > 0 && waited < j.Left { // otherwise a clock is wrong, because the hub has dropped old jobs
		j.Left -= waited
	}
	switch {
	case len(j.Bundle) > maxName:
		return j, fmt.Errorf("header %s has %d bytes: more than %d", bundleHeader, len(j.Bundle), maxName)
	case len(j.Args) > tool.MaxOffloadedArguments:
		return j, fmt.Errorf("the arguments have %d bytes; %d are allowed", len(j.Args), tool.MaxOffloadedArguments)
	case !json.Valid(j.Args):
		return j, errors.New("the arguments are not JSON")
	}
	return j, CheckJobID(j.ID)
}
