package pulse

import (
	"cmp"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// The methods in this file run on the goroutine that runs Play. They keep the server's buffer full,
// and track the server's position in the stream. Only flush calls position on another goroutine, and
// waits for it.

// begin asks the server for its position before the first sample is sent.
func (p *playback) begin() error {
	pos, err := p.position()
	if err != nil {
		return err
	}
	return p.continueAt(pos)
}

// underflowed reports whether the server has run out of sound since the last flush. It ignores that
// the server has no sound right after a flush or at the start of the stream.
func (p *playback) underflowed() bool { return p.underflowAt.Swap(0) > p.flushedAt }

// sendRequested sends as many samples as the server has requested.
func (p *playback) sendRequested() error {
	requested := p.requested.Load()
	if requested > 0 && time.Since(p.created)-time.Duration(p.requestedAt.Load()) > minLate {
		p.counts.Late.Add(1)
	}
	sent, err := p.sendFromSource(requested)
	p.requested.Add(-sent)
	return err
}

// sendFromSource takes n samples from the source, sends them, and returns the number of sent
// samples. It sends fewer than n if a flush is requested or the connection fails.
func (p *playback) sendFromSource(n int64) (sent int64, err error) {
	for sent < n && !p.speaker.flushRequested.Load() && !p.failed() {
		size := int(min(n-sent, maxPiece))
		p.source.Fill(p.sound[:size], p.clock.until(p.written))
		if err := p.send(size); err != nil {
			return sent, err
		}
		sent += int64(size)
	}
	return sent, nil
}

// send sends the first n samples of p.sound to the server.
func (p *playback) send(n int) error {
	encode(p.data, p.sound[:n])
	p.written += int64(n)
	return p.client.Send(p.stream, p.data[:n*sampleSize])
}

// flush makes the server discard all samples that it has not passed to the device, calls the
// source's Lost with their number, and sends as many new samples. flush sends the request for the
// position at the same time as the flush itself, because nothing is audible until the new samples
// are sent, and each reply takes long on a busy machine.
func (p *playback) flush() error {
	var pos streamPosition
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { pos, err = p.position() })
	flushErr := p.request(&proto.FlushPlaybackStream{StreamIndex: p.stream}, nil)
	wg.Wait()
	if err := cmp.Or(flushErr, err); err != nil {
		return err
	}
	if pos.write == p.written { // the server reported its position before it flushed
		pos.write = min(pos.read, p.written)
	}
	lost := p.written - pos.write
	p.written = pos.write
	p.reportLost(lost)
	if err := p.continueAt(pos); err != nil {
		return err
	}
	// The server will also request the samples that are sent here, but its request may come too
	// late.
	p.socket.placeNextAtReadIndex()
	sent, err := p.sendFromSource(lost)
	p.requested.Add(-sent)
	if err != nil {
		return err
	}
	sentUntil := p.written
	if err := p.updatePosition(); err != nil {
		return err
	}
	// The server may have inserted the samples at a later position than expected. It may then
	// request no sound for the difference, so count the difference as requested. If the server does
	// request this sound, too much sound is sent once, and the server requests less afterwards.
	p.requested.Add(max(0, p.written-sentUntil))
	return nil
}

// reportLost calls the source's Lost for the last n samples that were sent before p.written was
// reduced. These samples will not be audible. reportLost does not count samples that did not come
// from the source.
func (p *playback) reportLost(n int64) {
	p.source.Lost(int(max(min(n, p.written+n-p.sourceStart), 0)))
}

// continueAt prepares the stream for the next samples of the source. If the device has read beyond
// the last sample that was sent, continueAt sends silence up to the device's position, because the
// server would discard sound that is sent for an earlier position.
func (p *playback) continueAt(pos streamPosition) error {
	p.flushedAt = max(pos.write, pos.read)
	for missing := pos.read - p.written; missing > 0; {
		n := min(missing, maxPiece)
		clear(p.sound[:n])
		if err := p.send(int(n)); err != nil {
			return err
		}
		p.requested.Add(-n)
		missing -= n
	}
	p.sourceStart = p.written
	return nil
}

// A streamPosition is the server's position in a stream, as sample numbers.
type streamPosition struct {
	write int64 // the number of the next sample to be sent
	read  int64 // number of the next sample that the device reads
}

// updatePosition asks the server for its position and sets p.written to it.
func (p *playback) updatePosition() error {
	pos, err := p.position()
	if err != nil {
		return err
	}
	p.sourceStart += pos.write - p.written
	p.written = pos.write
	return nil
}

// position asks the server for its position and its latency, and sets the clock accordingly.
func (p *playback) position() (streamPosition, error) {
	before := time.Now()
	var reply proto.GetPlaybackLatencyReply
	if err := p.request(&proto.GetPlaybackLatency{StreamIndex: p.stream}, &reply); err != nil {
		return streamPosition{}, err
	}
	pos := streamPosition{write: reply.WriteIndex / sampleSize, read: reply.ReadIndex / sampleSize}
	took := time.Since(before)
	p.clock.set(pos.read, time.Duration(reply.Latency)*time.Microsecond, before.Add(took/2), reply.Running)
	return pos, nil
}
