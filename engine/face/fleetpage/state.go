package fleetpage

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

// The limits of what the list shows of a device, and of a rollout. The device itself shows more.
const (
	maxTroubles = 3
	maxText     = 200 // bytes of a text
	maxFailed   = 20  // devices on which the bundle of a rollout has failed
)

// A row is what the list shows of a device. It does not change while nothing happens: the time when an online
// device was heard of is left out.
type row struct {
	Name     string          `json:"name"`
	Groups   []string        `json:"groups,omitempty"`
	Online   bool            `json:"online"`
	Heard    *time.Time      `json:"heard,omitempty"` // when an offline device was heard of for the last time
	OK       bool            `json:"ok"`
	Status   string          `json:"status"` // of the conversation
	Running  string          `json:"running,omitempty"`
	Phase    string          `json:"phase"` // of Running
	Wanted   *message.Wanted `json:"wanted,omitempty"`
	Troubles []string        `json:"troubles,omitempty"`
	Twice    bool            `json:"twice,omitempty"`
	Slow     bool            `json:"slow,omitempty"`
}

func rowOf(d center.DeviceStatus) row {
	r := row{
		Name: d.Device, Groups: d.Groups, Online: d.Online, OK: d.OK, Status: cut(d.Status),
		Running: cut(d.Running.Name), Phase: cut(d.Running.Phase), Twice: d.Twice, Slow: d.Slow,
	}
	if !d.Online {
		r.Heard = &d.Received
	}
	for _, trouble := range d.Troubles[:min(len(d.Troubles), maxTroubles)] {
		r.Troubles = append(r.Troubles, cut(trouble))
	}
	if w := d.Wanted; w != nil && (w.Digest != d.Running.Digest || w.Phase != d.Running.Phase) {
		r.Wanted = &message.Wanted{Name: cut(w.Name), Phase: cut(w.Phase), Why: cut(w.Why)}
	}
	return r
}

func cut(text string) string { return safetext.Cut(text, maxText, "...") }

// A summary is what the page shows of the whole fleet.
type summary struct {
	Version  string                  `json:"version"`
	Fleet    string                  `json:"fleet,omitempty"`
	Trouble  string                  `json:"trouble,omitempty"` // why nothing is known; empty if the hub answers
	Known    int                     `json:"known"`
	Online   int                     `json:"online"`
	Rollouts []center.RolloutStatus  `json:"rollouts"`
	Ended    map[string]center.Ended `json:"ended,omitempty"`
}

// A line is a part of the state as JSON, with the revision in which it has changed.
type line struct {
	text     []byte
	revision uint64
}

// A state is what the pages show. Each change has a revision, so that a page gets only what has changed. A state
// is not safe for use by several goroutines.
type state struct {
	boot    string // random, for each process
	version string // of the program

	last     *center.Status // nil before the first status
	isOld    bool           // last is newer than the lines
	epoch    int            // grows when a device disappears; then the pages get everything again
	revision uint64
	trouble  string
	summary  line
	rows     map[string]line
}

func newState(version string) state {
	return state{boot: rand.Text()[:8], version: version, rows: make(map[string]line)}
}

// set replaces the status. update says whether a page is open.
func (s *state) set(status center.Status, update bool) {
	s.last, s.isOld, s.trouble = &status, true, ""
	if update {
		s.update()
	}
}

// setTrouble says why the hub does not answer.
func (s *state) setTrouble(text string) {
	s.trouble, s.isOld = text, true
	s.update()
}

// update makes the lines of what has changed.
func (s *state) update() {
	if !s.isOld {
		return
	}
	s.isOld = false
	next := s.revision + 1
	now := summary{Version: s.version, Trouble: s.trouble, Rollouts: []center.RolloutStatus{}}
	if s.last != nil {
		now.Fleet, now.Known, now.Online, now.Ended = s.last.Fleet, s.last.Known, s.last.Online, s.last.Ended
		for _, r := range s.last.Rollouts {
			r.Left = 0 // the page counts
			r.Failed = r.Failed[:min(len(r.Failed), maxFailed)]
			now.Rollouts = append(now.Rollouts, r)
		}
		if len(s.last.Devices) < len(s.rows) {
			s.epoch++
			clear(s.rows)
		}
		for _, d := range s.last.Devices {
			s.change(d.Device, rowOf(d), next)
		}
	}
	if text, err := json.Marshal(now); err == nil && !bytes.Equal(text, s.summary.text) {
		s.summary = line{text, next}
		s.revision = next
	}
}

// change makes the line of a device, if its row has changed.
func (s *state) change(device string, r row, next uint64) {
	text, err := json.Marshal(r)
	if err != nil || bytes.Equal(text, s.rows[device].text) {
		return // a row can always be encoded
	}
	s.rows[device] = line{text, next}
	s.revision = next
}

// id returns a text that is different for each state of the stream.
func (s *state) id() string { return fmt.Sprintf("%s-%d.%d", s.boot, s.epoch, s.revision) }

// since returns the JSON object of what has changed since the state with this id, and of everything if the id is
// of another process. It returns nil if nothing has changed, or nothing is known.
func (s *state) since(id string) []byte {
	if id == s.id() || s.summary.text == nil {
		return nil
	}
	epoch, number, _ := strings.Cut(id, ".")
	revision, err := strconv.ParseUint(number, 10, 64)
	isKnown := err == nil && epoch == fmt.Sprintf("%s-%d", s.boot, s.epoch)
	if !isKnown {
		revision = 0
	}
	var b bytes.Buffer
	now := time.Time{}
	if s.last != nil {
		now = s.last.Time
	}
	fmt.Fprintf(&b, `{"reset":%t,"now":%q,"summary":%s,"devices":[`, !isKnown, now.Format(time.RFC3339Nano), s.summary.text)
	comma := ""
	for _, l := range s.rows {
		if l.revision > revision {
			b.WriteString(comma)
			b.Write(l.text)
			comma = ","
		}
	}
	b.WriteString("]}")
	return b.Bytes()
}

// device returns all that is known of a device as a JSON object, or nil if nothing is.
func (s *state) device(name string) []byte {
	if s.last == nil {
		return nil
	}
	d, ok := s.last.Device(name)
	if !ok {
		return nil
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil // what the device has reported is JSON, because it was read as JSON
	}
	return text
}
