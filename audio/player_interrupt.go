package audio

import "time"

// Interrupt ends the speech of all responses up to the event id id. Speech of these responses that
// is queued later is not played.
func (p *Player) Interrupt(id int) {
	p.mu.Lock()
	p.discard(id)
	p.mu.Unlock()
	p.speaker.Flush()
}

// discard removes the speech of all responses up to the event id id. Event ids never decrease
// within a conversation. The caller holds mu, and must flush the speaker afterwards.
func (p *Player) discard(id int) {
	p.interruptedID = max(p.interruptedID, id)
	n := 0
	for ; n < len(p.pieces) && p.pieces[n].id <= id; n++ {
		p.nextByte += p.pieces[n].undecoded
	}
	if n == 0 {
		return
	}
	if last := p.pieces[n-1]; last.undecoded > 0 || last.to > p.audible(time.Now()) {
		p.lastStopped = last.number
	}
	p.removePieces(n)
	if len(p.pieces) > 0 && p.pieces[0].begun {
		p.skipUntil = p.pieces[0].from
	} else {
		p.skipUntil = max(p.next, p.speechEnd)
		p.resampler.Reset()
		p.resampled, p.resampledUsed = p.resampled[:0], 0
	}
	if len(p.pieces) == 0 {
		p.speaking, p.startPending = false, false
		p.startTimer.Stop()
	}
	p.cutSkipped()
	p.holdUntil = time.Now().Add(flushTimeout)
}

// cutSkipped works on the samples that Fill returns again after a flush. It removes the interrupted
// speech from them, with the exception of a short fade-out, and moves the following speech forward.
// The caller holds mu.
func (p *Player) cutSkipped() {
	if p.skipUntil <= p.next {
		return
	}
	fadeEnd := max(p.next, min(p.next+int64(Samples(fadeLength)), p.speechEnd, p.skipUntil))
	p.speechRing.fadeOut(p.next, fadeEnd)
	after, shift := max(p.speechEnd-p.skipUntil, 0), p.skipUntil-fadeEnd
	p.speechRing.move(fadeEnd, p.skipUntil, after)
	for i := range p.pieces {
		if c := &p.pieces[i]; c.begun && c.from >= p.skipUntil {
			c.from, c.to = c.from-shift, c.to-shift
		}
	}
	p.speechEnd = min(p.speechEnd, fadeEnd) + after
	p.skipUntil = fadeEnd
}
