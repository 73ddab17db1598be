package audio

import (
	"math"
	"time"
)

const (
	// maxTracks is how many tracks may play at the same time.
	maxTracks = 16

	// mixStep is how many samples are mixed at a time: what changes within this time, such as the
	// end of a speech, takes effect at its end.
	mixStep = Rate / 100

	// duckHold is how long tracks stay lowered after the end of speech, so that they are not raised in
	// the pauses between sentences. duckTime and unduckTime are the lengths of the changes.
	duckHold   = Rate * 7 / 10
	duckTime   = Rate / 10
	unduckTime = Rate / 2
)

// Play starts to play a track. It returns an error if too many tracks are playing.
func (p *Player) Play(t *Track) error {
	if p.tracksLeft.Add(1) > maxTracks {
		p.tracksLeft.Add(-1)
		return errTooManyTracks
	}
	select {
	case p.newTracks <- t:
	default: // the speaker does not play, and has not taken the earlier tracks, though they were stopped
		p.tracksLeft.Add(-1)
		return errTooManyTracks
	}
	p.speaker.Flush()
	return nil
}

// mixTracks adds the tracks to out. A track stays in p.tracks until all of it was audible, because
// Fill must repeat it after a flush.
func (p *Player) mixTracks(out []float32, now time.Time) {
	p.removeTracks(p.audible(now))
	for len(p.newTracks) > 0 {
		p.tracks = append(p.tracks, <-p.newTracks)
	}
	if len(p.tracks) == 0 && p.duck.target() == 0 {
		return
	}
	for at := p.next; len(out) > 0; {
		n := min(len(out), mixStep)
		p.setDucking(at)
		for _, t := range p.tracks {
			t.mix(out[:n], at, &p.duck)
		}
		out, at = out[n:], at+int64(n)
	}
}

// removeTracks removes the tracks that have ended before the sample audible.
func (p *Player) removeTracks(audible int64) {
	remaining := p.tracks[:0]
	for _, t := range p.tracks {
		select {
		case <-t.done:
			continue
		default:
		}
		if t.endsAt <= audible {
			t.finish()
			continue
		}
		remaining = append(remaining, t)
	}
	clear(p.tracks[len(remaining):])
	p.tracks = remaining
}

// setDucking lowers the tracks while somebody speaks at the sample at, and raises them afterwards.
func (p *Player) setDucking(at int64) {
	for _, t := range p.tracks {
		if t.options.Speech && t.started.Load() && !t.paused.Load() && t.endsAt > at {
			p.announcedUntil = at + mixStep
		}
	}
	spoken := max(p.speechEnd, p.announcedUntil)
	if spoken > 0 && at < spoken+duckHold {
		p.duck.approach(1, at, duckTime)
	} else {
		p.duck.approach(0, at, unduckTime)
	}
}

// rewindTracks makes the tracks continue with the sample p.next of the output, after a flush.
func (p *Player) rewindTracks() {
	p.duck.rewind(p.next)
	p.announcedUntil = min(p.announcedUntil, p.next)
	for _, t := range p.tracks {
		t.rewind(p.next)
	}
}

// mix adds the track to out, whose first sample has the number at. duck says by how much of its
// option Ducked the track is lowered.
func (t *Track) mix(out []float32, at int64, duck *envelope) {
	if !t.started.Load() || t.endsAt <= at {
		return
	}
	target := math.Float32frombits(t.volume.Load())
	if t.stopped.Load() || t.paused.Load() {
		target = 0
	}
	length := t.fade.Load()
	if t.paused.Load() != t.wasPaused && !t.stopped.Load() {
		length = int64(Samples(fadeLength))
	}
	t.gain.approach(target, at, length)
	t.wasPaused = t.paused.Load()
	pos := t.moves.position(at)
	silent := t.gain.at(at) == 0 && t.gain.target() == 0
	switch {
	case silent && t.stopped.Load():
		t.endsAt = at
		return
	case silent && t.paused.Load():
		t.moves.add(at, pos, false)
		return
	}
	n := int(min(int64(len(out)), t.written.Load()-pos))
	if n > 0 {
		t.moves.add(at, pos, true)
	}
	gain, end := t.gainAt(at, duck), t.gainAt(at+int64(n), duck)
	step := (end - gain) / float32(max(n, 1))
	for i := range n {
		out[i] += t.ring[t.ring.index(pos+int64(i))] * gain
		gain += step
	}
	t.reach(pos + int64(n))
	if n == len(out) {
		return
	}
	if end := at + int64(n); t.complete.Load() && pos+int64(n) == t.written.Load() {
		t.endsAt = end
	} else {
		t.moves.add(end, pos+int64(n), false) // the writer is late
	}
}

// gainAt returns the factor for the sample of the track that is output sample n.
func (t *Track) gainAt(n int64, duck *envelope) float32 {
	return t.gain.at(n) * (1 - duck.at(n)*float32(t.options.Ducked))
}

// reach notes that Fill has read the track up to the sample pos, and makes room for the writer.
func (t *Track) reach(pos int64) {
	if pos <= t.reached.Load() {
		return
	}
	t.reached.Store(pos)
	select {
	case t.room <- struct{}{}:
	default:
	}
}

// rewind makes the track continue with the sample n of the output.
func (t *Track) rewind(n int64) {
	t.moves.rewind(n)
	t.gain.rewind(n)
	if t.endsAt > n {
		t.endsAt = math.MaxInt64
	}
}

// moves say at which sample of the output which sample of a track was played.
type moves struct {
	list  [16]move // the latest moves, the oldest first; only the first count are valid
	count int
	cut   bool // the list was full, so its first move is not the first one of the track
}

// A move says that a track plays, or is interrupted, from a sample of the output on.
type move struct {
	at     int64 // number of the output sample
	pos    int64 // number of the track's sample that is played then
	moving bool  // the track plays
}

// position returns the number of the track's sample for the output sample at.
func (m *moves) position(at int64) int64 {
	if m.count == 0 {
		return 0
	}
	last := m.list[m.count-1]
	if !last.moving {
		return last.pos
	}
	return last.pos + at - last.at
}

// add notes that the track plays, or is interrupted, from the output sample at on, with the sample
// pos of the track.
func (m *moves) add(at, pos int64, moving bool) {
	if m.count > 0 && m.list[m.count-1].moving == moving && m.position(at) == pos {
		return
	}
	if m.count == len(m.list) {
		m.count, m.cut = copy(m.list[:], m.list[1:]), true
	}
	m.list[m.count] = move{at, pos, moving}
	m.count++
}

// rewind forgets the moves that begin after the output sample n. A track of which no sample was
// audible begins anew.
func (m *moves) rewind(n int64) {
	for m.count > 0 && m.list[m.count-1].at > n {
		if m.cut && m.count == 1 {
			m.list[0].at = n
			return
		}
		m.count--
	}
}
