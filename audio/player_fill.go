package audio

import (
	"math"
	"time"
)

// Fill implements [Source]. The speaker calls it on its own goroutine.
func (p *Player) Fill(out []float32, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.anchor, p.anchorTime = p.next, now.Add(delay)
	repeated := int(min(max(p.speechEnd-p.next, 0), int64(len(out))))
	p.speechRing.read(out[:repeated], p.next)
	fresh, at := out[repeated:], p.next+int64(repeated)
	clear(fresh)
	continues := p.speechEnd >= p.next && p.speechEnd > p.skipUntil
	if continues || !now.Before(p.holdUntil) {
		p.addSpeech(fresh, at)
	}
	p.speechRing.write(at, fresh)
	p.mixTracks(out, now)
	p.applyVolume(out, now)
	p.outputRing.write(p.next, out)
	p.next += int64(len(out))
}

// addSpeech copies new speech into out, which contains silence. at is the sample number of out[0].
func (p *Player) addSpeech(out []float32, at int64) {
	if p.speaking && p.speechEnd < at && p.resampledUsed == len(p.resampled) {
		// The speech had run out before this call. The code at the end of this function has played
		// the rest of the resampler's output already.
		p.resampler.Reset()
	}
	n := 0
	for p.speaking && n < len(out) {
		if p.resampledUsed == len(p.resampled) && !p.decode(at+int64(n)) {
			p.speaking = false
			break
		}
		copied := copy(out[n:], p.resampled[p.resampledUsed:])
		p.resampledUsed += copied
		n += copied
		p.speechEnd = at + int64(n)
	}
	// the speech has run out, so play the rest of the resampler's output
	if n < len(out) && p.speechEnd == at+int64(n) {
		p.resampled = p.resampler.Rest(p.resampled[:0])
		copy(out[n:], p.resampled)
		p.resampled, p.resampledUsed = p.resampled[:0], 0
	}
}

// decode decodes the next speech, at most 20 ms of one piece, and stores the samples in
// p.resampled. at is the number of the first of these samples. decode reports whether any speech
// was left to decode.
func (p *Player) decode(at int64) bool {
	p.resampled, p.resampledUsed = p.resampled[:0], 0
	for len(p.resampled) == 0 {
		if p.firstUndecoded == len(p.pieces) {
			return false
		}
		piece := &p.pieces[p.firstUndecoded]
		if !piece.begun {
			piece.begun, piece.from = true, at
		}
		if piece.id != p.decodedID {
			p.decodedID = piece.id
			p.decoder.Reset()
		}
		n := min(piece.undecoded, p.format.Bytes(20*time.Millisecond))
		p.decoded = p.decoder.Append(p.decoded[:0], p.encoded[p.nextByte:p.nextByte+n])
		p.resampled = p.resampler.Append(p.resampled, p.decoded)
		p.nextByte += n
		if piece.undecoded -= n; piece.undecoded == 0 {
			piece.to = at + int64(len(p.resampled))
			p.firstUndecoded++
		}
	}
	if p.nextByte == len(p.encoded) {
		p.encoded, p.nextByte = p.encoded[:0], 0
	}
	return true
}

// applyVolume multiplies out by the volume. If the volume has changed, it fades to the new volume.
// It limits all samples to the range from -1 to 1.
func (p *Player) applyVolume(out []float32, now time.Time) {
	to := math.Float32frombits(p.volume.Load())
	gain, step := p.gain, float32(0)
	if n := min(len(out), Samples(fadeLength)); n > 0 && gain != to {
		step = (to - gain) / float32(n)
		// Lost restores previousGain, so previousGain must be the gain of the sample that is
		// audible now. Therefore do not change it before the previous change of the volume is
		// audible.
		if p.gainChanged <= p.audible(now) {
			p.gainChanged, p.previousGain = p.next, gain
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
	p.gain = gain
}

// Lost implements [Source]. The speaker calls it on its own goroutine.
func (p *Player) Lost(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holdUntil = time.Time{}
	p.next -= min(int64(max(n, 0)), int64(len(p.speechRing)), p.next)
	p.rewindTracks()
	if p.next <= p.gainChanged {
		p.gain = p.previousGain
	}
	p.cutSkipped()
}
