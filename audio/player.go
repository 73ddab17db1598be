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
	// mostSpeech is how much speech may wait to be played, and mostPieces in how
	// many pieces.
	mostSpeech = 2 * time.Minute
	mostPieces = 1 << 14

	// headStart is how much speech there is before it begins to be heard, or
	// how long that waits for more: the network does not keep step.
	headStart = 80 * time.Millisecond

	// fade is how long speech that is interrupted takes to fall silent. A cut
	// would be heard as a pop.
	fade = 5 * time.Millisecond

	// obedience is how long a speaker may take to flush before we go on without.
	obedience = 30 * time.Millisecond

	mostClips = 8 // short sounds at once, and as many that have not begun
)

// A Player is what a speaker plays: the agent's speech, piece after piece as
// the wire brings it, with short sounds mixed in, and silence otherwise. It
// knows which piece is being heard.
//
// A speaker takes sound long before it is heard, up to a second, so that
// nothing that happens to this process is heard as a gap. When something is to
// be heard at once, or not at all any more, the speaker is told to flush, and
// the player gives anew what was lost and is still wanted.
//
// So everything has its place in one stream, that of all samples ever heard:
// Fill moves on in it, and Lost back.
//
// Speech is queued by the goroutine that reads the socket. The speaker calls
// Fill and Lost. All else may be called from any goroutine, and never waits for
// a device.
type Player struct {
	speaker Speaker
	counts  *Counts
	gain    atomic.Uint32  // the volume, as the bits of a float32
	posted  chan []float32 // clips that have not begun
	queued  chan struct{}  // has a value when speech was queued, since it was last taken
	late    *time.Timer    // begins speech that is shorter than the head start

	mu sync.Mutex // guards what follows; nobody holds it for longer than it takes to copy

	// Speech that has not been given.
	format      pcm.Format
	decoder     *pcm.Decoder
	resampler   *pcm.Resampler
	wire        []byte    // as it came
	next        int       // in wire: the first byte that has not been decoded
	pieces      []piece   // that have not been heard to their end, and the latest that has
	undecoded   int       // in pieces: the first with bytes in wire
	serial      uint64    // of the latest piece
	interrupted int       // speech with this event id or a lower one is not played
	stopped     uint64    // the latest piece that was interrupted before its end
	talking     bool      // speech has begun, and has not come to an end
	waiting     bool      // late is set
	held        time.Time // until then, or Lost, no speech begins: the speaker is to flush
	decoding    int       // the event id of what was decoded last
	decoded     []float32
	ready       []float32 // speech that is next, as it is played
	taken       int       // of ready

	// The stream: numbers of samples, counted from the beginning.
	made      int64 // the next that Fill gives
	speechEnd int64 // where speech has got to; when that is after made, it is given again from there
	unwanted  int64 // speech before this is not to be heard any more
	speech    ring  // the speech alone, and
	said      ring  // all that was given, as it was given
	clips     []clip

	loudness float32 // the volume that was last used
	turned   int64   // where that was first used,
	before   float32 // and the one before

	anchor   int64     // this sample
	anchored time.Time // is heard at this time
}

// A piece of speech is what one call of Queue brought.
type piece struct {
	serial   uint64
	id       int
	left     int   // bytes not decoded yet
	from, to int64 // where it is; from is meaningless until it has begun, to as long as not all of it is decoded
	begun    bool
}

// A clip is a short sound that is being played.
type clip struct {
	sound []float32
	from  int64 // where it begins
}

// NewPlayer makes a player for a speaker.
func NewPlayer(speaker Speaker, counts *Counts) *Player {
	p := &Player{
		speaker:     speaker,
		counts:      counts,
		posted:      make(chan []float32, mostClips),
		queued:      make(chan struct{}, 1),
		interrupted: math.MinInt,
		speech:      newRing(),
		said:        newRing(),
		clips:       make([]clip, 0, mostClips),
		loudness:    1,
		before:      1,
	}
	p.gain.Store(math.Float32bits(1))
	p.late = time.AfterFunc(time.Hour, p.beginLate)
	p.late.Stop()
	p.use(pcm.Format{Encoding: pcm.S16, Rate: 16000})
	return p
}

// Begin readies the player for the speech of another conversation, whose event
// ids count anew. What is left of the one before is not played any more.
func (p *Player) Begin(format pcm.Format) {
	p.use(format)
	p.speaker.Flush()
}

// use forgets all speech, for some in that format.
func (p *Player) use(format pcm.Format) {
	decoder, resampler := pcm.NewDecoder(format), pcm.NewResampler(format.Rate, Rate) // takes too long to be done with the lock
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(math.MaxInt)
	p.interrupted = math.MinInt
	p.format, p.decoder, p.resampler = format, decoder, resampler
}

// Queue adds a piece of speech, in the format of Begin, and returns its number,
// by which Position speaks of it: 1, 2, 3... It is 0 when the piece belongs to a
// response that has been interrupted, and is not played. The error is that too
// much waits to be played, and the piece is dropped. sound is copied.
func (p *Player) Queue(id int, sound []byte) (uint64, error) {
	p.mu.Lock()
	number, flush, err := p.add(id, sound)
	p.mu.Unlock()
	if flush {
		p.speaker.Flush()
	}
	if number > 0 {
		select {
		case p.queued <- struct{}{}:
		default:
		}
	}
	return number, err
}

// add is Queue. It says whether the speaker has to flush.
func (p *Player) add(id int, sound []byte) (number uint64, flush bool, err error) {
	if id <= p.interrupted || len(sound) == 0 {
		return 0, false, nil
	}
	heard := p.heard(time.Now())
	p.forgetHeard(heard)
	if p.format.Duration(p.waits()+len(sound)) > mostSpeech || len(p.pieces) >= mostPieces {
		return 0, false, fmt.Errorf("%v of speech is waiting: no more is taken", p.format.Duration(p.waits()).Round(time.Second))
	}
	if p.next > 0 && len(p.wire)+len(sound) > cap(p.wire) {
		p.wire = p.wire[:copy(p.wire, p.wire[p.next:])]
		p.next = 0
	}
	p.wire = append(p.wire, sound...)
	p.serial++
	p.pieces = append(p.pieces, piece{serial: p.serial, id: id, left: len(sound)})
	switch short := p.format.Duration(p.waits()) < headStart; {
	case p.talking || p.waiting && short:
	case short && heard >= p.speechEnd:
		p.waiting = true
		p.late.Reset(headStart)
	default:
		flush = p.begin()
	}
	return p.serial, flush, nil
}

// waits is how many bytes have not been decoded.
func (p *Player) waits() int { return len(p.wire) - p.next }

// forgetHeard drops pieces that have been heard, but for the latest.
func (p *Player) forgetHeard(heard int64) {
	n := 0
	for n < p.undecoded-1 && p.pieces[n].to <= heard {
		n++
	}
	p.drop(n)
}

// drop drops the first n pieces.
func (p *Player) drop(n int) {
	if n > 0 {
		p.pieces = append(p.pieces[:0], p.pieces[n:]...)
		p.undecoded = max(0, p.undecoded-n)
	}
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
	heard := p.heard(time.Now())
	if n := p.undecoded; heard >= p.speechEnd && n > 0 && n < len(p.pieces) && p.pieces[n-1].id == p.pieces[n].id {
		p.counts.Gaps.Add(1)
	}
	if p.made-max(heard, p.speechEnd) < int64(Samples(10*time.Millisecond)) {
		return false
	}
	p.held = time.Now().Add(obedience)
	return true
}

// Interrupt silences all speech with this event id or a lower one, that which
// is still to come too.
func (p *Player) Interrupt(id int) {
	p.mu.Lock()
	p.forget(id)
	p.mu.Unlock()
	p.speaker.Flush()
}

// forget drops speech with this event id or a lower one. Ids never fall in a
// conversation. The caller holds mu, and is going to flush the speaker.
func (p *Player) forget(id int) {
	p.interrupted = max(p.interrupted, id)
	n := 0
	for ; n < len(p.pieces) && p.pieces[n].id <= id; n++ {
		p.next += p.pieces[n].left
	}
	if n == 0 {
		return
	}
	if last := p.pieces[n-1]; last.left > 0 || last.to > p.heard(time.Now()) {
		p.stopped = last.serial
	}
	p.drop(n)
	if len(p.pieces) > 0 && p.pieces[0].begun {
		p.unwanted = p.pieces[0].from
	} else {
		p.unwanted = max(p.made, p.speechEnd)
		p.resampler.Reset()
		p.ready, p.taken = p.ready[:0], 0
	}
	if len(p.pieces) == 0 {
		p.talking, p.waiting = false, false
		p.late.Stop()
	}
	p.shorten()
	p.held = time.Now().Add(obedience)
}

// shorten takes out of the speech that is to be given again what is not wanted
// any more. What comes behind it moves up.
func (p *Player) shorten() {
	if p.unwanted <= p.made {
		return
	}
	end := max(p.made, min(p.made+int64(Samples(fade)), p.speechEnd, p.unwanted))
	p.speech.fadeOut(p.made, end)
	behind, by := max(p.speechEnd-p.unwanted, 0), p.unwanted-end
	p.speech.move(end, p.unwanted, behind)
	for i := range p.pieces {
		if c := &p.pieces[i]; c.begun && c.from >= p.unwanted {
			c.from, c.to = c.from-by, c.to-by
		}
	}
	p.speechEnd = min(p.speechEnd, end) + behind
	p.unwanted = end
}

// SetVolume says how loud everything is, from 0 to 1.
func (p *Player) SetVolume(volume float64) {
	p.gain.Store(math.Float32bits(float32(min(max(volume, 0), 1))))
	p.speaker.Flush() // what it has is too loud, or too soft
}

var errClips = errors.New("too many sounds are playing")

// Play mixes a short sound in, at once. The sound must not be changed afterwards.
// The error is that too many are being played already.
func (p *Player) Play(sound []float32) error {
	select {
	case p.posted <- sound:
		p.speaker.Flush()
		return nil
	default:
		return errClips
	}
}
