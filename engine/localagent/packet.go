package localagent

import (
	"fmt"
	"time"

	"moonlark/audio/pcm"
	"moonlark/engine/convai"
)

const (
	packetTime = 200 * time.Millisecond // of sound in one event
	tailTime   = 20 * time.Millisecond  // kept back, so that the last event has some
	longest    = 10 * time.Minute       // of sound in one response
)

// A packet is some of the sound as it is sent.
type packet struct {
	base64 convai.Base64
	took   time.Duration
	last   bool
}

var errLongest = fmt.Errorf("more than %v of sound", longest)

// A packer cuts sound into packets for the wire.
type packer struct {
	format    pcm.Format
	resampler *pcm.Resampler
	put       func(packet) error

	sound []float32 // reused
	wire  []byte    // not put yet
	total time.Duration
}

func (p *packer) play(sound []float32) error {
	p.sound = p.resampler.Append(p.sound[:0], sound)
	p.wire = p.format.Append(p.wire, p.sound)
	n := p.format.Bytes(packetTime)
	for len(p.wire) >= n+p.format.Bytes(tailTime) {
		if p.total > longest {
			return errLongest
		}
		if err := p.flush(n, false); err != nil {
			return err
		}
	}
	return nil
}

// end puts what is left. It says the total before.
func (p *packer) end(known func(time.Duration)) error {
	p.sound = p.resampler.Flush(p.sound[:0])
	p.wire = p.format.Append(p.wire, p.sound)
	known(p.total + p.format.Duration(len(p.wire)))
	if p.total == 0 && len(p.wire) < p.format.Bytes(tailTime) { // nothing anybody would hear
		return nil
	}
	return p.flush(len(p.wire), true)
}

func (p *packer) flush(n int, last bool) error {
	took := p.format.Duration(n)
	next := packet{convai.EncodeSound(p.wire[:n]), took, last}
	p.wire = p.wire[:copy(p.wire, p.wire[n:])]
	p.total += took
	return p.put(next)
}
