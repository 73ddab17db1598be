package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/host"
)

const (
	leasePrefix                = "$KV.ML_LEASE."
	freedPrefix                = "ml.lease." // begins the subjects of what the hub has stored in the stream of leases
	recordStream, recordPrefix = "KV_ML_CONV", "$KV.ML_CONV."
	turnStream                 = "ML_TURN"

	// These begin the subjects on which leases, records and turns are published. They are not those that the
	// values are stored with: the server refuses messages that name a subject with $JS for the reply, so that
	// nobody can have a reply stored.
	leasePut  = "$JS.EVENT.ML_LEASE."
	recordPut = "$JS.EVENT.ML_CONV."
	turnPut   = "$JS.EVENT.ML_TURN."

	deletedTime = "60s" // how long the hub remembers that a value was deleted
	pageSize    = 500   // messages of a stream that are read at a time
	// pageBytes is after how many bytes the hub ends a page. It cuts off clients for which too much waits.
	pageBytes = 1 << 20
)

// hostStreams returns the streams of hosts, except that of the leases.
func hostStreams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name: recordStream, Subjects: []string{recordPut + "*"},
			SubjectTransform:  &jetstream.SubjectTransformConfig{Source: recordPut + "*", Destination: recordPrefix + "{{wildcard(1)}}"},
			MaxMsgsPerSubject: 1, MaxAge: keepTime, MaxBytes: 256 << 20, MaxMsgSize: host.MaxRequest + maxHeader + 4<<10,
			Discard: jetstream.DiscardNew, DenyDelete: true, DenyPurge: true, AllowMsgTTL: true,
		}, {
			// Turns are deleted by a message that takes their place.
			Name: turnStream, Subjects: []string{turnPut + "*"},
			SubjectTransform:  &jetstream.SubjectTransformConfig{Source: turnPut + "*", Destination: conversationPrefix + "{{wildcard(1)}}" + turnVerb},
			MaxMsgsPerSubject: host.MaxTurns, MaxAge: 24 * time.Hour, MaxBytes: 256 << 20, MaxMsgSize: host.MaxText + maxHeader + 1<<10,
			DenyDelete: true, AllowRollup: true, AllowMsgTTL: true,
		},
	}
}

// A bucket has the values of a stream by key. It is a host.Store.
type bucket struct {
	link     *link
	stream   string
	put      string // begins the subjects on which values are published; the key follows
	prefix   string // begins those of the stream
	maxValue int    // bytes of a value
}

var storeKey = regexp.MustCompile(`^((host|conv)\.)?[a-z0-9][a-z0-9-]{0,62}$`)

// Create stores a value if the key has none: see host.Store.
func (b bucket) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	revision, err := b.store(ctx, key, value, 0)
	if !errors.Is(err, host.ErrLost) {
		return revision, wrap(err, "create %s", key)
	}
	// the key has a value, or the hub remembers that it had one
	m, last, err := b.link.last(ctx, b.stream, b.prefix+key, b.maxValue)
	switch {
	case errors.Is(err, follow.ErrNone):
		last = 0
	case err != nil:
		return 0, wrap(err, "create %s", key)
	case !isDeletion(m.Header):
		return 0, wrap(host.ErrTaken, "create %s", key)
	}
	if revision, err = b.store(ctx, key, value, last); errors.Is(err, host.ErrLost) {
		err = host.ErrTaken // somebody else was faster
	}
	return revision, wrap(err, "create %s", key)
}

// Read returns the value of a key: see host.Store.
func (b bucket) Read(ctx context.Context, key string) ([]byte, uint64, error) {
	if !storeKey.MatchString(key) {
		return nil, 0, fmt.Errorf("there is no key %.100q", key)
	}
	m, revision, err := b.link.last(ctx, b.stream, b.prefix+key, b.maxValue)
	if errors.Is(err, follow.ErrNone) || err == nil && isDeletion(m.Header) {
		return nil, 0, wrap(host.ErrNone, "read %s", key)
	}
	if err != nil {
		return nil, 0, wrap(err, "read %s", key)
	}
	return m.Data, revision, nil
}

// Update replaces a value: see host.Store.
func (b bucket) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	next, err := b.store(ctx, key, value, revision)
	return next, wrap(err, "update %s", key)
}

// Delete deletes a value: see host.Store.
func (b bucket) Delete(ctx context.Context, key string, revision uint64) error {
	_, err := b.send(ctx, key, nats.Header{"KV-Operation": {"DEL"}, "Nats-TTL": {deletedTime}}, nil, revision)
	return wrap(err, "delete %s", key)
}

func (b bucket) store(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if len(value) == 0 || len(value) > b.maxValue {
		return 0, fmt.Errorf("a value of %d bytes: want 1 to %d", len(value), b.maxValue)
	}
	return b.send(ctx, key, nats.Header{}, value, revision)
}

// send stores a message for a key if the last one for it has this revision, and returns the new one. The
// error is host.ErrLost if it has another one.
func (b bucket) send(ctx context.Context, key string, header nats.Header, value []byte, revision uint64) (uint64, error) {
	if !storeKey.MatchString(key) {
		return 0, fmt.Errorf("there is no key %.100q", key)
	}
	header.Set(nats.ExpectedLastSubjSeqHdr, strconv.FormatUint(revision, 10))
	reply, err := b.link.request(ctx, &nats.Msg{Subject: b.put + key, Header: header, Data: value})
	if errors.Is(err, nats.ErrNoResponders) {
		return 0, fmt.Errorf("the hub has no stream %s", b.stream)
	}
	if err != nil {
		return 0, err
	}
	var ack struct {
		Sequence uint64 `json:"seq"`
		Error    *struct {
			Code jetstream.ErrorCode `json:"err_code"`
		} `json:"error"`
	}
	if json.Unmarshal(reply.Data, &ack) == nil && ack.Error != nil &&
		(ack.Error.Code == jetstream.JSErrCodeStreamWrongLastSequence || ack.Error.Code == wrongSequenceOfCluster) {
		return 0, host.ErrLost
	}
	return ack.Sequence, checkAck(reply.Data)
}

// wrongSequenceOfCluster is the code of the error of a cluster for a message with an old revision.
const wrongSequenceOfCluster = 10164

// List returns all values: see host.Store.
func (b bucket) List(ctx context.Context) (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := b.link.each(ctx, b.stream, b.prefix+">", func(m *nats.Msg) {
		key := strings.TrimPrefix(m.Header.Get(nats.JSSubject), b.prefix)
		if !storeKey.MatchString(key) || len(m.Data) > b.maxValue {
			return
		}
		if isDeletion(m.Header) {
			delete(all, key)
		} else {
			all[key] = m.Data
		}
	})
	return all, wrap(err, "list of %s", b.stream)
}

// each calls f for the messages of a stream whose subjects match the filter, in their order, on the
// goroutine of the caller. It needs no state on the hub.
func (l *link) each(ctx context.Context, stream, filter string, f func(*nats.Msg)) error {
	conn, _, _ := l.state()
	if conn == nil {
		return follow.ErrOffline
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	sub, err := conn.SubscribeSync(conn.NewInbox())
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }()
	for next := uint64(1); next > 0; {
		if next, err = page(ctx, conn, sub, stream, filter, next, f); err != nil {
			return fmt.Errorf("stream %s: %w", stream, err)
		}
	}
	return nil
}

// page asks for the messages of one page, which begins at the sequence number first and arrives at sub, and
// calls f for them. It returns where the next page begins, or 0 if there is none.
func page(ctx context.Context, conn *nats.Conn, sub *nats.Subscription, stream, filter string, first uint64, f func(*nats.Msg)) (next uint64, err error) {
	request, err := json.Marshal(map[string]any{"seq": first, "next_by_subj": filter, "batch": pageSize, "max_bytes": pageBytes})
	if err != nil {
		return 0, err
	}
	if err := conn.PublishRequest(directGet+stream, sub.Subject, request); err != nil {
		return 0, err
	}
	return readPage(ctx, sub, f)
}

// readPage calls f for the messages of one page. It returns where the next page begins, or 0 if there is
// none.
func readPage(ctx context.Context, sub *nats.Subscription, f func(*nats.Msg)) (next uint64, err error) {
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if errors.Is(err, nats.ErrNoResponders) {
			return 0, errors.New("the hub does not have it")
		}
		if err != nil {
			return 0, err
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			sequence, err := strconv.ParseUint(m.Header.Get(nats.JSSequence), 10, 64)
			if err != nil || sequence < next {
				return 0, errors.New("the reply of the hub is not a stored message")
			}
			next = sequence + 1
			f(m)
		case "204":
			if m.Header.Get("Nats-Num-Pending") == "0" {
				return 0, nil
			}
			return next, nil
		case "404":
			return 0, nil
		default:
			return 0, fmt.Errorf("the hub answers %.10s %.100s", status, m.Header.Get("Description"))
		}
	}
}
