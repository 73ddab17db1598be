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
	maxQueuedSpeech = 2 * time.Minute // maximum length of the speech that waits in the queue
	maxQueuedPieces = 1 << 14         // maximum number of pieces of speech in the queue

	// startBuffer is how much speech must be queued before playback begins. If less speech arrives,
	// playback begins when the time startBuffer has passed. So the user does not notice that the
	// network delivers speech irregularly.
	startBuffer = 80 * time.Millisecond

	// fadeLength is how long speech takes to fade out after an interruption, and how long the
	// volume takes to reach a new value. An abrupt change would be audible as a pop.
	fadeLength = 5 * time.Millisecond

	// flushTimeout is how long the player waits for the speaker to flush. After that, the player
	// passes new speech to the speaker.
	flushTimeout = 30 * time.Millisecond
)

// A Player is the [Source] of a speaker. It plays the agent's speech in the pieces that the network
// delivers, adds other sounds (tracks), and is silent otherwise. It knows which piece is audible at
// the moment.
//
// A speaker takes samples up to a second before they are audible, so that a delay in this process
// does not cause a gap. When a sound must start or stop at once, the player tells the speaker to
// flush. After the flush, the player repeats the samples that the speaker discarded, but without
// the sound that must stop, and with the sound that must start.
//
// For this purpose, all samples of the player's output are numbered from 0. Fill increases the
// number of the next sample, and Lost decreases it.
//
// The goroutine that reads the agent's messages calls Begin and Queue, and the speaker calls Fill
// and Lost. The other methods may be called from any goroutine. No method waits for a device.
type Player struct {
	speaker    Speaker
	counts     *Counts
	volume     atomic.Uint32 // volume from 0 to 1, as the bits of a float32
	newTracks  chan *Track   // tracks that have not begun to play
	tracksLeft atomic.Int32  // number of tracks that have not ended
	// contains a value if speech was queued after the last receive from this channel
	queued chan struct{}
	// calls startPlayback when playback must begin although less than startBuffer is queued
	startTimer *time.Timer

	mu sync.Mutex // guards the fields below; held only for short computations, never while waiting

	// The fields below contain speech that Fill has not returned yet. The bytes of the speech are
	// first decoded, then resampled.
	format    pcm.Format
	decoder   *pcm.Decoder
	resampler *pcm.Resampler
	encoded   []byte // bytes passed to Queue; the bytes before nextByte are decoded
	nextByte  int    // index in encoded of the first byte that is not decoded
	// pieces that have not been played completely; the piece that was played last may precede them
	pieces         []piece
	firstUndecoded int    // index in pieces of the first piece with bytes that are not decoded
	lastPiece      uint64 // number of the piece that was queued last
	interruptedID  int    // speech with this event id or a lower one is not played
	lastStopped    uint64 // number of the latest piece that was interrupted before its end
	speaking       bool   // speech has begun and has not run out
	startPending   bool   // startTimer is running and will start playback
	// until this time or the next call of Lost, Fill does not begin new speech
	holdUntil     time.Time
	decodedID     int       // event id of the piece that was decoded last
	decoded       []float32 // buffer for the method decode
	resampled     []float32 // the next speech, decoded and at the sample rate Rate
	resampledUsed int       // number of samples of resampled that Fill has returned

	// The fields below describe the output. Fields of type int64 are sample numbers.
	next int64 // number of the next sample that Fill returns
	// end of the speech in speechRing; after Lost, Fill repeats the speech between next and
	// speechEnd
	speechEnd  int64
	skipUntil  int64 // speech before this sample number is interrupted and must not be played
	speechRing ring  // the speech without tracks and volume, as Fill has added it to the output
	outputRing ring  // the complete output, as Fill has returned it

	tracks         []*Track // tracks of which not all was audible
	duck           envelope // by how much the tracks are lowered because somebody speaks
	announcedUntil int64    // end of the tracks that are speech

	gain         float32 // volume of the last sample that Fill has returned
	gainChanged  int64   // number of the first sample to which gain applies
	previousGain float32 // volume of the samples before sample number gainChanged

	// The fields below contain the last report of the device: the sample with the number anchor is
	// audible at anchorTime.
	anchor     int64
	anchorTime time.Time
}

// A piece is the speech that one call of Queue added.
type piece struct {
	number    uint64
	id        int   // event id of the response to which the speech belongs
	undecoded int   // number of bytes that are not decoded
	from      int64 // number of the piece's first sample; valid if begun is set
	to        int64 // number of the sample after the piece's last sample; valid if undecoded is 0
	begun     bool  // the first bytes of the piece are decoded
}

// NewPlayer returns a player whose output speaker plays. The player counts gaps in the speech in
// counts.
func NewPlayer(speaker Speaker, counts *Counts) *Player {
	p := &Player{
		speaker:       speaker,
		counts:        counts,
		newTracks:     make(chan *Track, maxTracks),
		queued:        make(chan struct{}, 1),
		interruptedID: math.MinInt,
		speechRing:    newRing(),
		outputRing:    newRing(),
		tracks:        make([]*Track, 0, maxTracks),
		gain:          1,
		previousGain:  1,
	}
	p.volume.Store(math.Float32bits(1))
	p.startTimer = time.AfterFunc(time.Hour, p.startPlayback)
	p.startTimer.Stop()
	p.reset(pcm.Format{Encoding: pcm.S16, Rate: 16000})
	return p
}

// Begin prepares the player for the speech of a new conversation, which has its own event ids.
// Speech of the previous conversation that is still queued is not played.
func (p *Player) Begin(format pcm.Format) {
	p.reset(format)
	p.speaker.Flush()
}

// reset discards all speech and sets the format of the following speech.
func (p *Player) reset(format pcm.Format) {
	// Create the resampler before mu is locked, because creating it takes long.
	decoder, resampler := pcm.NewDecoder(format), pcm.NewResampler(format.Rate, Rate)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.discard(math.MaxInt)
	p.interruptedID = math.MinInt
	p.format, p.decoder, p.resampler = format, decoder, resampler
}

// Queue appends a piece of speech, in the format passed to Begin, to the queue. It copies sound. id
// is the event id of the response. Queue returns the number of the piece: 1, 2, 3 and so on;
// Position reports this number. If the response has been interrupted, Queue returns 0 and the piece
// is not played. If too much speech is queued already, Queue drops the piece and returns an error.
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

// add does the work of Queue. flush reports that the speaker must flush afterwards. The caller
// holds mu.
func (p *Player) add(id int, sound []byte) (number uint64, flush bool, err error) {
	if id <= p.interruptedID || len(sound) == 0 {
		return 0, false, nil
	}
	audible := p.audible(time.Now())
	p.removePlayed(audible)
	if p.format.Duration(p.undecoded()+len(sound)) > maxQueuedSpeech || len(p.pieces) >= maxQueuedPieces {
		return 0, false, fmt.Errorf("speech queue is full (%v)", p.format.Duration(p.undecoded()).Round(time.Second))
	}
	if p.nextByte > 0 && len(p.encoded)+len(sound) > cap(p.encoded) {
		p.encoded = p.encoded[:copy(p.encoded, p.encoded[p.nextByte:])]
		p.nextByte = 0
	}
	p.encoded = append(p.encoded, sound...)
	p.lastPiece++
	p.pieces = append(p.pieces, piece{number: p.lastPiece, id: id, undecoded: len(sound)})
	switch short := p.format.Duration(p.undecoded()) < startBuffer; {
	case p.speaking || p.startPending && short:
	case short && audible >= p.speechEnd:
		p.startPending = true
		p.startTimer.Reset(startBuffer)
	default:
		flush = p.start()
	}
	return p.lastPiece, flush, nil
}

// undecoded returns the number of queued bytes that are not decoded. The caller holds mu.
func (p *Player) undecoded() int { return len(p.encoded) - p.nextByte }

// removePlayed removes the decoded pieces that have been played. audible is the number of the
// sample that is audible now. removePlayed keeps the piece that was decoded last.
func (p *Player) removePlayed(audible int64) {
	n := 0
	for n < p.firstUndecoded-1 && p.pieces[n].to <= audible {
		n++
	}
	p.removePieces(n)
}

// removePieces removes the first n pieces from the queue.
func (p *Player) removePieces(n int) {
	if n > 0 {
		p.pieces = append(p.pieces[:0], p.pieces[n:]...)
		p.firstUndecoded = max(0, p.firstUndecoded-n)
	}
}

// startPlayback begins to play speech. startTimer calls it on a goroutine of its own.
func (p *Player) startPlayback() {
	p.mu.Lock()
	flush := p.startPending && p.start()
	p.mu.Unlock()
	if flush {
		p.speaker.Flush()
	}
}

// start allows Fill to return speech. It reports whether the speaker must flush, which is the case
// if the speaker has buffered silence that would delay the speech. The caller holds mu.
func (p *Player) start() (flush bool) {
	p.speaking, p.startPending = true, false
	p.startTimer.Stop()
	audible := p.audible(time.Now())
	n := p.firstUndecoded
	if audible >= p.speechEnd && n > 0 && n < len(p.pieces) && p.pieces[n-1].id == p.pieces[n].id {
		p.counts.Gaps.Add(1)
	}
	if p.next-max(audible, p.speechEnd) < int64(Samples(10*time.Millisecond)) {
		return false
	}
	p.holdUntil = time.Now().Add(flushTimeout)
	return true
}

// SetVolume sets the volume of all output, from 0 to 1. Other values are limited to this range.
func (p *Player) SetVolume(volume float64) {
	p.volume.Store(math.Float32bits(float32(min(max(volume, 0), 1))))
	p.speaker.Flush() // the speaker's buffer contains samples with the old volume
}

var errTooManyTracks = errors.New("too many sounds are playing")
