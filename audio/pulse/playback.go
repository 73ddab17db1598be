package pulse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"moonlark/audio"
)

// A playback is a stream that plays on a sink of the sound server. The samples of the stream are
// numbered from 0.
type playback struct {
	*connection
	speaker *Speaker
	source  audio.Source
	counts  *audio.Counts
	log     *slog.Logger
	created time.Time

	// The goroutine of package proto sets the fields below when the server sends messages. The
	// goroutine that runs Play reads them, and changes them when it has handled a message.
	// number of samples that the server has requested and that were not sent yet; negative if more
	// was sent than requested
	requested atomic.Int64
	// time of the last request, or of the last event after which another request must come, in
	// nanoseconds since created
	requestedAt atomic.Int64
	// number of the sample at which the server last ran out of sound; 0 if the underrun was handled
	underflowAt atomic.Int64
	started     atomic.Bool // the device has started to play
	suspended   atomic.Bool
	// name of the sink to which the server has moved the stream; nil if the move was handled
	movedTo   atomic.Pointer[string]
	sinkAdded atomic.Bool // a sink was added to the server

	// Only the goroutine that runs Play uses the fields below.
	stream uint32 // the server's number for the stream
	sink   string // name of the chosen sink; empty means the server's default sink
	// the chosen sink was removed, and the server has moved the stream to another sink
	redirected bool
	written    int64 // number of the next sample to send
	// all samples from this number on came from source, without silence added by this package
	sourceStart    int64
	flushedAt      int64 // position of the server after the last flush, as a sample number
	clock          streamClock
	nextLatency    time.Time // time at which to ask the server for its latency again
	suspendedSince time.Time // when the device was suspended; zero if the device is not suspended
	sound          []float32 // buffer for samples from source
	data           []byte    // buffer for the samples in sound, encoded as bytes
}

func newPlayback(s *Speaker, source audio.Source) *playback {
	return &playback{
		speaker: s, source: source, counts: s.opts.counts(), log: s.opts.log(),
		created: time.Now(), sound: make([]float32, maxPiece), data: make([]byte, maxPiece*sampleSize),
	}
}

// open connects to the sound server and creates the stream on a sink. An empty name means the
// default sink. The caller then calls run.
func (p *playback) open(ctx context.Context, sink string) error {
	conn, err := connect(ctx, p.speaker.opts.Server, p.onMessage)
	if err != nil {
		return err
	}
	p.connection, p.sink = conn, sink
	if err := p.create(); err != nil {
		conn.close()
		return fmt.Errorf("open the speaker%s: %w", withSpace(sink), err)
	}
	return nil
}

// withSpace returns name with a space before it, or "" if name is empty.
func withSpace(name string) string {
	if name == "" {
		return ""
	}
	return " " + name
}

// create asks the server to create the stream. The option EarlyRequests makes the server keep only
// one period of sound in the buffer of the device. The server keeps the rest of the sound in a
// buffer of its own, which a flush can discard.
func (p *playback) create() error {
	depth := audio.Samples(p.speaker.opts.depth()) * sampleSize
	period := audio.Samples(10*time.Millisecond) * sampleSize // how much sound the server requests at a time
	args := proto.CreatePlaybackStream{
		SampleSpec:           proto.SampleSpec{Format: sampleFormat, Channels: 1, Rate: audio.Rate},
		ChannelMap:           proto.ChannelMap{proto.ChannelMono},
		SinkIndex:            anyIndex,
		SinkName:             p.sink,
		BufferMaxLength:      uint32(2 * depth),
		BufferTargetLength:   uint32(depth),
		BufferMinimumRequest: uint32(period),
		EarlyRequests:        true,
		ChannelVolumes:       proto.ChannelVolumes{proto.VolumeNorm},
		Properties:           proto.PropList{"media.name": proto.PropListString("voice")},
	}
	var reply proto.CreatePlaybackStreamReply
	p.client.SetTimeout(openTimeout)
	err := p.request(&args, &reply)
	p.client.SetTimeout(requestTimeout)
	if err != nil {
		return err
	}
	p.stream = reply.StreamIndex
	p.requested.Add(int64(reply.Missing) / sampleSize)
	p.requestedAt.Store(int64(time.Since(p.created)))
	p.suspended.Store(reply.SinkSuspended)
	p.clock.begin(time.Duration(reply.SinkLatency) * time.Microsecond)
	p.updateName(reply.SinkName)
	if p.sink != "" {
		return p.request(&proto.Subscribe{Mask: proto.SubscriptionMaskSink}, nil)
	}
	return nil
}

// updateName asks the server for the description of a sink, stores it as the speaker's name, and
// returns it. If the server does not know the sink, updateName uses the sink's own name.
func (p *playback) updateName(sink string) string {
	var info proto.GetSinkInfoReply
	name := sink
	if p.request(&proto.GetSinkInfo{SinkIndex: anyIndex, SinkName: sink}, &info) == nil {
		name = description(info.Properties, sink)
	}
	p.speaker.name.Store(&name)
	return name
}

// onMessage handles one message of the sound server that is not a reply to a request. Package
// proto calls onMessage on the goroutine that reads all messages of the server. onMessage must not
// block, because the same goroutine receives the replies for which Play waits.
func (p *playback) onMessage(message any) {
	switch m := message.(type) {
	case *proto.Request:
		p.requested.Add(int64(m.Length) / sampleSize)
		p.requestedAt.Store(int64(time.Since(p.created)))
	case *proto.Underflow:
		p.underflowAt.Store(m.Offset / sampleSize)
	case *proto.Started:
		p.started.Store(true)
	case *proto.PlaybackStreamSuspended:
		p.suspended.Store(m.Suspended)
	case *proto.PlaybackStreamMoved:
		p.suspended.Store(m.Suspended)
		p.movedTo.Store(&m.DestName)
	case *proto.SubscribeEvent:
		if m.Event.GetType() != proto.EventNew {
			return
		}
		p.sinkAdded.Store(true)
	case *proto.PlaybackStreamKilled:
		p.socket.fail(errSpeakerRemoved)
	default:
		return
	}
	signal(p.speaker.wake)
}

var (
	errSpeakerRemoved   = errors.New("the speaker was removed")
	errSpeakerStopped   = errors.New("the speaker has stopped playing")
	errSpeakerSuspended = errors.New("the speaker is suspended")
	errSpeakerBack      = errors.New("the chosen speaker is available again")
)

// run plays until the connection or the device fails, and returns the reason. When the context of
// open is done, the connection fails.
func (p *playback) run() error {
	if err := p.begin(); err != nil {
		return err
	}
	timer := time.NewTimer(checkInterval)
	defer timer.Stop()
	due := time.Now().Add(checkInterval)
	for {
		if err := p.handleMessages(); err != nil {
			return err
		}
		select {
		case <-p.speaker.wake:
		case <-p.socket.failed:
		case <-timer.C:
			now := time.Now()
			if now.Sub(due) > minLate {
				p.counts.Late.Add(1)
			}
			if err := p.checkDevice(now); err != nil {
				return err
			}
			timer.Reset(checkInterval)
			due = now.Add(checkInterval)
		}
	}
}

// handleMessages handles the messages that onMessage has received, and a request of Flush. Then it
// sends the sound that the server has requested.
func (p *playback) handleMessages() error {
	switch {
	case p.failed():
		return p.socket.err
	case p.speaker.flushRequested.Swap(false):
		if err := p.flush(); err != nil {
			return err
		}
	case p.underflowed():
		// The server has run out of samples. Its position in the stream has moved beyond the last
		// sample that was sent, and it would discard further samples until they reach that
		// position. After a flush, the server plays the next samples at once.
		p.counts.Underruns.Add(1)
		if err := p.flush(); err != nil {
			return err
		}
	}
	if sink := p.movedTo.Swap(nil); sink != nil {
		p.sinkChanged(*sink)
	}
	if p.sinkAdded.Swap(false) && p.redirected && p.exists(p.sink) {
		return errSpeakerBack
	}
	if p.started.Swap(false) {
		p.nextLatency = time.Time{}
	}
	if err := p.sendRequested(); err != nil {
		return err
	}
	if now := time.Now(); now.After(p.nextLatency) {
		p.nextLatency = now.Add(latencyInterval)
		if !p.clock.started {
			p.nextLatency = now.Add(startLatencyInterval)
		}
		return p.updatePosition()
	}
	return nil
}

// sinkChanged updates the state after the server has moved the stream to another sink. sink is that
// sink's name.
func (p *playback) sinkChanged(sink string) {
	p.redirected = p.sink != "" && sink != p.sink
	p.nextLatency = time.Time{}
	// give the new device the full timeout before it counts as stopped
	p.requestedAt.Store(int64(time.Since(p.created)))
	p.clock.restart()
	p.log.Info("the speaker is now " + p.updateName(sink))
}

// exists reports whether the server has a sink with this name.
func (p *playback) exists(sink string) bool {
	var reply proto.LookupSinkReply
	return p.request(&proto.LookupSink{SinkName: sink}, &reply) == nil
}

// checkDevice returns an error if the device has stopped playing or has been suspended for too
// long. Devices often stop without an error message.
func (p *playback) checkDevice(now time.Time) error {
	if p.suspended.Load() {
		if p.suspendedSince.IsZero() {
			p.suspendedSince = now
			p.log.Warn("the speaker is suspended")
		}
		if now.Sub(p.suspendedSince) > suspendTimeout {
			return errSpeakerSuspended
		}
		return nil
	}
	if !p.suspendedSince.IsZero() {
		p.suspendedSince = time.Time{}
		p.requestedAt.Store(int64(now.Sub(p.created)))
		p.log.Info("the speaker is no longer suspended")
	}
	if p.requestOverdue(now) {
		// Perhaps this process has only been slow to read the server's requests. updatePosition
		// waits for a reply, and the server sends its messages in order. So when the reply arrives,
		// all earlier requests have been read.
		if err := p.updatePosition(); err != nil {
			return err
		}
		if p.requestOverdue(now) {
			return errSpeakerStopped
		}
	}
	return nil
}

// requestOverdue reports whether the server has requested no sound for so long that its buffer must
// be empty.
func (p *playback) requestOverdue(now time.Time) bool {
	limit := max(requestPause, p.speaker.opts.depth()+requestPause/4)
	if !p.clock.started {
		limit = max(limit, startTimeout)
	}
	return now.Sub(p.created)-time.Duration(p.requestedAt.Load()) > limit
}

// close closes the stream and its connection. It calls the source's Lost with the number of samples
// that are not audible yet.
func (p *playback) close() {
	p.connection.close()
	p.speaker.name.Store(nil)
	inaudible := min(p.written-p.clock.at(time.Now()), p.written-p.sourceStart)
	p.written -= max(inaudible, 0)
	p.reportLost(inaudible)
}
