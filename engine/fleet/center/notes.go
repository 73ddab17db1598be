package center

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

// The limits of the notes in a wish.
const (
	maxEnded  = 10  // rollouts in Notes.Ended
	maxFailed = 5   // devices in Ended.Failed
	maxWhy    = 200 // bytes of Failure.Why

	// spare is how many bytes of a wish are left for commands and for further notes when the notes have
	// Notes.Previous.
	spare = 128 << 10
)

// Notes are what the centre writes into Wish.Rollout. Times are by the clock of the hub.
type Notes struct {
	Now   *Rollout `json:"now,omitempty"`   // the rollout of Wish.Next; nil if there is none
	Ended []Ended  `json:"ended,omitempty"` // the last ones that have ended, the newest first

	// Previous is the last Wish.Stable before the present one, for RollBack: commands for devices that are
	// away can push it out of the history of the hub. It is nil if there was none, or if it was too long.
	Previous *message.Signed `json:"previous,omitempty"`
}

// A Rollout is a rollout in progress.
type Rollout struct {
	ID     string    `json:"id"`               // random
	Bundle string    `json:"bundle"`           // name and version, such as "shop 17"
	Digest string    `json:"digest"`           // of the bundle
	From   string    `json:"from,omitempty"`   // the bundle that it replaces; empty if there is none
	By     string    `json:"by,omitempty"`     // who has published it
	Began  time.Time `json:"began"`            // when it was published
	Waves  []int     `json:"waves"`            // the share of each wave, of 10,000; the last is 10,000
	Wave   int       `json:"wave"`             // the current wave: 0 for the first devices, 1 for Waves[0]
	Before int       `json:"before,omitempty"` // Wish.Share before the current wave
	Since  time.Time `json:"since"`            // when the current wave has begun
	Hold   int64     `json:"hold"`             // how long each wave lasts at least, in seconds
	StopAt int       `json:"stop_at"`          // the rollout ends if more than this share of 10,000 fails
	Paused string    `json:"paused,omitempty"` // who has paused it; empty if nobody has
}

// An Ended is a rollout that has ended.
type Ended struct {
	ID     string    `json:"id"`
	Bundle string    `json:"bundle"`
	Digest string    `json:"digest"`
	Result string    `json:"result"`           // one of the results below
	Wave   int       `json:"wave"`             // the wave in which it has ended
	Waves  int       `json:"waves"`            // how many waves there were
	Began  time.Time `json:"began"`            // when it was published
	Ended  time.Time `json:"ended"`            // when it has ended
	By     string    `json:"by,omitempty"`     // who has ended it; empty if a Controller has
	Good   int       `json:"good"`             // how many devices it was good on
	Bad    int       `json:"bad"`              // how many devices have gone back or refused it
	Failed []Failure `json:"failed,omitempty"` // some of those devices
}

// The results of a rollout.
const (
	Done       = "done"        // all devices take the bundle
	Failed     = "failed"      // it has failed on too many devices
	Stopped    = "stopped"     // somebody has stopped it
	Replaced   = "replaced"    // somebody has published another bundle
	RolledBack = "rolled back" // somebody has gone back to an earlier bundle
)

// A Failure is a device that does not use a bundle.
type Failure struct {
	Device string `json:"device"`
	Phase  string `json:"phase"` // message.Back or message.Refused
	Why    string `json:"why"`
}

// errNotes is the error for a wish whose notes do not fit its bundles.
var errNotes = errors.New("the notes of the rollout are missing or damaged: publish the bundle again with --replace")

// readNotes returns the notes in a wish. The error wraps errNotes if a bundle is being rolled out and there
// are no notes about it.
func readNotes(w message.Wish) (Notes, error) {
	var n Notes
	if len(w.Rollout) > 0 {
		if err := json.Unmarshal(w.Rollout, &n); err != nil {
			return Notes{}, fmt.Errorf("%w (%w)", errNotes, err)
		}
	}
	if w.Next == nil {
		n.Now = nil // somebody has removed the bundle with another program
		return n, nil
	}
	r := n.Now
	if r == nil || r.Digest != digestOf(w.Next.Text) || r.Wave < 0 || r.Wave > len(r.Waves) || len(r.Waves) == 0 {
		n.Now = nil
		return n, errNotes
	}
	return n, nil
}

// write puts the notes into a wish.
func (n Notes) write(w *message.Wish) error {
	text, err := json.Marshal(n)
	w.Rollout = text
	if err == nil && n.Previous != nil {
		if whole, e := json.Marshal(w); e != nil || len(whole) > message.MaxWish-spare {
			n.Previous = nil
			return n.write(w)
		}
	}
	return err
}

// replace makes a bundle that of all devices.
func (n *Notes) replace(w *message.Wish, stable *message.Signed) {
	n.Previous = w.Stable
	w.Stable = stable
}

// end moves the rollout in progress to Ended, and takes its bundle out of the wish. p says how far the
// devices are. Devices that go back do not wait for the window.
func (n *Notes) end(w *message.Wish, result, by string, now time.Time, p *progress) {
	r := n.Now
	e := Ended{
		ID: r.ID, Bundle: r.Bundle, Digest: r.Digest, Result: result, Wave: r.Wave, Waves: len(r.Waves),
		Began: r.Began, Ended: now, By: by, Good: p.Good, Bad: p.Back + p.Refused,
	}
	for _, f := range p.Failed[:min(len(p.Failed), maxFailed)] {
		f.Why = safetext.Cut(f.Why, maxWhy, "...")
		e.Failed = append(e.Failed, f)
	}
	n.Now = nil
	n.add(e)
	w.Next, w.First, w.Share, w.Salt = nil, nil, 0, ""
	if result != Done {
		w.Window = nil
	}
}

// add puts e before the other rollouts that have ended.
func (n *Notes) add(e Ended) {
	n.Ended = append([]Ended{e}, n.Ended...)
	n.Ended = n.Ended[:min(len(n.Ended), maxEnded)]
}

// digestOf returns the digest of the bundle with this manifest.
func digestOf(manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return hex.EncodeToString(sum[:])
}

// manifestOf returns the manifest of a bundle in a wish, or nil if there is none, or if it cannot be read.
func manifestOf(s *message.Signed) *bundle.Manifest {
	if s == nil {
		return nil
	}
	m, err := bundle.ParseManifest(s.Text)
	if err != nil {
		return nil
	}
	return m
}

// nameOf returns what people call the bundle, or "" if there is none.
func nameOf(s *message.Signed) string {
	if m := manifestOf(s); m != nil {
		return m.Name()
	}
	return ""
}
