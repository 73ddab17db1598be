package pulse

import (
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

// These are settings of the stream of a microphone.
const (
	// firstSoundTimeout is how long the device may take to deliver its first sound. An idle device
	// of PulseAudio may need 2 s.
	firstSoundTimeout = 2500 * time.Millisecond

	// maximum pause between two pieces of sound, after the device has started
	soundTimeout = 500 * time.Millisecond
	// a device counts as working after it has delivered sound for this long
	steadyTime = 300 * time.Millisecond
	// how much sound the server buffers if this process is late to read it
	serverBuffer = 2 * time.Second
)

// A recording is a stream that records from a source of the sound server.
type recording struct {
	*connection
	microphone *Microphone
	counts     *audio.Counts
	log        *slog.Logger
	created    time.Time
	wake       chan struct{} // wakes up the goroutine that runs Record; has a capacity of 1

	// The goroutine of package proto sets the fields below when the server sends messages. The
	// goroutine that runs Record reads them, and changes them when it has handled a message.
	// when sound was last received, or when the device last started, in nanoseconds since created
	receivedAt atomic.Int64
	received   atomic.Int64 // number of samples that were received
	suspended  atomic.Bool
	// name of the source to which the server has moved the stream; nil if the move was handled
	movedTo     atomic.Pointer[string]
	sourceAdded atomic.Bool // a source was added to the server

	mu    sync.Mutex  // guards the fields below; held while sink.Take runs
	sink  audio.Sink  // nil after the recording is closed
	sound []float32   // buffer for decoded samples
	clock streamClock // calculates the age of samples from their numbers

	// Only the goroutine that runs Record uses the fields below.
	stream uint32 // the server's number for the stream
	source string // name of the chosen source; empty means the server's default source
	// the chosen source was removed, and the server has moved the stream to another source
	redirected bool
	steady     bool // the device has delivered sound for steadyTime
	// when the stream last began or changed its device, as a duration since created
	startedAt    time.Duration
	dropped      int64     // number of samples that the server has dropped
	nextLatency  time.Time // time at which to ask the server for its latency again
	wasSuspended bool      // the device was suspended at the last check
}

func newRecording(m *Microphone, sink audio.Sink) *recording {
	return &recording{
		microphone: m, counts: m.opts.counts(), log: m.opts.log(), created: time.Now(),
		wake: make(chan struct{}, 1), sink: sink, sound: make([]float32, maxPiece),
	}
}

// open connects to the sound server and creates the stream, which begins to record. source is the
// name of the source; empty means the default source.
func (r *recording) open(ctx context.Context, source string) error {
	conn, err := connect(ctx, r.microphone.opts.Server, r.onMessage)
	if err != nil {
		return err
	}
	r.connection, r.source = conn, source
	if err := r.create(); err != nil {
		conn.close()
		return fmt.Errorf("open the microphone%s: %w", withSpace(source), err)
	}
	return nil
}

// create asks the server to create the stream. The option AdjustLatency makes the server send each
// small piece of sound at once. Without the option, the server would collect the pieces of several
// seconds.
func (r *recording) create() error {
	const period = 20 * time.Millisecond // how much sound the server sends at a time
	args := proto.CreateRecordStream{
		SampleSpec:         proto.SampleSpec{Format: sampleFormat, Channels: 1, Rate: audio.Rate},
		ChannelMap:         proto.ChannelMap{proto.ChannelMono},
		SourceIndex:        anyIndex,
		SourceName:         r.source,
		BufferMaxLength:    uint32(audio.Samples(serverBuffer) * sampleSize),
		BufferFragSize:     uint32(audio.Samples(period) * sampleSize),
		AdjustLatency:      true,
		DirectOnInputIndex: proto.Undefined, // Undefined means: record the source, not a stream
		ChannelVolumes:     proto.ChannelVolumes{proto.VolumeNorm},
		Properties:         proto.PropList{"media.name": proto.PropListString("hearing")},
	}
	var reply proto.CreateRecordStreamReply
	r.client.SetTimeout(openTimeout)
	err := r.request(&args, &reply)
	r.client.SetTimeout(requestTimeout)
	if err != nil {
		return err
	}
	r.stream = reply.StreamIndex
	r.deviceStarts()
	r.suspended.Store(reply.SourceSuspended)
	r.updateName(reply.SourceName)
	if r.source != "" {
		return r.request(&proto.Subscribe{Mask: proto.SubscriptionMaskSource}, nil)
	}
	return nil
}

// deviceStarts gives the device the time firstSoundTimeout to deliver sound. It is called after a
// device was opened, changed or resumed.
func (r *recording) deviceStarts() {
	r.steady = false
	r.nextLatency = time.Time{}
	r.startedAt = time.Since(r.created)
	r.receivedAt.Store(int64(r.startedAt))
}

// updateName asks the server for the description of a source, stores it as the microphone's name,
// and returns it. If the server does not know the source, updateName uses the source's own name.
func (r *recording) updateName(source string) string {
	var info proto.GetSourceInfoReply
	name := source
	if r.request(&proto.GetSourceInfo{SourceIndex: anyIndex, SourceName: source}, &info) == nil {
		name = description(info.Properties, source)
	}
	r.microphone.name.Store(&name)
	return name
}

// onMessage handles recorded sound, and messages of the sound server that are not replies to a
// request. Package proto calls onMessage on the goroutine that reads all messages of the server.
// onMessage must not block, because the same goroutine receives the replies for which Record waits.
func (r *recording) onMessage(message any) {
	switch m := message.(type) {
	case *proto.DataPacket:
		r.take(m.Data)
		return // sound needs no further work by the goroutine that runs Record
	case *proto.Overflow:
		r.counts.Overruns.Add(1)
		return
	case *proto.RecordStreamSuspended:
		r.suspended.Store(m.Suspended)
	case *proto.RecordStreamMoved:
		r.suspended.Store(m.Suspended)
		r.movedTo.Store(&m.DestName)
	case *proto.SubscribeEvent:
		if m.Event.GetType() != proto.EventNew {
			return
		}
		r.sourceAdded.Store(true)
	case *proto.RecordStreamKilled:
		r.socket.fail(errMicrophoneRemoved)
	default:
		return
	}
	signal(r.wake)
}

var (
	errMicrophoneRemoved   = errors.New("the microphone was removed")
	errMicrophoneStopped   = errors.New("the microphone has stopped recording")
	errMicrophoneSuspended = errors.New("the microphone is suspended")
	errMicrophoneSilent    = errors.New("the microphone delivers no sound")
	errMicrophoneBack      = errors.New("the chosen microphone is available again")
)

// take decodes data, which is recorded sound, and passes the samples to the sink in pieces of at
// most maxPiece samples.
func (r *recording) take(data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	end := r.received.Load() + int64(len(data)/sampleSize)
	for len(data) >= sampleSize && r.sink != nil {
		n := min(len(data)/sampleSize, maxPiece)
		decode(r.sound[:n], data)
		data = data[n*sampleSize:]
		received := r.received.Add(int64(n))
		r.sink.Take(r.sound[:n], r.age(received, end, now))
	}
	r.receivedAt.Store(int64(now.Sub(r.created)))
}

// age returns the age of sample number n at the time now. end is the number of samples that have
// been received. The caller holds mu.
func (r *recording) age(n, end int64, now time.Time) time.Duration {
	// the server has reported no latency yet, so assume that the last sample was recorded just now
	if !r.clock.started {
		return audio.Duration(int(end - n))
	}
	return max(0, audio.Duration(int(r.clock.at(now)-n)))
}

// run waits until the connection or the device fails, and returns the reason. When the context of
// open is done, the connection fails.
func (r *recording) run() error {
	timer := time.NewTimer(checkInterval)
	defer timer.Stop()
	due := time.Now().Add(checkInterval)
	for {
		select {
		case <-r.socket.failed:
			return r.socket.err
		case <-r.wake:
			if source := r.movedTo.Swap(nil); source != nil {
				r.sourceChanged(*source)
			}
			if r.sourceAdded.Swap(false) && r.redirected && r.exists(r.source) {
				return errMicrophoneBack
			}
		case <-timer.C:
			now := time.Now()
			if now.Sub(due) > minLate {
				r.counts.Late.Add(1)
			}
			if err := r.checkDevice(now); err != nil {
				return err
			}
			timer.Reset(checkInterval)
			due = now.Add(checkInterval)
		}
	}
}

// sourceChanged updates the state after the server has moved the stream to another source. source
// is that source's name.
func (r *recording) sourceChanged(source string) {
	r.redirected = r.source != "" && source != r.source
	r.deviceStarts()
	r.log.Info("the microphone is now " + r.updateName(source))
}

// exists reports whether the server has a source with this name.
func (r *recording) exists(source string) bool {
	var reply proto.LookupSourceReply
	return r.request(&proto.LookupSource{SourceName: source}, &reply) == nil
}

// checkDevice returns an error if the device has stopped recording or has been suspended for too
// long. It also updates the clock from time to time.
func (r *recording) checkDevice(now time.Time) error {
	if suspended := r.suspended.Load(); suspended != r.wasSuspended {
		r.wasSuspended = suspended
		if suspended {
			r.log.Warn("the microphone is suspended")
		} else {
			r.log.Info("the microphone is no longer suspended")
			r.deviceStarts()
		}
	}
	if time.Duration(r.receivedAt.Load()) > r.startedAt+steadyTime {
		// sound that arrives before steadyTime may still come from the previous device
		r.steady = true
	}
	if now.After(r.nextLatency) || r.soundOverdue(now) {
		r.nextLatency = now.Add(latencyInterval)
		// Perhaps this process has only been slow to read the sound. updateClock waits for a reply,
		// and the server sends its messages in order. So when the reply arrives, all earlier sound
		// has been read.
		if err := r.updateClock(); err != nil {
			return err
		}
	}
	switch {
	case !r.soundOverdue(now):
		return nil
	case r.wasSuspended:
		return errMicrophoneSuspended
	case !r.steady:
		return errMicrophoneSilent
	}
	return errMicrophoneStopped
}

// soundOverdue reports whether no sound was received for longer than the timeout.
func (r *recording) soundOverdue(now time.Time) bool {
	limit := soundTimeout
	if !r.steady && !r.wasSuspended {
		limit = firstSoundTimeout
	}
	return now.Sub(r.created)-time.Duration(r.receivedAt.Load()) > limit
}

// updateClock asks the server for its position and its latency, and sets the clock accordingly.
func (r *recording) updateClock() error {
	receivedBefore := r.received.Load()
	before := time.Now()
	var reply proto.GetRecordLatencyReply
	if err := r.request(&proto.GetRecordLatency{StreamIndex: r.stream}, &reply); err != nil {
		return err
	}
	took := time.Since(before)
	received := r.received.Load()
	if received != receivedBefore || received == 0 {
		// Samples were received during the request, and the reply may or may not include them. Ask
		// again at the next check.
		r.nextLatency = time.Time{}
		return nil
	}
	// The server's position also counts the samples that the server has dropped.
	dropped := reply.ReadIndex/sampleSize - received
	if dropped > r.dropped {
		r.counts.Overruns.Add(1)
	}
	r.dropped = dropped
	latency := time.Duration(reply.MonitorLatency-reply.Latency) * time.Microsecond
	r.mu.Lock()
	r.clock.set(reply.WriteIndex/sampleSize-dropped, latency, before.Add(took/2), true)
	r.mu.Unlock()
	return nil
}

// close closes the stream and its connection. After close has returned, the sink is not called any
// more.
func (r *recording) close() {
	r.mu.Lock()
	r.sink = nil
	r.mu.Unlock()
	r.connection.close()
	r.microphone.name.Store(nil)
}
