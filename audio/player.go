package audio

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/audio/pcm"
)

const (
	// mostSpeech is how much speech may wait to be played.
	mostSpeech = 2 * time.Minute

	// headStart is how much speech there is before it begins to be heard, or
	// how long that waits for more: the network does not keep step.
	headStart = 80 * time.Millisecond

	// fade is how long speech that is interrupted takes to fall silent. A cut
	// would be heard as a pop.
	fade = 5 * time.Millisecond

	// obedience is how long a speaker may take to flush before we go on without.
	obedience = 30 * time.Millisecond

	mostClips = 8 // short sounds at once
)

// A Player is what a speaker plays: the agent's speech, piece after piece as
// the wire brings it, with short sounds mixed in, and silence otherwise. It
// knows which piece is being heard.
//
// A speaker takes sound long before it is heard, up to a second, so that
// nothing that happens to this process is heard as a gap. When something is to be heard
// at once, or not at all any more, the speaker is told to flush, and the player gives it
// anew what was lost and is still wanted: it remembers that much.
//
// Speech is queued by the goroutine that reads the socket. The speaker calls
// Fill and Lost. All else may be called from any goroutine, and never
// waits for either.
type Player struct {
	speaker Speaker
	counts  *Counts
	gain    atomic.Uint32 // the volume, as the bits of a float32
	born    time.Time
	held    atomic.Int64   // until this long after born, or Lost, nothing new is given: the speaker is to flush
	posted  chan []float32 // clips that have not begun
	begun   chan struct{}  // has a value when speech has begun, since it was last taken
	late    *time.Timer    // begins speech that is shorter than the head start

	mu          sync.Mutex // guards what follows; nobody holds it for longer than it takes to copy
	format      pcm.Format
	decoder     *pcm.Decoder
	resampler   *pcm.Resampler
	wire        []byte  // speech that waits, as it came
	next        int     // in wire: the first byte that has not been decoded
	pieces      []piece // that are waiting, or have not been heard to their end
	undecoded   int     // in pieces: the first with bytes in wire
	serial      uint64  // of the latest piece
	interrupted int     // speech with this event id or a lower one is not played
	talking     bool    // speech has begun, and has not come to an end
	waiting     bool    // late is set
	decoded     []float32
	ready       []float32 // speech that is next, as it is played
	taken       int       // of ready

	made      int64 // samples given by Fill; the ones below are counted in the same way
	speechEnd int64 // where the latest speech ended, or has got to
	clipEnd   int64 // the same for clips
	memory    []float32
	cut       bool      // the next Lost is of speech that is not wanted any more
	again     []float32 // what was lost and is still wanted
	clips     []clip
	loudness  float32 // the volume that was last used

	anchor   int64     // this sample
	anchored time.Time // is heard at this time
}

// A piece of speech is what one call of Queue brought.
type piece struct {
	serial   uint64
	id       int
	left     int   // bytes not decoded yet
	from, to int64 // where it is; from is meaningless as long as nothing, to as long as not all of it is decoded
	begun    bool
}

// A clip is a short sound that is being played.
type clip struct {
	sound []float32
	at    int
}

// NewPlayer makes a player for a speaker.
func NewPlayer(speaker Speaker, counts *Counts) *Player {
	p := &Player{
		speaker:     speaker,
		counts:      counts,
		born:        time.Now(),
		posted:      make(chan []float32, mostClips),
		begun:       make(chan struct{}, 1),
		interrupted: math.MinInt,
		memory:      make([]float32, 1<<17), // 2.7 s
		clips:       make([]clip, 0, mostClips),
		again:       make([]float32, 0, 1<<17),
		loudness:    1,
	}
	p.gain.Store(math.Float32bits(1))
	p.late = time.AfterFunc(time.Hour, p.beginLate)
	p.late.Stop()
	p.setFormat(pcm.Format{Encoding: pcm.S16, Rate: 16000})
	return p
}

// Begin readies the player for the speech of another conversation, whose event
// ids count anew. What is left of the one before is not played any more.
func (p *Player) Begin(format pcm.Format) {
	p.mu.Lock()
	p.forget(math.MaxInt)
	p.interrupted = math.MinInt
	if format != p.format {
		p.setFormat(format)
	}
	p.mu.Unlock()
	p.speaker.Flush()
}

func (p *Player) setFormat(format pcm.Format) {
	p.format = format
	p.decoder = pcm.NewDecoder(format)
	p.resampler = pcm.NewResampler(format.Rate, Rate)
}

// Queue adds a piece of speech, in the format of Begin, and returns its number,
// by which Position speaks of it: 1, 2, 3... It is 0 when the piece belongs to a
// response that has been interrupted, and is not played. sound is copied.
func (p *Player) Queue(id int, sound []byte) (uint64, error) {
	p.mu.Lock()
	if id <= p.interrupted || len(sound) == 0 {
		p.mu.Unlock()
		return 0, nil
	}
	if p.format.Duration(len(p.wire)-p.next+len(sound)) > mostSpeech {
		p.mu.Unlock()
		return 0, fmt.Errorf("more than %v of speech are waiting: a piece of %v is dropped", mostSpeech, p.format.Duration(len(sound)))
	}
	if p.next > 0 && len(p.wire)+len(sound) > cap(p.wire) {
		p.wire = p.wire[:copy(p.wire, p.wire[p.next:])]
		p.next = 0
	}
	p.wire = append(p.wire, sound...)
	p.forgetHeard(p.heard(time.Now()))
	p.serial++
	serial := p.serial
	p.pieces = append(p.pieces, piece{serial: serial, id: id, left: len(sound)})
	flush := false
	switch short := p.format.Duration(len(p.wire)-p.next) < headStart; {
	case p.talking || p.waiting && short:
	case short && p.heard(time.Now()) >= p.speechEnd:
		p.waiting = true
		p.late.Reset(headStart)
	default:
		flush = p.begin()
	}
	p.mu.Unlock()
	if flush {
		p.speaker.Flush()
	}
	return serial, nil
}

func (p *Player) beginLate() {
	p.mu.Lock()
	flush := p.waiting && p.begin()
	p.mu.Unlock()
	if flush {
		p.speaker.Flush()
	}
}

// begin lets speech be taken, and says whether the speaker has to flush silence
// that lies before it. The caller holds mu.
func (p *Player) begin() (flush bool) {
	p.talking, p.waiting = true, false
	p.late.Stop()
	now := time.Now()
	heard := p.heard(now)
	if heard >= p.speechEnd { // else it goes on where the last piece ends
		p.restart()
		if n := p.undecoded; n > 0 && n < len(p.pieces) && p.pieces[n-1].id == p.pieces[n].id {
			p.counts.Gaps.Add(1)
		}
	}
	select {
	case p.begun <- struct{}{}:
	default:
	}
	if p.made-max(heard, p.speechEnd) < int64(Samples(10*time.Millisecond)) {
		return false
	}
	p.hold()
	return true
}

// restart forgets what the resampler holds of speech that has come to its end.
func (p *Player) restart() {
	p.decoder.Reset()
	p.resampler.Reset()
	p.ready, p.taken = p.ready[:0], 0
}

// Interrupt silences all speech with this event id or a lower one, that which
// is still to come too.
func (p *Player) Interrupt(id int) {
	p.mu.Lock()
	p.forget(id)
	p.mu.Unlock()
	p.speaker.Flush()
}

// forget drops speech with this event id or a lower one. The caller holds mu,
// and is going to flush the speaker.
func (p *Player) forget(id int) {
	p.interrupted = max(p.interrupted, id)
	n := 0
	for ; n < len(p.pieces) && p.pieces[n].id <= id; n++ {
		p.next += p.pieces[n].left
	}
	if n == 0 {
		return
	}
	p.pieces = append(p.pieces[:0], p.pieces[n:]...)
	p.undecoded = max(0, p.undecoded-n)
	p.restart()
	if len(p.pieces) == 0 {
		p.talking, p.waiting = false, false
		p.late.Stop()
	}
	p.cut = true
	p.hold()
}

// SetVolume says how loud everything is, from 0 to 1.
func (p *Player) SetVolume(volume float64) {
	p.gain.Store(math.Float32bits(float32(min(max(volume, 0), 1))))
	p.speaker.Flush() // what it has is too loud, or too soft
}

// Volume is how loud everything is.
func (p *Player) Volume() float64 { return float64(math.Float32frombits(p.gain.Load())) }

var errClips = errors.New("too many sounds are playing")

// Play mixes a short sound in, at once. The sound must not be changed afterwards. The error is
// that too many are being played already.
func (p *Player) Play(sound []float32) error {
	p.hold()
	defer p.speaker.Flush()
	select {
	case p.posted <- sound:
		return nil
	default:
		return errClips
	}
}

// hold gives the speaker time to flush: what it took before would be heard only
// after all it has.
func (p *Player) hold() { p.held.Store(int64(time.Since(p.born) + obedience)) }

// Fill is the speaker's: see Source.
func (p *Player) Fill(out []float32, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.anchor, p.anchored = p.made, now.Add(delay)
	clear(out)
	n := copy(out, p.again)
	p.again = p.again[:copy(p.again, p.again[n:])]
	if int64(now.Sub(p.born)) >= p.held.Load() {
		p.takeClips()
		p.speak(out)
	}
	p.mixClips(out)
	p.remember(out)
	p.adjust(out)
	p.made += int64(len(out))
}

// speak adds speech, behind that which is in out already.
func (p *Player) speak(out []float32) {
	at := 0
	if p.speechEnd > p.made {
		at = int(min(p.speechEnd-p.made, int64(len(out))))
	}
	for p.talking && at < len(out) {
		if p.taken == len(p.ready) && !p.decode(p.made+int64(at)) {
			break
		}
		n := min(len(out)-at, len(p.ready)-p.taken)
		for i, x := range p.ready[p.taken : p.taken+n] {
			out[at+i] += x
		}
		p.taken += n
		at += n
		p.speechEnd = p.made + int64(at)
	}
	if at < len(out) && p.talking { // the end of it, as it seems now
		p.talking = false
		p.ready, p.taken = p.resampler.Rest(p.ready[:0]), 0
		for i, x := range p.ready[:min(len(p.ready), len(out)-at)] {
			out[at+i] += x
		}
		p.ready = p.ready[:0]
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

func (p *Player) takeClips() {
	for len(p.clips) < mostClips {
		select {
		case sound := <-p.posted:
			p.clips = append(p.clips, clip{sound: sound})
		default:
			return
		}
	}
}

func (p *Player) mixClips(out []float32) {
	left := p.clips[:0]
	at := int(max(p.clipEnd-p.made, 0)) // behind what was given again
	if at >= len(out) {
		return
	}
	longest := 0
	for _, c := range p.clips {
		n := min(len(out)-at, len(c.sound)-c.at)
		for i, x := range c.sound[c.at : c.at+n] {
			out[at+i] += x
		}
		longest = max(longest, n)
		if c.at += n; c.at < len(c.sound) {
			left = append(left, c)
		}
	}
	p.clips = left
	if longest > 0 {
		p.clipEnd = p.made + int64(at+longest)
	}
}

// remember keeps what was made, in case it gets lost.
func (p *Player) remember(out []float32) {
	at := int(p.made) & (len(p.memory) - 1)
	n := copy(p.memory[at:], out)
	copy(p.memory, out[n:])
}

// remembered copies into dst what was made from the place from on.
func (p *Player) remembered(dst []float32, from int64) {
	at := int(from) & (len(p.memory) - 1)
	n := copy(dst, p.memory[at:])
	copy(dst[n:], p.memory)
}

// adjust applies the volume, in a slope when it has changed, and keeps the
// sound within bounds.
func (p *Player) adjust(out []float32) {
	to := math.Float32frombits(p.gain.Load())
	gain, step := p.loudness, float32(0)
	if n := min(len(out), Samples(fade)); n > 0 && gain != to {
		step = (to - gain) / float32(n)
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
	p.held.Store(0)
	lost := min(int64(n), int64(len(p.memory)), p.made)
	from, ahead := p.made-lost, len(p.again)
	p.made = from
	p.anchor, p.anchored = from, time.Now()
	if p.cut {
		p.cut = false
		p.clips, p.again = p.clips[:0], p.again[:min(lost, int64(Samples(fade)))]
		p.remembered(p.again, from)
		for i := range p.again {
			p.again[i] *= 1 - float32(i)/float32(len(p.again))
		}
		end := from + int64(len(p.again))
		p.speechEnd, p.clipEnd = min(p.speechEnd, end), min(p.clipEnd, end)
		return
	}
	wanted := min(max(p.speechEnd, p.clipEnd, from), from+lost) - from
	p.again = p.again[:int(wanted)+ahead]
	copy(p.again[wanted:], p.again[:ahead]) // comes after what was given, perhaps for the second time
	p.remembered(p.again[:wanted], from)
}

// heard is the sample that is heard at a time. The caller holds mu.
func (p *Player) heard(at time.Time) int64 {
	since := at.Sub(p.anchored)
	if since > time.Minute || since < -time.Minute {
		return p.made
	}
	return min(max(p.anchor+int64(since*Rate/time.Second), 0), p.made)
}

// forgetHeard drops pieces that have been heard, but for the latest.
func (p *Player) forgetHeard(heard int64) {
	n := 0
	for n < p.undecoded-1 && p.pieces[n].to <= heard {
		n++
	}
	if n > 0 {
		p.pieces = append(p.pieces[:0], p.pieces[n:]...)
		p.undecoded -= n
	}
}

// A Position says what is being heard.
type Position struct {
	Piece uint64        // its number, as Queue said; 0 when no speech is
	ID    int           // its event id
	Into  time.Duration // how far into it
	Left  time.Duration // how much speech is still to be heard, that which waits included; 0 when all has been
}

// Position says what is being heard now.
func (p *Player) Position() Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard(time.Now())
	var pos Position
	pos.Left = p.format.Duration(len(p.wire)-p.next) + Duration(len(p.ready)-p.taken)
	if p.speechEnd > heard {
		pos.Left += Duration(int(p.speechEnd - heard))
	}
	for i := range p.pieces {
		c := &p.pieces[i]
		if c.begun && c.from <= heard && (c.left > 0 || heard < c.to) {
			pos.Piece, pos.ID, pos.Into = c.serial, c.id, Duration(int(heard-c.from))
		}
	}
	return pos
}

// Pieces is how many pieces there were so far.
func (p *Player) Pieces() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.serial
}

// Begun has a value when speech has begun to be played since it was last
// received from.
func (p *Player) Begun() <-chan struct{} { return p.begun }

// At is which sample is heard at a time, of all since the beginning.
func (p *Player) At(t time.Time) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard(t)
}

// Heard copies what is heard from a sample on, as loud as it is now. What is
// not known, or not any more, is silence. It is what an echo is made of.
func (p *Player) Heard(dst []float32, from int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(dst)
	first := max(from, p.made-int64(len(p.memory)), 0)
	end := min(from+int64(len(dst)), p.made)
	if first >= end {
		return
	}
	known := dst[first-from : end-from]
	p.remembered(known, first)
	gain := math.Float32frombits(p.gain.Load())
	for i := range known {
		known[i] *= gain
	}
}
