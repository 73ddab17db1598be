package audio

import "time"

// heard is the sample that is heard at a time. The caller holds mu.
func (p *Player) heard(at time.Time) int64 {
	since := at.Sub(p.anchored)
	if since > time.Minute || since < -time.Minute {
		return p.made
	}
	return min(max(p.anchor+int64(since*Rate/time.Second), 0), p.made)
}

// A Position says what is being heard.
type Position struct {
	Piece   uint64        // its number, as Queue said; 0 when no speech is
	ID      int           // its event id
	Into    time.Duration // how far into it
	Left    time.Duration // how much speech is still to be heard, that which waits included; 0 when all has been
	Latest  uint64        // the number of the latest piece that was queued; 0 when there was none
	Stopped uint64        // that of the latest that was interrupted before its end: up to it, none is heard any more
}

// Position says what is being heard now.
func (p *Player) Position() Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard(time.Now())
	pos := Position{
		Left:    p.format.Duration(p.waits()) + Duration(len(p.ready)-p.taken) + Duration(int(max(p.speechEnd-heard, 0))),
		Latest:  p.serial,
		Stopped: p.stopped,
	}
	for i := range p.pieces[:min(p.undecoded+1, len(p.pieces))] {
		c := &p.pieces[i]
		if c.begun && c.from <= heard && (c.left > 0 || heard < c.to) {
			pos.Piece, pos.ID, pos.Into = c.serial, c.id, Duration(int(heard-c.from))
		}
	}
	return pos
}

// Queued has a value when speech was queued since it was last received from.
func (p *Player) Queued() <-chan struct{} { return p.queued }

// At is which sample is heard at a time, of all since the beginning.
func (p *Player) At(t time.Time) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard(t)
}

// Heard copies what is heard from a sample on. What is not known, or not any
// more, is silence. It is what an echo is made of.
func (p *Player) Heard(dst []float32, from int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(dst)
	first := max(from, p.made-int64(len(p.said)), 0)
	end := min(from+int64(len(dst)), p.made)
	if first < end {
		p.said.read(dst[first-from:end-from], first)
	}
}
