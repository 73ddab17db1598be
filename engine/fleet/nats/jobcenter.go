package nats

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	jobsQueue = "jobs" // several centres may answer; each request goes to one

	// redeliverTime is how long the hub waits for a word of a worker before it gives a job to a worker again.
	redeliverTime = 30 * time.Second
	maxDeliveries = 3 // of a job
	// unusedTime is how long the hub keeps the consumer of a tool without workers. No job is older.
	unusedTime   = keepTime + 24*time.Hour
	maxConsumers = 1000 // of jobs
	maxPulls     = 2048 // of workers that wait for a job of the same tool
	// parallelConsumers is how many requests for consumers are carried out at a time. Others are not answered,
	// and workers ask again.
	parallelConsumers = 64
)

// ServeJobs makes the consumers of jobs that workers ask for, from now on: see Worker.OpenJobs. redeliver is
// how long the hub waits for a word of a worker before it gives a job to a worker again; 0 means 30 s. It
// must be called once. Only the owner of the fleet has the right to make these consumers.
func (c *Center) ServeJobs(redeliver time.Duration) {
	free := make(chan struct{}, parallelConsumers)
	c.link.subscribe(jobsPrefix+"*", jobsQueue, maxNotices, func(m *nats.Msg) {
		tool, ok := strings.CutPrefix(m.Subject, jobsPrefix)
		if !ok || !isInbox(m.Reply) {
			return
		}
		select {
		case free <- struct{}{}:
		default:
			return
		}
		c.link.handlers.Add(1) // the handler that runs now keeps close from waiting for nothing
		go func() {
			defer c.link.handlers.Done()
			defer func() { <-free }()
			ctx, cancel := context.WithTimeout(c.link.ctx, consumerTime)
			defer cancel()
			answer := "+OK"
			if err := c.openConsumer(ctx, tool, cmp.Or(redeliver, redeliverTime)); err != nil {
				c.link.log.Warn("the jobs of a tool cannot be carried out", "tool", tool, "error", err)
				answer = err.Error()
			}
			if err := m.Respond([]byte(answer)); err != nil {
				c.link.log.Warn("a request of a worker was not answered", "error", err)
			}
		}()
	})
}

// openConsumer makes the consumer of the jobs of a tool, unless there is one.
func (c *Center) openConsumer(ctx context.Context, tool string, redeliver time.Duration) error {
	if err := checkTool(tool); err != nil {
		return err
	}
	js, err := c.jetStream(ctx)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, jobStream)
	if err != nil {
		return err
	}
	if n := stream.CachedInfo().State.Consumers; n >= maxConsumers {
		return fmt.Errorf("workers have asked for the jobs of %d tools already", n)
	}
	_, err = stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: tool, FilterSubject: jobPrefix + tool + ".*",
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: redeliver, MaxDeliver: maxDeliveries,
		MaxWaiting: maxPulls, MaxAckPending: -1, InactiveThreshold: unusedTime,
	})
	return err
}
