package localagent

import (
	"fmt"
	"slices"
	"time"

	"moonlark/audio/pcm"
)

const (
	packetDuration = 200 * time.Millisecond // duration of the sound in one audio event
	// minimum duration of the last audio event, which must not be empty
	minLastPacket = 20 * time.Millisecond
	maxSound      = 10 * time.Minute // maximum duration of the sound of one response
)

// A packet is the sound that is sent in one audio event.
type packet struct {
	sound    []byte // encoded in the format that the client gets
	duration time.Duration
	last     bool
}

var errTooLong = fmt.Errorf("more than %v of sound", maxSound)

// A packetizer encodes sound in the format that the client gets, and cuts it into packets.
type packetizer struct {
	format    pcm.Format
	resampler *pcm.Resampler
	put       func(packet) error // called with each packet

	sound []float32     // reusable buffer
	wire  []byte        // encoded sound that is not in a packet yet
	total time.Duration // duration of the sound in all packets so far
}

// add encodes sound and passes each full packet to put. It returns the error of put, or errTooLong.
func (p *packetizer) add(sound []float32) error {
	p.sound = p.resampler.Append(p.sound[:0], sound)
	p.wire = p.format.Append(p.wire, p.sound)
	n := p.format.Bytes(packetDuration)
	for len(p.wire) >= n+p.format.Bytes(minLastPacket) {
		if p.total > maxSound {
			return errTooLong
		}
		if err := p.putPacket(n, false); err != nil {
			return err
		}
	}
	return nil
}

// duration returns the duration of all sound that was added so far.
func (p *packetizer) duration() time.Duration { return p.total + p.format.Duration(len(p.wire)) }

// flush passes the sound that is not in a packet yet to put, as a shorter packet. It keeps
// minLastPacket of the sound, so that there is sound for the last packet.
func (p *packetizer) flush() error {
	n := len(p.wire) - p.format.Bytes(minLastPacket)
	if n <= 0 {
		return nil
	}
	return p.putPacket(n, false)
}

// finish passes the duration of the whole sound to setTotal, and then the last packet to put. If
// the whole sound is shorter than minLastPacket, there is no last packet.
func (p *packetizer) finish(setTotal func(time.Duration)) error {
	p.sound = p.resampler.Flush(p.sound[:0])
	p.wire = p.format.Append(p.wire, p.sound)
	setTotal(p.duration())
	if p.total == 0 && len(p.wire) < p.format.Bytes(minLastPacket) {
		return nil
	}
	return p.putPacket(len(p.wire), true)
}

// putPacket removes the first n bytes of wire and passes them to put as a packet. last marks the
// last packet of the response.
func (p *packetizer) putPacket(n int, last bool) error {
	duration := p.format.Duration(n)
	next := packet{slices.Clone(p.wire[:n]), duration, last}
	p.wire = p.wire[:copy(p.wire, p.wire[n:])]
	p.total += duration
	return p.put(next)
}
