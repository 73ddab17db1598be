package nats

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/work"
	"moonlark/engine/tool"
)

const (
	jobsPrefix = "ml.jobs." // begins the subjects on which workers ask for the consumer of a tool
	nextJob    = "$JS.API.CONSUMER.MSG.NEXT." + jobStream + "."
	jobAck     = "$JS.ACK." // begins the subjects on which workers say what becomes of a job

	// maxQueuedBytes limits the total size of the jobs that have arrived and that Next has not returned yet.
	maxQueuedBytes = 4 * (tool.MaxOffloadedArguments + maxHeader)
	// lateTime is how much longer than asked for a job is waited for.
	lateTime = 2 * time.Second
	// marginTime is how much earlier than the worker the hub gives up looking for a job.
	marginTime = 200 * time.Millisecond
	// staleTime is how long after its arrival a job can be taken. The hub may have given it to somebody else then.
	staleTime = 10 * time.Second
	// consumerTime is how long the centre may take to make the consumer of a tool.
	consumerTime = 5 * time.Second
)

var _ work.JobServer = (*Worker)(nil)

// A jobQueue has the jobs of a tool: see work.JobQueue. It asks for one job at a time.
type jobQueue struct {
	worker  *Worker       // fixed
	tool    string        // fixed
	inbox   string        // fixed: begins the subjects of replies, before the number of the request
	sub     *subscription // fixed
	arrived chan arrival

	conn    *nats.Conn // the connection on which the centre was asked for the consumer; nil: ask again
	number  int        // of the latest request for a job
	isOpen  bool       // the hub may still reply to it
	expires time.Time  // when the hub gives up looking for a job
}

// An arrival is a message for a jobQueue.
type arrival struct {
	*nats.Msg
	at time.Time
}

// OpenJobs begins to take jobs of a tool: see work.JobServer.
func (w *Worker) OpenJobs(toolName string) (work.JobQueue, error) {
	if err := checkTool(toolName); err != nil {
		return nil, err
	}
	q := &jobQueue{worker: w, tool: toolName, inbox: identity.InboxPrefix(w.creds.name) + "." + rand.Text() + ".", arrived: make(chan arrival, 4)}
	q.sub = w.link.subscribe(q.inbox+"*", "", maxQueuedBytes, func(m *nats.Msg) {
		select {
		case q.arrived <- arrival{m, time.Now()}:
		default: // the hub gives the job to somebody else later
		}
	})
	return q, nil
}

// Close gives back the jobs that have arrived, and ends the subscription.
func (q *jobQueue) Close() {
	q.worker.link.unsubscribe(q.sub)
	for {
		select {
		case m := <-q.arrived:
			if j, err := jobOf(m.Msg, q.tool); err == nil {
				_ = (&takenJob{worker: q.worker, job: j, ack: m.Reply}).Return()
			}
		default:
			return
		}
	}
}

// Next waits for a job: see work.JobQueue.
func (q *jobQueue) Next(ctx context.Context) (work.TakenJob, error) {
	for {
		conn, changed, _ := q.worker.link.state()
		if conn == nil {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if err := q.prepare(ctx, conn); err != nil {
			return nil, err
		}
		late := time.NewTimer(time.Until(q.expires) + lateTime)
		select {
		case m := <-q.arrived:
			if taken, err := q.take(m); taken != nil || err != nil {
				late.Stop()
				return taken, err
			}
		case <-late.C:
			q.isOpen = false
		case <-changed:
			q.isOpen = false
		case <-ctx.Done():
			late.Stop()
			return nil, ctx.Err()
		}
		late.Stop()
	}
}

// prepare asks the hub for a job, unless it is looking for one. On a new connection, it first asks the centre
// for the consumer.
func (q *jobQueue) prepare(ctx context.Context, conn *nats.Conn) error {
	if q.conn != conn {
		q.conn, q.isOpen = conn, false
		// Without a centre, the consumer may be there already.
		if err := q.openConsumer(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, nats.ErrNoResponders) {
			return err
		}
	}
	if q.isOpen {
		return nil
	}
	// The hub replies before ctx is done, so that no job arrives when nobody waits for it.
	long := requestTimeout
	if end, ok := ctx.Deadline(); ok {
		long = max(time.Until(end)-marginTime, marginTime)
	}
	text, err := json.Marshal(map[string]int64{"batch": 1, "expires": int64(long)})
	if err != nil {
		return err
	}
	q.number++
	if err := conn.PublishRequest(nextJob+q.tool, q.inbox+strconv.Itoa(q.number), text); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return err
	}
	q.isOpen, q.expires = true, time.Now().Add(long)
	return nil
}

// take returns the job that has arrived, or nil if none has.
func (q *jobQueue) take(m arrival) (work.TakenJob, error) {
	if !strings.HasPrefix(m.Reply, jobAck) {
		return nil, q.refusal(m)
	}
	q.isOpen = false
	if time.Since(m.at) > staleTime {
		return nil, nil
	}
	j, err := jobOf(m.Msg, q.tool)
	taken := &takenJob{worker: q.worker, job: j, ack: m.Reply}
	if err == nil {
		return taken, nil
	}
	_ = taken.say("+TERM") // nobody can carry it out
	return nil, fmt.Errorf("a job of %s: %w", q.tool, err)
}

// refusal handles a reply of the hub without a job. It returns an error if another request does not help now.
func (q *jobQueue) refusal(m arrival) error {
	if m.Subject != q.inbox+strconv.Itoa(q.number) {
		return nil // to an earlier request
	}
	switch status := m.Header.Get("Status"); status {
	case "", "100":
	case "404", "408":
		q.isOpen = false
	default:
		q.isOpen, q.conn = false, nil // the consumer may have gone
		return fmt.Errorf("the hub has no jobs of %s: %.10s %.100s", q.tool, status, m.Header.Get("Description"))
	}
	return nil
}

// openConsumer asks the centre to make the consumer of the tool. The error is nats.ErrNoResponders if there
// is no centre; then the consumer may be there already.
func (q *jobQueue) openConsumer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, consumerTime)
	defer cancel()
	reply, err := q.worker.link.request(ctx, nats.NewMsg(jobsPrefix+q.tool))
	if err == nil && string(reply.Data) != "+OK" {
		err = fmt.Errorf("jobs of %s: the centre of the fleet answers %.200q", q.tool, reply.Data)
	}
	return err
}

// A takenJob is a job of a worker: see work.TakenJob. What it sends goes over the connection of now, which
// may be another one than that of the job.
type takenJob struct {
	worker *Worker
	job    work.Job
	ack    string // subject
}

func (t *takenJob) Job() work.Job { return t.job }

// Store stores the result: see work.TakenJob.
func (t *takenJob) Store(ctx context.Context, r work.Reply) error {
	m := nats.NewMsg(donePut + t.job.Device + "." + t.job.ID)
	setHeader(m, r.Header())
	m.Header.Set(nats.MsgIdHdr, t.job.Device+"/"+t.job.ID)
	m.Data = r.Body()
	reply, err := t.worker.link.request(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		return errors.New("the hub has no stream for results")
	}
	if err != nil {
		return err
	}
	return checkAck(reply.Data)
}

// Ack says that the job is done: see work.TakenJob.
func (t *takenJob) Ack(ctx context.Context) error {
	m := nats.NewMsg(t.ack)
	m.Data = []byte("+ACK")
	_, err := t.worker.link.request(ctx, m)
	return err
}

// Progress says that the job is still carried out: see work.TakenJob.
func (t *takenJob) Progress() error { return t.say("+WPI") }

// Return makes the hub give the job to a worker again: see work.TakenJob.
func (t *takenJob) Return() error { return t.say("-NAK") }

// say sends a word about the job.
func (t *takenJob) say(word string) error {
	conn, _, _ := t.worker.link.state()
	if conn == nil {
		return follow.ErrOffline
	}
	err := conn.Publish(t.ack, []byte(word))
	if errors.Is(err, nats.ErrConnectionClosed) {
		return follow.ErrOffline
	}
	return err
}
