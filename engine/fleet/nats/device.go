package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
	"moonlark/engine/tool"
)

const (
	wishStream, wishPrefix = "KV_ML_WISH", "$KV.ML_WISH."
	wishPut                = "$JS.EVENT.ML_WISH." // begins the subjects on which wishes are published
	blobStream, blobPrefix = "ML_BLOB", "ml.blob."
	blobPut                = "$JS.EVENT.ML_BLOB." // begins those on which chunks are published
	livePrefix             = "ml.live."
	upPrefix               = "ml.up."
	upPut                  = "$JS.EVENT.ML_UP." // begins those on which records are published
	directGet              = "$JS.API.DIRECT.GET."
)

const maxNotices = 1 << 20 // bytes of notices that wait

// A Device is the connection of a device with the hub. It is a follow.Carrier, a work.Offerer and a
// work.JobCarrier. Its methods may be called from any goroutine.
type Device struct {
	link  *link
	creds credentials

	ctx    context.Context // of commands; ends with Close
	cancel context.CancelFunc

	noticing sync.Mutex // locked while a notice is put into notices
	notices  chan follow.Notice

	offers     *offers
	jobNotices chan string
}

// maxJobNotices is how many notices about jobs wait.
const maxJobNotices = tool.MaxJobs + 100

var _ follow.Carrier = (*Device)(nil)

// DialDevice begins to connect, and returns without waiting for the connection. The error is about the
// options. Close must be called.
func DialDevice(o Options) (*Device, error) {
	hubs, creds, err := o.parse("device")
	if err != nil {
		return nil, err
	}
	d := &Device{link: newLink(o, hubs, creds.logins(), creds.name), creds: creds, notices: make(chan follow.Notice, 1)}
	d.link.connectedLevel, d.link.lostLevel = slog.LevelDebug, slog.LevelDebug // the Follower says it
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.offers = newOffers(d.link)
	keys := []string{message.Device(creds.name)}
	for _, group := range creds.groups {
		keys = append(keys, message.Group(group))
	}
	for _, key := range append(keys, message.All) {
		d.link.subscribe(livePrefix+key, "", maxNotices, d.noticed(key))
	}
	d.jobNotices = make(chan string, maxJobNotices)
	d.link.subscribe(donePrefix+creds.name+".*", "", maxNotices, d.jobDone)
	d.link.connected = func() {
		d.notify(follow.Notice{Connected: true})
		d.noticeJob("")
	}
	d.link.start()
	return d, nil
}

// Close ends the connection and the contexts of commands, and returns when the last command has ended.
func (d *Device) Close() {
	d.cancel()
	d.link.close()
}

// Name returns the name of the device.
func (d *Device) Name() string { return d.creds.name }

// Groups returns the groups of the device, the most important one first.
func (d *Device) Groups() []string { return slices.Clone(d.creds.groups) }

// Fleet returns the name of the fleet.
func (d *Device) Fleet() string { return d.creds.fleet }

// Link returns the state of the connection.
func (d *Device) Link() follow.Link { return d.link.publicState() }

// Notices returns the channel of notices: see follow.Carrier.
func (d *Device) Notices() <-chan follow.Notice { return d.notices }

// noticed handles the messages of the hub that say that the wish under a key has changed. Other messages
// are ignored: a device can have the hub send replies to the subjects of another one, and each notice makes
// a device read.
func (d *Device) noticed(key string) nats.MsgHandler {
	return func(m *nats.Msg) {
		sequence, err := strconv.ParseUint(m.Header.Get(nats.JSSequence), 10, 64)
		if err == nil && m.Subject == livePrefix+key && len(m.Data) == 0 &&
			m.Header.Get(nats.JSStream) == wishStream && m.Header.Get(nats.JSSubject) == wishPrefix+key {
			d.notify(follow.Notice{Sequence: sequence})
		}
	}
}

// notify puts a notice into the channel, and unites it with the one that is there.
func (d *Device) notify(n follow.Notice) {
	d.noticing.Lock()
	defer d.noticing.Unlock()
	select {
	case before := <-d.notices:
		n = n.Unite(before)
	default:
	}
	d.notices <- n
}

// The last tokens of subjects of wishes and chunks.
var (
	wishKey = regexp.MustCompile(`^(all|grp\.[a-z0-9-]{1,63}|dev\.[a-z0-9-]{1,63}|keys\.[0-9]{1,19})$`)
	digest  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Read returns the newest value under a key of message. With follow.ErrNone, it returns the sequence
// number of the deletion if the value was deleted.
func (d *Device) Read(ctx context.Context, key string) (value []byte, sequence uint64, err error) {
	if !wishKey.MatchString(key) {
		return nil, 0, fmt.Errorf("read: there is no key %.100q", key)
	}
	m, sequence, err := d.link.last(ctx, wishStream, wishPrefix+key, message.MaxWish)
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", key, err)
	}
	if isDeletion(m.Header) {
		return nil, sequence, fmt.Errorf("read %s: %w", key, follow.ErrNone)
	}
	return m.Data, sequence, nil
}

// Chunk returns a chunk of a file: see follow.Carrier. It does not verify the content.
func (d *Device) Chunk(ctx context.Context, sha256 string, n int) ([]byte, error) {
	if !digest.MatchString(sha256) || n < 0 {
		return nil, fmt.Errorf("chunk %d of %.80q: not the number of a chunk and a SHA-256", n, sha256)
	}
	m, _, err := d.link.last(ctx, blobStream, chunkSubject(sha256, n), message.ChunkSize)
	if err == nil && len(m.Data) == 0 {
		err = errors.New("the hub has an empty chunk")
	}
	if err != nil {
		return nil, fmt.Errorf("chunk %d of %s: %w", n, sha256, err)
	}
	return m.Data, nil
}

func chunkSubject(sha256 string, n int) string { return fmt.Sprintf("%s%s.%d", blobPrefix, sha256, n) }

// last returns the last message with this subject in a stream, and its sequence number. The error wraps
// follow.ErrNone if there is none.
func (l *link) last(ctx context.Context, stream, subject string, maxSize int) (*nats.Msg, uint64, error) {
	m, err := l.request(ctx, nats.NewMsg(directGet+stream+"."+subject))
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, 0, fmt.Errorf("the hub has no stream %s", stream)
	}
	if err != nil {
		return nil, 0, err
	}
	switch status := m.Header.Get("Status"); status {
	case "":
	case "404":
		return nil, 0, follow.ErrNone
	default:
		return nil, 0, fmt.Errorf("the hub answers %.10s %.100s", status, m.Header.Get("Description"))
	}
	sequence, err := strconv.ParseUint(m.Header.Get(nats.JSSequence), 10, 64)
	switch {
	case err != nil || sequence == 0 || m.Header.Get(nats.JSSubject) != subject:
		return nil, 0, errors.New("the reply of the hub is not a stored message of this subject")
	case len(m.Data) > maxSize:
		return nil, 0, fmt.Errorf("the hub has %d bytes; %d are allowed", len(m.Data), maxSize)
	}
	return m, sequence, nil
}

// maxID is how long the id of a record can be.
const maxID = 128

var recordID = regexp.MustCompile(fmt.Sprintf(`^[!-~]{1,%d}$`, maxID))

// Report sends a record: see follow.Carrier. The record can have message.MaxState bytes if its
// kind is message.StateKind or message.MetricsKind, and message.MaxRecord bytes otherwise.
func (d *Device) Report(ctx context.Context, kind message.Kind, id string, record []byte) error {
	if err := d.report(ctx, kind, id, record); err != nil {
		return fmt.Errorf("report %.20s: %w", kind, err)
	}
	return nil
}

func (d *Device) report(ctx context.Context, kind message.Kind, id string, record []byte) error {
	limit := message.MaxRecord
	switch kind {
	case message.StateKind, message.MetricsKind:
		limit = message.MaxState
	case message.LogKind, message.CallKind, message.EventKind:
	default:
		return errors.New("there is no such kind of record")
	}
	if len(record) > limit {
		return fmt.Errorf("%d bytes are more than the %d allowed", len(record), limit)
	}
	if !recordID.MatchString(id) {
		return fmt.Errorf("%.200q cannot be the id of a record", id)
	}
	m := nats.NewMsg(upPut + d.creds.name + "." + string(kind))
	m.Header.Set(nats.MsgIdHdr, id)
	m.Data = record
	reply, err := d.link.request(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		return errors.New("the hub has no stream for it")
	}
	if err != nil {
		return err
	}
	return checkAck(reply.Data)
}

// checkAck returns an error unless the reply says that a stream has stored the message.
func checkAck(reply []byte) error {
	var ack struct {
		Stream   string `json:"stream"`
		Sequence uint64 `json:"seq"`
		Error    *struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	switch err := json.Unmarshal(reply, &ack); {
	case err == nil && ack.Error != nil:
		return fmt.Errorf("the hub does not store it: %.200s (%d)", ack.Error.Description, ack.Error.Code)
	case err != nil, ack.Stream == "", ack.Sequence == 0:
		return errors.New("the reply of the hub does not say that it was stored")
	}
	return nil
}
