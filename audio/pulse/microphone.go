package pulse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"moonlark/audio"
)

const (
	firstSound = 2500 * time.Millisecond // until a device begins: an idle one of PulseAudio's may sleep 2 s
	settled    = 300 * time.Millisecond  // of sound, and a device works
	silence    = 500 * time.Millisecond  // that may pass without any sound, quiet or not
	backlog    = 2 * time.Second         // of sound that the server keeps when we do not read
)

// A Microphone records from a source of a sound server. Its sink is called on
// the goroutine that reads the connection: one wake-up less, for sound.
type Microphone struct {
	opts Options                // fixed
	name atomic.Pointer[string] // of the device that records, for people
}

// NewMicrophone is a microphone that opts describes. It opens nothing yet.
func NewMicrophone(opts Options) *Microphone { return &Microphone{opts: opts} }

var _ audio.Microphone = (*Microphone)(nil)

// String says "pulse", and the device when it is known.
func (m *Microphone) String() string { return called(m.name.Load(), m.opts.Device) }

// Record gives what is heard to sink until ctx is done.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	err := m.record(ctx, sink)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (m *Microphone) record(ctx context.Context, sink audio.Sink) error {
	name, err := m.opts.device(ctx)
	if err != nil {
		return err
	}
	r := newRecording(m, sink)
	if err := r.open(ctx, name); err != nil {
		return err
	}
	defer r.close()
	return r.run()
}

// A recording is one stream that is open on a source.
type recording struct {
	*connection
	microphone *Microphone
	counts     *audio.Counts
	log        *slog.Logger
	began      time.Time
	wake       chan struct{} // holds one: there is something to do for Record

	// What the server says: set by proto's goroutine, read by Record's.
	heard      atomic.Int64 // when sound last came, as nanoseconds since began
	got        atomic.Int64 // samples that have come
	suspended  atomic.Bool
	moved      atomic.Pointer[string] // the source that it has moved to
	newSources atomic.Bool            // there are others than before

	taking sync.Mutex // guards what follows; held while the sink takes
	sink   audio.Sink // nil when it takes no more
	sound  []float32
	clock  clock // of the samples as they have come

	// Record's own.
	stream uint32
	source string        // that was asked for by name, or empty
	astray bool          // records elsewhere, since that was gone
	steady bool          // sound has come for a while since the stream began or moved
	start  time.Duration // when it did, since began
	gone   int64         // samples that the server has dropped since
	ask    time.Time     // when to ask for the latency again
	slept  bool          // it was suspended when last looked
}

func newRecording(m *Microphone, sink audio.Sink) *recording {
	return &recording{
		microphone: m, counts: m.opts.counts(), log: m.opts.log(), began: time.Now(),
		wake: make(chan struct{}, 1), sink: sink, sound: make([]float32, piece),
	}
}

// open connects and makes the stream, which records from then on.
func (r *recording) open(ctx context.Context, source string) error {
	conn, err := connect(ctx, r.microphone.opts.Server, r.hear)
	if err != nil {
		return err
	}
	r.connection, r.source = conn, source
	if err := r.create(); err != nil {
		conn.close()
		return fmt.Errorf("open the microphone%s: %w", quoted(source), err)
	}
	return nil
}

// create makes the stream. Without the latency adjusted, the pieces are small
// but come in bursts of seconds.
func (r *recording) create() error {
	period := cmp.Or(r.microphone.opts.Period, 20*time.Millisecond)
	ask := proto.CreateRecordStream{
		SampleSpec:      proto.SampleSpec{Format: floats, Channels: 1, Rate: audio.Rate},
		ChannelMap:      proto.ChannelMap{proto.ChannelMono},
		SourceIndex:     noDevice,
		SourceName:      r.source,
		BufferMaxLength: uint32(audio.Samples(backlog) * sampleSize),
		BufferFragSize:  uint32(audio.Samples(period) * sampleSize),
		AdjustLatency:   true,
		// Not one stream's sound, but all of what the source hears.
		DirectOnInputIndex: proto.Undefined,
		ChannelVolumes:     proto.ChannelVolumes{proto.VolumeNorm},
		Properties:         proto.PropList{"media.name": proto.PropListString("hearing")},
	}
	var got proto.CreateRecordStreamReply
	r.client.SetTimeout(openPatience)
	err := r.request(&ask, &got)
	r.client.SetTimeout(patience)
	if err != nil {
		return err
	}
	r.stream = got.StreamIndex
	r.restart()
	r.suspended.Store(got.SourceSuspended)
	r.call(got.SourceName)
	if r.source != "" {
		return r.request(&proto.Subscribe{Mask: proto.SubscriptionMaskSource}, nil)
	}
	return nil
}

// restart waits for the first sound of a device anew.
func (r *recording) restart() {
	r.steady = false
	r.ask = time.Time{}
	r.start = time.Since(r.began)
	r.heard.Store(int64(r.start))
}

// call asks how people call the source that records now.
func (r *recording) call(source string) string {
	var info proto.GetSourceInfoReply
	name := source
	if r.request(&proto.GetSourceInfo{SourceIndex: noDevice, SourceName: source}, &info) == nil {
		name = description(info.Properties, source)
	}
	r.microphone.name.Store(&name)
	return name
}

// hear takes the sound, and what else the server says unasked. It is called on
// proto's goroutine, which also brings the answers that Record waits for: so it
// never waits.
func (r *recording) hear(message any) {
	switch m := message.(type) {
	case *proto.DataPacket:
		r.take(m.Data)
		return // nobody needs to wake up for it
	case *proto.Overflow:
		r.counts.Overruns.Add(1)
		return
	case *proto.RecordStreamSuspended:
		r.suspended.Store(m.Suspended)
	case *proto.RecordStreamMoved:
		r.suspended.Store(m.Suspended)
		r.moved.Store(&m.DestName)
	case *proto.SubscribeEvent:
		if m.Event.GetType() != proto.EventNew {
			return
		}
		r.newSources.Store(true)
	case *proto.RecordStreamKilled:
		r.wire.fail(errMicrophoneGone)
	default:
		return
	}
	nudge(r.wake)
}

var (
	errMicrophoneGone      = errors.New("the microphone is gone")
	errMicrophoneStopped   = errors.New("the microphone has stopped giving sound")
	errMicrophoneSuspended = errors.New("the microphone is suspended")
	errMicrophoneSilent    = errors.New("the microphone gives no sound")
	errMicrophoneBack      = errors.New("the microphone that was asked for is back")
)

// take gives data to the sink, in pieces.
func (r *recording) take(data []byte) {
	r.taking.Lock()
	defer r.taking.Unlock()
	now := time.Now()
	end := r.got.Load() + int64(len(data)/sampleSize)
	for len(data) >= sampleSize && r.sink != nil {
		n := min(len(data)/sampleSize, piece)
		decode(r.sound[:n], data)
		data = data[n*sampleSize:]
		got := r.got.Add(int64(n))
		r.sink.Take(r.sound[:n], r.age(got, end, now))
	}
	r.heard.Store(int64(now.Sub(r.began)))
}

// age is how long ago sample n was in the air, when the samples up to end have
// just come. Until the server has said more, the last of them is new.
func (r *recording) age(n, end int64, now time.Time) time.Duration {
	if r.clock.fresh() {
		return audio.Duration(int(end - n))
	}
	return max(0, audio.Duration(int(r.clock.at(now)-n)))
}

// run serves the stream until the connection is lost, and says why.
func (r *recording) run() error {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	due := time.Now().Add(tick)
	for {
		select {
		case <-r.wire.lost:
			return r.wire.err
		case <-r.wake:
			if to := r.moved.Swap(nil); to != nil {
				r.follow(*to)
			}
			if r.newSources.Swap(false) && r.astray && r.exists(r.source) {
				return errMicrophoneBack
			}
		case <-timer.C:
			now := time.Now()
			if now.Sub(due) > tooLate {
				r.counts.Late.Add(1)
			}
			if err := r.watch(now); err != nil {
				return err
			}
			timer.Reset(tick)
			due = now.Add(tick)
		}
	}
}

// follow notes that the server has moved the stream to another source.
func (r *recording) follow(source string) {
	r.astray = r.source != "" && source != r.source
	r.restart()
	r.log.Info("the sound is now heard by " + r.call(source))
}

// exists is whether there is a source of that name.
func (r *recording) exists(source string) bool {
	var got proto.LookupSourceReply
	return r.request(&proto.LookupSource{SourceName: source}, &got) == nil
}

// watch looks whether the device still gives sound, and how old that is.
func (r *recording) watch(now time.Time) error {
	if suspended := r.suspended.Load(); suspended != r.slept {
		r.slept = suspended
		if suspended {
			r.log.Warn("the microphone is suspended")
		} else {
			r.log.Info("the microphone works again")
			r.restart()
		}
	}
	if time.Duration(r.heard.Load()) > r.start+settled {
		r.steady = true // what comes before may be left from another device
	}
	if now.After(r.ask) || r.still(now) {
		r.ask = now.Add(often)
		// The answer comes after all the sound before it: so it also tells
		// whether it is us who were late to read.
		if err := r.look(); err != nil {
			return err
		}
	}
	switch {
	case !r.still(now):
		return nil
	case r.slept:
		return errMicrophoneSuspended
	case !r.steady:
		return errMicrophoneSilent
	}
	return errMicrophoneStopped
}

// still is whether sound is overdue.
func (r *recording) still(now time.Time) bool {
	limit := silence
	if !r.steady && !r.slept {
		limit = firstSound
	}
	return now.Sub(r.began)-time.Duration(r.heard.Load()) > limit
}

// look asks the server where it is, and sets the clock by it.
func (r *recording) look() error {
	start := r.got.Load()
	before := time.Now()
	var at proto.GetRecordLatencyReply
	if err := r.request(&proto.GetRecordLatency{StreamIndex: r.stream}, &at); err != nil {
		return err
	}
	took := time.Since(before)
	got := r.got.Load()
	if got != start || got == 0 {
		r.ask = time.Time{} // some were on the way: their number would be uncertain
		return nil
	}
	// The server counts what it dropped, and we do not.
	gone := at.ReadIndex/sampleSize - got
	if gone > r.gone {
		r.counts.Overruns.Add(1)
	}
	r.gone = gone
	latency := time.Duration(at.MonitorLatency-at.Latency) * time.Microsecond
	r.taking.Lock()
	r.clock.set(at.WriteIndex/sampleSize-gone, latency, before.Add(took/2), true)
	r.taking.Unlock()
	return nil
}

// close ends the stream. The sink is not called any more.
func (r *recording) close() {
	r.taking.Lock()
	r.sink = nil
	r.taking.Unlock()
	r.connection.close()
	r.microphone.name.Store(nil)
}
