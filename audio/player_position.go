package audio

import (
	"math"
	"time"
)

// audible returns the number of the sample that is audible at time t. The caller holds mu.
func (p *Player) audible(t time.Time) int64 {
	since := t.Sub(p.anchorTime)
	if since > time.Minute || since < -time.Minute {
		return p.next
	}
	return min(max(p.anchor+int64(since*Rate/time.Second), 0), p.next)
}

// A Position describes which speech is audible at a moment.
type Position struct {
	Piece uint64        // number of the audible piece, from Queue; 0 if no piece is audible
	ID    int           // event id of the audible piece
	Into  time.Duration // how much of the audible piece has been played
	// length of the speech that is not played yet, including the queue; 0 if everything is played
	Left time.Duration

	Latest uint64 // number of the piece that was queued last; 0 if no piece was queued
	// number of the latest interrupted piece; pieces up to this number are not played any more
	Stopped uint64
}

// Position returns the position at this moment.
func (p *Player) Position() Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	audible := p.audible(time.Now())
	buffered := len(p.resampled) - p.resampledUsed + int(max(p.speechEnd-audible, 0))
	pos := Position{
		Left:    p.format.Duration(p.undecoded()) + Duration(buffered),
		Latest:  p.lastPiece,
		Stopped: p.lastStopped,
	}
	for i := range p.pieces[:min(p.firstUndecoded+1, len(p.pieces))] {
		c := &p.pieces[i]
		if c.begun && c.from <= audible && (c.undecoded > 0 || audible < c.to) {
			pos.Piece, pos.ID, pos.Into = c.number, c.id, Duration(int(audible-c.from))
		}
	}
	return pos
}

// Queued returns a channel that receives a value whenever speech has been queued. Several calls of
// Queue may cause only one value.
func (p *Player) Queued() <-chan struct{} { return p.queued }

// SampleAt implements [Playback]: it returns the number of the sample that is audible at time t.
func (p *Player) SampleAt(t time.Time) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.audible(t)
}

// Played implements [Playback]: it fills dst with the samples that the player has returned. first
// is the number of the first sample to return.
func (p *Player) Played(dst []float32, first int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outputRing.readKnown(dst, first, p.next)
}

// levelLength is the length of the output whose level the method Level measures.
const levelLength = 100 * time.Millisecond

// Level returns the level in dBFS of what has been audible just before this moment, from -96
// (silence) to 0.
func (p *Player) Level() float64 {
	var sound [Rate / int(time.Second/levelLength)]float32
	p.mu.Lock()
	end := p.audible(time.Now())
	known := end >= int64(len(sound)) && p.next-end < int64(len(p.outputRing)-len(sound))
	if known {
		p.outputRing.read(sound[:], end-int64(len(sound)))
	}
	p.mu.Unlock()
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return max(10*math.Log10(sum/float64(len(sound))), minLevel)
}
