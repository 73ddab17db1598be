package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/work"
	"moonlark/engine/tool"
)

const (
	jobPrefix  = "ml.job."
	jobPut     = "$JS.EVENT.ML_JOB." // begins the subjects on which jobs are published: with the device and the tool
	donePrefix = "ml.done."
	donePut    = "$JS.EVENT.ML_DONE." // begins those on which results are published: with the device and the job

	ttlHeader = "Nats-TTL"
)

var _ work.JobCarrier = (*Device)(nil)

// SendJob hands in a job: see work.JobCarrier.
func (d *Device) SendJob(ctx context.Context, j work.Job) error {
	err := checkTool(j.Tool)
	if err == nil {
		err = work.CheckJobID(j.ID)
	}
	if err == nil && len(j.Args) > tool.MaxOffloadedArguments {
		err = fmt.Errorf("its arguments have %d bytes; %d are allowed", len(j.Args), tool.MaxOffloadedArguments)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", work.ErrRefused, err)
	}
	m := nats.NewMsg(jobPut + d.creds.name + "." + j.Tool)
	setHeader(m, j.Header())
	m.Header.Set(nats.MsgIdHdr, j.ID)
	m.Header.Set(ttlHeader, strconv.FormatInt(int64(max(j.Left, time.Second)/time.Second), 10)+"s")
	m.Data = j.Args
	reply, err := d.link.request(ctx, m)
	switch {
	case err == nil:
		err = checkAck(reply.Data)
	case errors.Is(err, nats.ErrNoResponders):
		err = errors.New("it has no stream for jobs")
	case errors.Is(err, follow.ErrOffline), ctx.Err() != nil:
		return fmt.Errorf("job of %s: %w", j.Tool, err)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", work.ErrRefused, err)
	}
	return nil
}

// JobResult returns the result of a job of this device: see work.JobCarrier.
func (d *Device) JobResult(ctx context.Context, id string) (tool.Result, error) {
	if err := work.CheckJobID(id); err != nil {
		return tool.Result{}, err
	}
	m, _, err := d.link.last(ctx, doneStream, donePrefix+d.creds.name+"."+id, tool.MaxResult)
	if errors.Is(err, follow.ErrNone) {
		return tool.Result{}, work.ErrNoResult
	}
	if err != nil {
		return tool.Result{}, fmt.Errorf("result of the job %s: %w", id, err)
	}
	reply, err := work.ParseReply(m.Header.Get, m.Data)
	if err == nil && reply.Kind != work.Done {
		err = errors.New("it is not a result")
	}
	if err != nil { // asking again does not help
		return tool.Failed(tool.ExternalClient, "the result of the job cannot be used: %v", err), nil
	}
	return reply.Result, nil
}

// JobNotices returns the channel of notices about jobs: see work.JobCarrier.
func (d *Device) JobNotices() <-chan string { return d.jobNotices }

// noticeJob puts a notice about a job into the channel. Without room, the notice is lost.
func (d *Device) noticeJob(id string) {
	select {
	case d.jobNotices <- id:
	default:
	}
}

// jobDone handles the message of the hub that says that there is a result.
func (d *Device) jobDone(m *nats.Msg) {
	if id, ok := strings.CutPrefix(m.Subject, donePrefix+d.creds.name+"."); ok && work.CheckJobID(id) == nil {
		d.noticeJob(id)
	}
}

// jobOf returns the job in a message of the stream of jobs that was delivered to a worker.
func jobOf(m *nats.Msg, toolName string) (j work.Job, err error) {
	about, err := m.Metadata()
	if err != nil {
		return j, err
	}
	device, ok := strings.CutPrefix(m.Subject, jobPrefix+toolName+".")
	if !ok || about.Stream != jobStream {
		return j, fmt.Errorf("%.200q is not the subject of a job of %s", m.Subject, toolName)
	}
	if err := bundle.CheckName(device); err != nil {
		return j, err
	}
	j, err = work.ParseJob(m.Header.Get, m.Data, time.Since(about.Timestamp))
	j.Device, j.Tool = device, toolName
	return j, err
}
