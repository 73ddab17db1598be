package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"moonlark/engine/fleet/message"
)

const (
	stateStream  = "ML_STATE"
	logStream    = "ML_LOG"
	metricStream = "ML_METRIC"
	jobStream    = "ML_JOB"
	doneStream   = "ML_DONE"
	leaseStream  = "KV_ML_LEASE"
)

const (
	maxHeader = 4 << 10 // bytes of the headers of a message

	wishHistory     = 64   // the most that JetStream allows for a bucket
	recordsPerKind  = 2000 // that are kept for each device
	keepTime        = 7 * 24 * time.Hour
	leaseTime       = 15 * time.Second
	leaseMarkerTime = 2 * leaseTime // how long the hub remembers that a lease has ended
	duplicateTime   = 2 * time.Minute
	// jobDuplicateTime is how long a device that does not know whether the hub has a job can hand it in again.
	jobDuplicateTime = time.Hour
)

// streams returns the streams that a hub has. lease is how long a host that does not answer keeps its
// conversations.
//
// Wishes, chunks, records, jobs and results are not published on the subjects that they are stored with. The
// server sends replies to any subject that the sender of a message names, even if the sender may not publish
// on it, but to none that begins with $JS. So nobody can have the server store a reply as something of
// somebody else.
func streams(lease time.Duration) []jetstream.StreamConfig {
	records := &jetstream.SubjectTransformConfig{Source: upPut + "*.*", Destination: upPrefix + "{{wildcard(1)}}.{{wildcard(2)}}"}
	all := []jetstream.StreamConfig{
		{
			// This is a bucket of keys and values for the API of JetStream, without a way to erase values.
			Name: wishStream, Subjects: []string{wishPut + ">"},
			SubjectTransform:  &jetstream.SubjectTransformConfig{Source: wishPut + ">", Destination: wishPrefix + ">"},
			MaxMsgsPerSubject: wishHistory, MaxBytes: 256 << 20, MaxMsgSize: message.MaxWish + maxHeader,
			Discard: jetstream.DiscardNew, DenyDelete: true,
			RePublish: &jetstream.RePublish{Source: wishPrefix + ">", Destination: livePrefix + ">", HeadersOnly: true},
		}, {
			Name: blobStream, Subjects: []string{blobPut + "*.*"},
			SubjectTransform:  &jetstream.SubjectTransformConfig{Source: blobPut + "*.*", Destination: blobPrefix + "{{wildcard(1)}}.{{wildcard(2)}}"},
			MaxMsgsPerSubject: 1, DiscardNewPerSubject: true, Discard: jetstream.DiscardNew,
			MaxBytes: 1 << 30, MaxMsgSize: message.ChunkSize + maxHeader, DenyDelete: true, DenyPurge: true,
		}, {
			Name: stateStream, Subjects: []string{upPut + "*." + string(message.StateKind)}, SubjectTransform: records,
			MaxMsgsPerSubject: 1, MaxBytes: 256 << 20, MaxMsgSize: message.MaxState + maxHeader, DenyDelete: true, DenyPurge: true,
		}, {
			Name: logStream, Subjects: []string{
				upPut + "*." + string(message.LogKind), upPut + "*." + string(message.CallKind), upPut + "*." + string(message.EventKind),
			}, SubjectTransform: records,
			MaxMsgsPerSubject: recordsPerKind, MaxAge: keepTime, MaxBytes: 1 << 30, MaxMsgSize: message.MaxRecord + maxHeader,
			DenyDelete: true, DenyPurge: true,
		}, {
			Name: metricStream, Subjects: []string{upPut + "*." + string(message.MetricsKind)}, SubjectTransform: records,
			Storage: jetstream.MemoryStorage, MaxMsgsPerSubject: 1, MaxBytes: 64 << 20, MaxMsgSize: message.MaxState + maxHeader,
			DenyDelete: true, DenyPurge: true,
		}, {
			// A job is stored with its tool before its device, for the consumers of a tool.
			Name: jobStream, Subjects: []string{jobPut + "*.*"},
			SubjectTransform: &jetstream.SubjectTransformConfig{Source: jobPut + "*.*", Destination: jobPrefix + "{{wildcard(2)}}.{{wildcard(1)}}"},
			Retention:        jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew,
			MaxAge: keepTime, MaxBytes: 256 << 20, MaxMsgSize: 256<<10 + maxHeader, AllowMsgTTL: true,
			Duplicates: jobDuplicateTime,
		}, {
			Name: doneStream, Subjects: []string{donePut + "*.*"},
			SubjectTransform:  &jetstream.SubjectTransformConfig{Source: donePut + "*.*", Destination: donePrefix + "{{wildcard(1)}}.{{wildcard(2)}}"},
			RePublish:         &jetstream.RePublish{Source: donePrefix + ">", Destination: donePrefix + ">", HeadersOnly: true},
			MaxMsgsPerSubject: 1, MaxAge: keepTime, MaxBytes: 256 << 20, MaxMsgSize: 256<<10 + maxHeader, DenyDelete: true, DenyPurge: true,
		}, {
			// The server needs the right to erase values for the markers of leases that have ended.
			Name: leaseStream, Subjects: []string{leasePut + ">"},
			SubjectTransform:  &jetstream.SubjectTransformConfig{Source: leasePut + ">", Destination: leasePrefix + ">"},
			MaxMsgsPerSubject: 1, MaxAge: lease, MaxBytes: 64 << 20, MaxMsgSize: 8 << 10, Discard: jetstream.DiscardNew,
			DenyDelete: true, AllowRollup: true, AllowMsgTTL: true, SubjectDeleteMarkerTTL: leaseMarkerTime, Duplicates: lease,
			RePublish: &jetstream.RePublish{Source: leasePrefix + ">", Destination: freedPrefix + ">", HeadersOnly: true},
		},
	}
	all = append(all, hostStreams()...)
	for i := range all {
		s := &all[i]
		s.Replicas = 1
		s.AllowDirect = true
		s.MaxMsgs, s.MaxConsumers = -1, -1
		if s.Duplicates == 0 {
			s.Duplicates = duplicateTime
		}
	}
	return all
}

// Layout creates the streams of a fleet on the hub, or changes their settings. lease is how long a host that does not
// answer keeps its conversations; zero means 15 s. Layout deletes nothing, and makes the limits and the number of
// replicas of an existing stream larger, but not smaller: the administrator of a NATS server can raise them. The
// credentials must have the role hub.
func (c *Center) Layout(ctx context.Context, lease time.Duration) error {
	js, err := c.jetStream(ctx)
	if err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	for _, config := range streams(cmp.Or(lease, leaseTime)) {
		if err := ensure(ctx, js, config); err != nil {
			return fmt.Errorf("layout: stream %s: %w", config.Name, err)
		}
	}
	return nil
}

// ensure creates a stream or updates its settings.
func ensure(ctx context.Context, js jetstream.JetStream, config jetstream.StreamConfig) error {
	// CreateStream of a stream that exists fails if the hub has no room for a second one.
	stream, err := js.Stream(ctx, config.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, config)
		return err
	} else if err != nil {
		return err
	}
	present := stream.CachedInfo().Config
	if present.Storage != config.Storage || present.Retention != config.Retention {
		return errors.New("there is another stream of this name, which was not made by Moonlark")
	}
	config.MaxBytes = larger(present.MaxBytes, config.MaxBytes)
	config.MaxMsgsPerSubject = larger(present.MaxMsgsPerSubject, config.MaxMsgsPerSubject)
	if config.MaxMsgsPerSubject != present.MaxMsgsPerSubject && config.DiscardNewPerSubject {
		return errors.New("there is another stream of this name, which was not made by Moonlark")
	}
	if config.Name != leaseStream {
		config.MaxAge = time.Duration(larger(int64(present.MaxAge), int64(config.MaxAge)))
	}
	config.Replicas = max(present.Replicas, config.Replicas)
	config.Placement, config.Metadata, config.Description = present.Placement, present.Metadata, present.Description
	_, err = js.UpdateStream(ctx, config)
	return err
}

// larger returns the larger one of two limits. A limit that is not positive is none, which is larger than
// all others.
func larger(a, b int64) int64 {
	if a <= 0 || b <= 0 {
		return min(a, b)
	}
	return max(a, b)
}
