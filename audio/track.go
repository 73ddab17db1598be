package audio

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// trackAhead is how much of a track is in memory that has not been played yet. A track also keeps
	// as much that has been played, because the player repeats samples after a flush.
	trackAhead = 1 << 17

	// trackStart is how much of a track must be in memory before it begins to play, so that a slow
	// disk does not interrupt it at once.
	trackStart = Rate / 10
)

// ErrTrackEnded is the error of [Track.Write] when the track has been stopped.
var ErrTrackEnded = errors.New("the sound was stopped")

// TrackOptions say how a track sounds beside other sounds.
type TrackOptions struct {
	// Volume is the volume of the track, from 0 to 1, in addition to the volume of the player.
	Volume float64

	// FadeIn is how long the track takes to reach its volume at its beginning.
	FadeIn time.Duration

	// Ducked is by how much the track is lowered while somebody speaks: the agent, or a track with
	// Speech. 0 means that it is not lowered, and 1 means that it is silent meanwhile.
	Ducked float64

	// Speech says that the track is speech, such as an announcement: other tracks are lowered
	// meanwhile.
	Speech bool
}

// A Track is a sound of any length that a [Player] plays together with the agent's speech. One
// goroutine, the writer, passes the samples to Write and then calls End. Any goroutine may call the
// other methods. Only Write waits.
type Track struct {
	player  *Player
	options TrackOptions
	ring    ring          // the samples; the writer writes to it, and Fill reads from it
	room    chan struct{} // has a value after Fill has made room in the ring
	done    chan struct{} // closed when no more of the track will be heard
	finish  func()        // closes done

	written  atomic.Int64 // number of samples that the writer has stored
	complete atomic.Bool  // no more samples follow
	started  atomic.Bool  // enough samples have been stored to begin
	reached  atomic.Int64 // number of samples that Fill has read at some time
	volume   atomic.Uint32
	fade     atomic.Int64 // length of the change to volume, in samples
	paused   atomic.Bool
	stopped  atomic.Bool // the track fades out for good

	// The mutex of the player guards the fields below.
	moves     moves
	gain      envelope
	wasPaused bool  // paused had this value when gain was last changed
	endsAt    int64 // number of the output sample after the track's last one; math.MaxInt64 before
}

// NewTrack returns a track, which [Player.Play] plays.
func (p *Player) NewTrack(o TrackOptions) *Track { return p.newTrack(o, 2*trackAhead) }

func (p *Player) newTrack(o TrackOptions, size int) *Track {
	t := &Track{
		player: p, options: o, ring: make(ring, size),
		room: make(chan struct{}, 1), done: make(chan struct{}), endsAt: math.MaxInt64,
	}
	t.finish = sync.OnceFunc(func() {
		close(t.done)
		p.tracksLeft.Add(-1)
	})
	t.setVolume(o.Volume, o.FadeIn)
	if o.FadeIn <= 0 {
		t.gain.first = float32(o.Volume)
	}
	return t
}

// NewClip returns a track that consists of these samples.
func (p *Player) NewClip(sound []float32, o TrackOptions) *Track {
	size := 1
	for size < len(sound) {
		size *= 2
	}
	t := p.newTrack(o, size)
	copy(t.ring, sound)
	t.written.Store(int64(len(sound)))
	t.complete.Store(true)
	t.started.Store(true)
	return t
}

// Write appends samples to the track. It waits while there is no room for them, and returns the
// cause of ctx, or ErrTrackEnded if the track is stopped meanwhile.
func (t *Track) Write(ctx context.Context, sound []float32) error {
	for len(sound) > 0 {
		written := t.written.Load()
		n := min(int64(len(sound)), t.reached.Load()+trackAhead-written)
		if n <= 0 {
			select {
			case <-t.room:
			case <-t.done:
				return ErrTrackEnded
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			continue
		}
		t.ring.write(written, sound[:n])
		sound = sound[n:]
		t.written.Store(written + n)
		if written+n >= trackStart {
			t.start()
		}
	}
	if t.stopped.Load() {
		return ErrTrackEnded
	}
	return nil
}

// End says that no more samples follow. It may be called again.
func (t *Track) End() {
	t.complete.Store(true)
	t.start()
}

// start lets Fill begin with the track.
func (t *Track) start() {
	if !t.started.Swap(true) {
		t.player.speaker.Flush()
	}
}

// SetVolume changes the volume of the track, from 0 to 1, within the time fade.
func (t *Track) SetVolume(volume float64, fade time.Duration) {
	t.setVolume(volume, fade)
	t.player.speaker.Flush()
}

func (t *Track) setVolume(volume float64, fade time.Duration) {
	t.fade.Store(int64(max(Samples(fade), Samples(fadeLength))))
	t.volume.Store(math.Float32bits(float32(min(max(volume, 0), 1))))
}

// Volume returns the volume that was set last.
func (t *Track) Volume() float64 { return float64(math.Float32frombits(t.volume.Load())) }

// Pause interrupts the track, or continues it.
func (t *Track) Pause(paused bool) {
	if t.paused.Swap(paused) != paused {
		t.player.speaker.Flush()
	}
}

// Paused reports whether the track is interrupted.
func (t *Track) Paused() bool { return t.paused.Load() }

// Stop ends the track within the time fade. Done is closed then, or a second later if the speaker
// does not play.
func (t *Track) Stop(fade time.Duration) {
	if t.stopped.Load() {
		return
	}
	t.fade.Store(int64(max(Samples(fade), Samples(fadeLength))))
	t.stopped.Store(true)
	time.AfterFunc(fade+time.Second, t.finish)
	t.player.speaker.Flush()
}

// Done returns a channel that is closed when no more of the track will be heard.
func (t *Track) Done() <-chan struct{} { return t.done }

// Played returns how much of the track has been passed to the speaker.
func (t *Track) Played() time.Duration { return Duration(int(t.reached.Load())) }
