package audio

import (
	"math"
	"time"
)

// Fill is the speaker's: see Source.
func (p *Player) Fill(out []float32, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.anchor, p.anchored = p.made, now.Add(delay)
	again := int(min(max(p.speechEnd-p.made, 0), int64(len(out))))
	p.speech.read(out[:again], p.made)
	fresh, at := out[again:], p.made+int64(again)
	clear(fresh)
	goesOn := p.speechEnd >= p.made && p.speechEnd > p.unwanted
	if goesOn || !now.Before(p.held) {
		p.speak(fresh, at)
	}
	p.speech.write(at, fresh)
	p.mix(out, now)
	p.adjust(out, now)
	p.said.write(p.made, out)
	p.made += int64(len(out))
}

// speak fills out, which is silent, with new speech. Its place is at.
func (p *Player) speak(out []float32, at int64) {
	if p.talking && p.speechEnd < at && p.taken == len(p.ready) { // what the resampler holds has been given: see below
		p.resampler.Reset()
	}
	n := 0
	for p.talking && n < len(out) {
		if p.taken == len(p.ready) && !p.decode(at+int64(n)) {
			p.talking = false
			break
		}
		given := copy(out[n:], p.ready[p.taken:])
		p.taken += given
		n += given
		p.speechEnd = at + int64(n)
	}
	if n < len(out) && p.speechEnd == at+int64(n) { // the end of it, as it seems now
		p.ready = p.resampler.Rest(p.ready[:0])
		copy(out[n:], p.ready)
		p.ready, p.taken = p.ready[:0], 0
	}
}

// decode makes the next speech ready, 20 ms of one piece at the most, for the
// place at. It says whether there is any.
func (p *Player) decode(at int64) bool {
	p.ready, p.taken = p.ready[:0], 0
	for len(p.ready) == 0 {
		if p.undecoded == len(p.pieces) {
			return false
		}
		piece := &p.pieces[p.undecoded]
		if !piece.begun {
			piece.begun, piece.from = true, at
		}
		if piece.id != p.decoding {
			p.decoding = piece.id
			p.decoder.Reset()
		}
		n := min(piece.left, p.format.Bytes(20*time.Millisecond))
		p.decoded = p.decoder.Append(p.decoded[:0], p.wire[p.next:p.next+n])
		p.ready = p.resampler.Append(p.ready, p.decoded)
		p.next += n
		if piece.left -= n; piece.left == 0 {
			piece.to = at + int64(len(p.ready))
			p.undecoded++
		}
	}
	if p.next == len(p.wire) {
		p.wire, p.next = p.wire[:0], 0
	}
	return true
}

// mix adds the clips. One is kept until it has been heard, since it may get
// lost before.
func (p *Player) mix(out []float32, now time.Time) {
	heard := p.heard(now)
	left := p.clips[:0]
	for _, c := range p.clips {
		if c.from+int64(len(c.sound)) > heard {
			left = append(left, c)
		}
	}
	clear(p.clips[len(left):])
	p.clips = left
	for len(p.clips) < mostClips && len(p.posted) > 0 {
		p.clips = append(p.clips, clip{<-p.posted, p.made})
	}
	for _, c := range p.clips {
		if at := p.made - c.from; at < int64(len(c.sound)) {
			for i, x := range c.sound[at:min(at+int64(len(out)), int64(len(c.sound)))] {
				out[i] += x
			}
		}
	}
}

// adjust applies the volume, in a slope when it has changed, and keeps the
// sound within bounds.
func (p *Player) adjust(out []float32, now time.Time) {
	to := math.Float32frombits(p.gain.Load())
	gain, step := p.loudness, float32(0)
	if n := min(len(out), Samples(fade)); n > 0 && gain != to {
		step = (to - gain) / float32(n)
		if p.turned <= p.heard(now) { // else what is heard is as loud as before that
			p.turned, p.before = p.made, gain
		}
	}
	for i, x := range out {
		if step != 0 {
			if gain += step; step > 0 && gain >= to || step < 0 && gain <= to {
				gain, step = to, 0
			}
		}
		out[i] = min(max(x*gain, -1), 1)
	}
	p.loudness = gain
}

// Lost is the speaker's: see Source.
func (p *Player) Lost(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = time.Time{}
	p.made -= min(int64(max(n, 0)), int64(len(p.speech)), p.made)
	for i := range p.clips { // what nobody has heard anything of begins now
		p.clips[i].from = min(p.clips[i].from, p.made)
	}
	if p.made <= p.turned {
		p.loudness = p.before
	}
	p.shorten()
}
