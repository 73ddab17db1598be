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

// A playback is one stream that is open on a sink.
type playback struct {
	*connection
	speaker *Speaker
	source  audio.Source
	counts  *audio.Counts
	log     *slog.Logger

	// What the server says: set by proto's goroutine, read by Play's.
	wanted    atomic.Int64 // samples that it asks for
	asked     atomic.Int64 // when it last did, as nanoseconds since began
	dry       atomic.Int64 // where in the stream it last ran dry, in samples
	started   atomic.Bool  // it plays, and did not before
	suspended atomic.Bool
	moved     atomic.Pointer[string] // the sink that it has moved to
	newSinks  atomic.Bool            // there are others than before

	// Play's own.
	began   time.Time
	stream  uint32
	sink    string // that was asked for by name, or empty
	astray  bool   // plays elsewhere, since that was gone
	written int64  // samples sent since the stream began, without those flushed
	filled  int64  // the first of them that the source gave, since the last flush or silence of our own
	since   int64  // where the stream was at the last flush
	clock   clock
	ask     time.Time // when to ask for the latency again
	slept   time.Time // since when it has been suspended
	sound   []float32
	data    []byte
}

func newPlayback(s *Speaker, source audio.Source) *playback {
	return &playback{
		speaker: s, source: source, counts: s.opts.counts(), log: s.opts.log(),
		began: time.Now(), sound: make([]float32, piece), data: make([]byte, piece*sampleSize),
	}
}

// open connects and makes the stream, which plays from then on.
func (p *playback) open(ctx context.Context, sink string) error {
	conn, err := connect(ctx, p.speaker.opts.Server, p.hear)
	if err != nil {
		return err
	}
	p.connection, p.sink = conn, sink
	if err := p.create(); err != nil {
		conn.close()
		return fmt.Errorf("open the speaker%s: %w", quoted(sink), err)
	}
	return nil
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return " " + name
}

// create makes the stream. Early requests let the server hold a deep buffer of
// ours before the device and only a period in it: what is in the device cannot
// be taken back.
func (p *playback) create() error {
	depth := audio.Samples(p.speaker.opts.depth()) * sampleSize
	period := audio.Samples(cmp.Or(p.speaker.opts.Period, 10*time.Millisecond)) * sampleSize
	ask := proto.CreatePlaybackStream{
		SampleSpec:           proto.SampleSpec{Format: floats, Channels: 1, Rate: audio.Rate},
		ChannelMap:           proto.ChannelMap{proto.ChannelMono},
		SinkIndex:            noDevice,
		SinkName:             p.sink,
		BufferMaxLength:      uint32(2 * depth),
		BufferTargetLength:   uint32(depth),
		BufferMinimumRequest: uint32(period),
		EarlyRequests:        true,
		ChannelVolumes:       proto.ChannelVolumes{proto.VolumeNorm},
		Properties:           proto.PropList{"media.name": proto.PropListString("voice")},
	}
	var got proto.CreatePlaybackStreamReply
	p.client.SetTimeout(openPatience)
	err := p.request(&ask, &got)
	p.client.SetTimeout(patience)
	if err != nil {
		return err
	}
	p.stream = got.StreamIndex
	p.wanted.Add(int64(got.Missing) / sampleSize)
	p.asked.Store(int64(time.Since(p.began)))
	p.suspended.Store(got.SinkSuspended)
	p.clock.begin(time.Duration(got.SinkLatency) * time.Microsecond)
	p.call(got.SinkName)
	if p.sink != "" {
		return p.request(&proto.Subscribe{Mask: proto.SubscriptionMaskSink}, nil)
	}
	return nil
}

// call asks how people call the sink that plays now.
func (p *playback) call(sink string) string {
	var info proto.GetSinkInfoReply
	name := sink
	if p.request(&proto.GetSinkInfo{SinkIndex: noDevice, SinkName: sink}, &info) == nil {
		name = description(info.Properties, sink)
	}
	p.speaker.name.Store(&name)
	return name
}

// hear takes what the server says unasked. It is called on proto's goroutine,
// which also brings the answers that Play waits for: so it never waits.
func (p *playback) hear(message any) {
	switch m := message.(type) {
	case *proto.Request:
		p.wanted.Add(int64(m.Length) / sampleSize)
		p.asked.Store(int64(time.Since(p.began)))
	case *proto.Underflow:
		p.dry.Store(m.Offset / sampleSize)
	case *proto.Started:
		p.started.Store(true)
	case *proto.PlaybackStreamSuspended:
		p.suspended.Store(m.Suspended)
	case *proto.PlaybackStreamMoved:
		p.suspended.Store(m.Suspended)
		p.moved.Store(&m.DestName)
	case *proto.SubscribeEvent:
		if m.Event.GetType() != proto.EventNew {
			return
		}
		p.newSinks.Store(true)
	case *proto.PlaybackStreamKilled:
		p.wire.fail(errSpeakerGone)
	default:
		return
	}
	nudge(p.speaker.wake)
}

var (
	errSpeakerGone      = errors.New("the speaker is gone")
	errSpeakerStopped   = errors.New("the speaker has stopped taking sound")
	errSpeakerSuspended = errors.New("the speaker is suspended")
	errSpeakerBack      = errors.New("the speaker that was asked for is back")
)

// run plays until the connection is lost, and says why.
func (p *playback) run() error {
	if err := p.begin(); err != nil {
		return err
	}
	timer := time.NewTimer(tick)
	defer timer.Stop()
	due := time.Now().Add(tick)
	for {
		if err := p.serve(); err != nil {
			return err
		}
		select {
		case <-p.speaker.wake:
		case <-p.wire.lost:
		case <-timer.C:
			now := time.Now()
			if now.Sub(due) > tooLate {
				p.counts.Late.Add(1)
			}
			if err := p.watch(now); err != nil {
				return err
			}
			timer.Reset(tick)
			due = now.Add(tick)
		}
	}
}

// begin finds out where the stream is before the first sample is sent.
func (p *playback) begin() error {
	at, err := p.look()
	if err != nil {
		return err
	}
	return p.resume(at)
}

// serve does everything that there is to do now.
func (p *playback) serve() error {
	switch {
	case p.broken():
		return p.wire.err
	case p.speaker.flushing.Swap(false):
		if err := p.flush(); err != nil {
			return err
		}
	case p.ranDry():
		// The server has gone on without us, and would drop what comes
		// now until we are level again. From a flush on it plays at once.
		p.counts.Underruns.Add(1)
		if err := p.flush(); err != nil {
			return err
		}
	}
	if to := p.moved.Swap(nil); to != nil {
		p.follow(*to)
	}
	if p.newSinks.Swap(false) && p.astray && p.exists(p.sink) {
		return errSpeakerBack
	}
	if p.started.Swap(false) {
		p.ask = time.Time{}
	}
	if err := p.feed(); err != nil {
		return err
	}
	if now := time.Now(); now.After(p.ask) {
		p.ask = now.Add(often)
		if p.clock.fresh() {
			p.ask = now.Add(settling)
		}
		return p.measure()
	}
	return nil
}

// ranDry is whether the server had nothing to play, and not just because of a
// flush or a start.
func (p *playback) ranDry() bool { return p.dry.Swap(0) > p.since }

// feed gives the server what it has asked for.
func (p *playback) feed() error {
	wanted := p.wanted.Load()
	if wanted > 0 && time.Since(p.began)-time.Duration(p.asked.Load()) > tooLate {
		p.counts.Late.Add(1)
	}
	given, err := p.give(wanted)
	p.wanted.Add(-given)
	return err
}

// give fills and sends n samples, and says how many it has: a flush, or the
// loss of the server, ends it early.
func (p *playback) give(n int64) (given int64, err error) {
	for given < n && !p.speaker.flushing.Load() && !p.broken() {
		now := int(min(n-given, piece))
		p.source.Fill(p.sound[:now], p.clock.until(p.written))
		if err := p.send(now); err != nil {
			return given, err
		}
		given += int64(now)
	}
	return given, nil
}

// send sends the first n samples of sound.
func (p *playback) send(n int) error {
	encode(p.data, p.sound[:n])
	p.written += int64(n)
	return p.client.Send(p.stream, p.data[:n*sampleSize])
}

// flush has the server forget what it has not given to the device yet, and the
// source give it again, or something else. The server is asked at the same time
// where it is: on a busy machine each answer may take long, and until the stream
// is filled again nothing is heard.
func (p *playback) flush() error {
	var at place
	var err error
	var looked sync.WaitGroup
	looked.Go(func() { at, err = p.look() })
	flushed := p.request(&proto.FlushPlaybackStream{StreamIndex: p.stream}, nil)
	looked.Wait()
	if err := cmp.Or(flushed, err); err != nil {
		return err
	}
	if at.written == p.written { // it looked first, and forgot all that was left just after
		at.written = min(at.read, p.written)
	}
	lost := p.written - at.written
	p.written = at.written
	p.lose(lost)
	if err := p.resume(at); err != nil {
		return err
	}
	// The server asks for as much again, but that may come late too.
	p.wire.atOnce()
	given, err := p.give(lost)
	p.wanted.Add(-given)
	if err != nil {
		return err
	}
	sent := p.written
	if err := p.measure(); err != nil {
		return err
	}
	// For what it was put further on the server may not ask again. Where it
	// does we give too much, once, and it asks for less.
	p.wanted.Add(max(0, p.written-sent))
	return nil
}

// lose tells the source that the last n samples that were sent are not heard.
func (p *playback) lose(n int64) {
	p.source.Lost(int(max(min(n, p.written+n-p.filled), 0)))
}

// resume goes on after at. Where the server is ahead of us already, silence
// fills what it would drop.
func (p *playback) resume(at place) error {
	p.since = max(at.written, at.read)
	for behind := at.read - p.written; behind > 0; {
		n := min(behind, piece)
		clear(p.sound[:n])
		if err := p.send(int(n)); err != nil {
			return err
		}
		p.wanted.Add(-n)
		behind -= n
	}
	p.filled = p.written
	return nil
}

// A place is where the server is in the stream, in samples.
type place struct {
	written int64 // by us
	read    int64 // by the device
}

// measure looks where the server is, and goes by its word.
func (p *playback) measure() error {
	at, err := p.look()
	if err != nil {
		return err
	}
	p.filled += at.written - p.written
	p.written = at.written
	return nil
}

// look asks the server where it is, and sets the clock by it.
func (p *playback) look() (place, error) {
	before := time.Now()
	var got proto.GetPlaybackLatencyReply
	if err := p.request(&proto.GetPlaybackLatency{StreamIndex: p.stream}, &got); err != nil {
		return place{}, err
	}
	at := place{written: got.WriteIndex / sampleSize, read: got.ReadIndex / sampleSize}
	took := time.Since(before)
	p.clock.set(at.read, time.Duration(got.Latency)*time.Microsecond, before.Add(took/2), got.Running)
	return at, nil
}

// follow notes that the server has moved the stream to another sink.
func (p *playback) follow(sink string) {
	p.astray = p.sink != "" && sink != p.sink
	p.ask = time.Time{}
	p.asked.Store(int64(time.Since(p.began))) // patience starts anew
	p.clock.again()
	p.log.Info("the sound now comes from " + p.call(sink))
}

// exists is whether there is a sink of that name.
func (p *playback) exists(sink string) bool {
	var got proto.LookupSinkReply
	return p.request(&proto.LookupSink{SinkName: sink}, &got) == nil
}

// watch looks whether the device still takes sound. The usual way for one to
// die raises no error.
func (p *playback) watch(now time.Time) error {
	if p.suspended.Load() {
		if p.slept.IsZero() {
			p.slept = now
			p.log.Warn("the speaker is suspended")
		}
		if now.Sub(p.slept) > suspense {
			return errSpeakerSuspended
		}
		return nil
	}
	if !p.slept.IsZero() {
		p.slept = time.Time{}
		p.asked.Store(int64(now.Sub(p.began)))
		p.log.Info("the speaker works again")
	}
	if p.still(now) {
		// It may be us who were late to read. The answer comes after everything
		// that the server has said before.
		if err := p.measure(); err != nil {
			return err
		}
		if p.still(now) {
			return errSpeakerStopped
		}
	}
	return nil
}

// still is whether the server has taken nothing for so long that it cannot have
// anything left to play.
func (p *playback) still(now time.Time) bool {
	limit := max(idle, p.speaker.opts.depth()+idle/4)
	if p.clock.fresh() {
		limit = max(limit, firstTake)
	}
	return now.Sub(p.began)-time.Duration(p.asked.Load()) > limit
}

// close ends the stream. What will not be heard any more is lost.
func (p *playback) close() {
	p.connection.close()
	p.speaker.name.Store(nil)
	unheard := min(p.written-p.clock.at(time.Now()), p.written-p.filled)
	p.written -= max(unheard, 0)
	p.lose(unheard)
}
