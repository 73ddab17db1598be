package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

const (
	// batch is how many messages of a stream are on their way at a time.
	batch = 100
	// forgetTime is how long the hub keeps the consumer of a client that has gone.
	forgetTime = time.Minute
	// retryPause is how long a reader of a stream waits after an error of the hub.
	retryPause = time.Second
)

// A replay says which messages of a stream are read.
type replay struct {
	stream  string
	subject string    // with wildcards; empty: all
	last    bool      // only the last message of each subject
	since   time.Time // only messages that were stored from then on; zero: all
	after   uint64    // the sequence number of the last message that was read; 0: none
	follow  bool      // go on with messages that are stored later, until ctx is done
	started bool      // the hub has begun to send messages
}

// stored is a message of a stream.
type stored struct {
	subject  string
	header   nats.Header
	data     []byte
	received time.Time // by the clock of the hub
}

func isDeletion(h nats.Header) bool {
	return h.Get("KV-Operation") != "" || h.Get("Nats-Marker-Reason") != ""
}

// replay calls f for messages of a stream, on the goroutine of the caller. When the connection is lost, it
// goes on with the next connection. With r.follow, it returns nil when ctx is done.
func (c *Center) replay(ctx context.Context, r replay, f func(stored)) error {
	for {
		js, err := c.jetStream(ctx)
		began := false
		if err == nil {
			began, err = r.read(ctx, js, f)
			r.started = r.started || began
		}
		switch {
		case ctx.Err() != nil && r.follow:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil || c.link.ctx.Err() != nil || !r.started:
			return err
		case !r.follow && !isLoss(err):
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
		}
	}
}

// isLoss reports whether the connection was lost, or the hub is just starting.
func isLoss(err error) bool {
	return errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrMsgIteratorClosed) ||
		errors.Is(err, nats.ErrNoResponders) || errors.Is(err, follow.ErrOffline)
}

// read calls f for the messages until the connection is lost, or the last message was read. It reports
// whether the hub has begun to send messages.
func (r *replay) read(ctx context.Context, js jetstream.JetStream, f func(stored)) (began bool, err error) {
	config := jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		InactiveThreshold: forgetTime, MaxResetAttempts: 1,
	}
	if r.subject != "" {
		config.FilterSubjects = []string{r.subject}
	}
	switch {
	case r.after > 0:
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.after+1
	case r.last:
		config.DeliverPolicy = jetstream.DeliverLastPerSubjectPolicy
	case !r.since.IsZero():
		config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &r.since
	}
	consumer, err := js.OrderedConsumer(ctx, r.stream, config)
	if err != nil {
		return false, err
	}
	pending := consumer.CachedInfo().NumPending
	messages, err := consumer.Messages(jetstream.PullMaxMessages(batch))
	if err != nil {
		return true, err
	}
	defer messages.Stop()
	for r.follow || pending > 0 {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return true, err
		}
		about, err := m.Metadata()
		if err != nil {
			return true, err
		}
		pending, r.after = about.NumPending, about.Sequence.Stream
		f(stored{subject: m.Subject(), header: m.Headers(), data: m.Data(), received: about.Timestamp})
	}
	return true, nil
}

// States returns the last state of each device: see center.Hub. It leaves out those that cannot be read.
func (c *Center) States(ctx context.Context) ([]center.Report, error) {
	var reports []center.Report
	err := c.replay(ctx, replay{stream: stateStream, last: true}, func(m stored) {
		if r, ok := c.report(m); ok {
			reports = append(reports, r)
		}
	})
	return reports, wrap(err, "states")
}

// WatchStates calls f for each state that arrives: see center.Hub. It returns nil when ctx is done.
func (c *Center) WatchStates(ctx context.Context, f func(center.Report)) error {
	now, err := c.Now(ctx)
	if err != nil {
		return wrap(err, "states")
	}
	err = c.replay(ctx, replay{stream: stateStream, since: now, follow: true}, func(m stored) {
		if r, ok := c.report(m); ok {
			f(r)
		}
	})
	return wrap(err, "states")
}

// report decodes a stored message of the state of a device. ok is false, and the reason is logged, if the device has sent
// something else.
func (c *Center) report(m stored) (r center.Report, ok bool) {
	r.Received = m.received
	device, _, err := parseUp(m.subject)
	if err == nil {
		err = json.Unmarshal(m.data, &r.State)
	}
	if err != nil {
		c.link.log.Warn("a state cannot be read", "subject", m.subject, "error", err)
		return center.Report{}, false
	}
	r.Device = device // the hub lets a device write only under its own name
	return r, true
}

// Events calls f for the events of a device, or of all: see center.Hub. It returns nil when ctx is done and
// follow is set.
func (c *Center) Events(ctx context.Context, device string, kinds []message.Kind, since time.Time, follow bool, f func(message.Kind, message.Event)) error {
	if device == "" {
		device = "*"
	} else if err := bundle.CheckName(device); err != nil {
		return fmt.Errorf("events: %w", err)
	}
	for _, kind := range kinds {
		if kind != message.LogKind && kind != message.CallKind && kind != message.EventKind {
			return fmt.Errorf("events: there are none of the kind %.20q", kind)
		}
	}
	// One subject only: with a start time and several subjects, the server leaves out messages.
	r := replay{stream: logStream, subject: upPrefix + device + ".*", since: since, follow: follow}
	if len(kinds) == 1 {
		r.subject = upPrefix + device + "." + string(kinds[0])
	}
	err := c.replay(ctx, r, func(m stored) {
		var e message.Event
		name, kind, err := parseUp(m.subject)
		if err == nil {
			err = json.Unmarshal(m.data, &e)
		}
		if err != nil {
			c.link.log.Warn("an event cannot be read", "subject", m.subject, "error", err)
			return
		}
		if len(kinds) == 0 || slices.Contains(kinds, kind) {
			e.Device = name
			f(kind, e)
		}
	})
	return wrap(err, "events")
}

// Metrics calls f for the newest metrics of each device: see center.Hub. It leaves out those that cannot be
// read.
func (c *Center) Metrics(ctx context.Context, f func(message.Metrics)) error {
	err := c.replay(ctx, replay{stream: metricStream, last: true}, func(m stored) {
		var metrics message.Metrics
		name, _, err := parseUp(m.subject)
		if err == nil {
			err = json.Unmarshal(m.data, &metrics)
		}
		if err != nil {
			c.link.log.Warn("metrics cannot be read", "subject", m.subject, "error", err)
			return
		}
		metrics.Device = name
		f(metrics)
	})
	return wrap(err, "metrics")
}

// parseUp returns the device and the kind of the subject of a record.
func parseUp(subject string) (device string, kind message.Kind, err error) {
	rest, _ := strings.CutPrefix(subject, upPrefix)
	device, last, _ := strings.Cut(rest, ".")
	return device, message.Kind(last), bundle.CheckName(device)
}
