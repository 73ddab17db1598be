package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"moonlark/engine/fleet/bundle"
)

// The limits of a wish.
const (
	MaxWish  = 512 << 10 // bytes of its JSON
	maxFirst = 1000      // names in First
	maxOnce  = 100       // commands in Once
)

// Shares is the Share of a wish whose Next is for all devices.
const Shares = 10_000

// A Wish says what devices should do. The most exact wish that names a bundle decides: that for the device
// itself, then those for its groups in their order, then that for all.
type Wish struct {
	Stable *Signed `json:"stable,omitempty"` // the bundle for the devices that do not take Next; nil if the wish names none
	Next   *Signed `json:"next,omitempty"`   // the bundle that is being rolled out; nil if none is

	First []string `json:"first,omitempty"` // names of the devices that take Next before all others
	Share int      `json:"share,omitempty"` // how many of 10,000 devices take Next
	Salt  string   `json:"salt,omitempty"`  // decides which ones: see Takes

	Window *Window `json:"window,omitempty"` // when devices may switch; nil if at any time
	Force  bool    `json:"force,omitempty"`  // do not wait for the end of the conversation, nor for Window

	Once []Once `json:"once,omitempty"` // commands for devices that may be away now

	Rollout json.RawMessage `json:"rollout,omitempty"` // notes of the centre about Next; devices ignore them
}

// A Signed is a text with its signatures: the manifest of a bundle, or a set of keys.
type Signed struct {
	Text       []byte `json:"text"`       // the exact bytes that are signed
	Signatures []byte `json:"signatures"` // as bundle.ParseSignatures reads them
}

// A Window is a time of each day, by the local clock of the device. It can include midnight.
type Window struct {
	From string `json:"from"` // such as "02:00"
	To   string `json:"to"`   // such as "04:30"; not included, and not From
}

// A Once is a command that a device carries out once, even if it is away when the command is written.
type Once struct {
	ID      string          `json:"id"` // unique in the fleet
	Verb    string          `json:"verb"`
	Body    json.RawMessage `json:"body,omitempty"`
	Expires time.Time       `json:"expires"` // no device begins with the command from then on
}

// ParseWish reads the JSON of a wish and checks it. Unknown fields, and commands with unknown verbs, are
// ignored, because the centre may be newer than the device.
func ParseWish(text []byte) (Wish, error) {
	var w Wish
	if len(text) > MaxWish {
		return w, fmt.Errorf("wish: %d bytes are more than the %d allowed", len(text), MaxWish)
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return w, fmt.Errorf("wish: %w", err)
	}
	if err := w.check(); err != nil {
		return Wish{}, fmt.Errorf("wish: %w", err)
	}
	w.Once = slices.DeleteFunc(w.Once, func(o Once) bool { return CheckVerb(o.Verb) != nil })
	return w, nil
}

// Encode returns the JSON of the wish, for ParseWish.
func (w Wish) Encode() ([]byte, error) {
	for _, o := range w.Once {
		if err := CheckVerb(o.Verb); err != nil {
			return nil, fmt.Errorf("wish: once: %w", err)
		}
	}
	if err := w.check(); err != nil {
		return nil, fmt.Errorf("wish: %w", err)
	}
	text, err := json.Marshal(w)
	if err == nil && len(text) > MaxWish {
		err = fmt.Errorf("wish: %d bytes are more than the %d allowed", len(text), MaxWish)
	}
	return text, err
}

func (w Wish) check() error {
	switch {
	case w.Next != nil && w.Stable == nil && len(w.First) == 0 && w.Share == 0:
		return errors.New("next: no device takes it")
	case w.Share < 0 || w.Share > Shares:
		return fmt.Errorf("share %d: not between 0 and %d", w.Share, Shares)
	case len(w.First) > maxFirst:
		return fmt.Errorf("first: %d names are more than the %d allowed", len(w.First), maxFirst)
	case len(w.Once) > maxOnce:
		return fmt.Errorf("once: %d commands are more than the %d allowed", len(w.Once), maxOnce)
	}
	for _, name := range w.First {
		if err := bundle.CheckName(name); err != nil {
			return fmt.Errorf("first: %w", err)
		}
	}
	for _, o := range w.Once {
		if o.ID == "" || len(o.ID) > 64 {
			return errors.New("once: an ID is empty or longer than 64 bytes")
		}
	}
	if w.Window != nil {
		if _, _, err := w.Window.times(); err != nil {
			return fmt.Errorf("window: %w", err)
		}
	}
	return nil
}

// Takes reports whether the device with this name should run Next. The same devices, and more, take it when
// Share grows.
func (w Wish) Takes(name string) bool {
	if w.Next == nil {
		return false
	}
	if slices.Contains(w.First, name) {
		return true
	}
	sum := sha256.Sum256([]byte(w.Salt + "\x00" + name))
	return binary.BigEndian.Uint64(sum[:8])%Shares < uint64(w.Share)
}

// Choices returns the bundles that the device with this name may run, the preferred one first: a device
// that cannot run Next goes back to Stable.
func (w Wish) Choices(name string) []Signed {
	var choices []Signed
	if w.Takes(name) {
		choices = append(choices, *w.Next)
	}
	if w.Stable != nil && (len(choices) == 0 || !bytes.Equal(w.Stable.Text, choices[0].Text)) {
		choices = append(choices, *w.Stable)
	}
	return choices
}

// Contains reports whether t, a local time, is in the window.
func (w Window) Contains(t time.Time) bool {
	from, to, err := w.times()
	if err != nil {
		return false
	}
	now := t.Hour()*60 + t.Minute()
	if from < to {
		return from <= now && now < to
	}
	return from <= now || now < to
}

// times returns the minutes of the day of From and To.
func (w Window) times() (from, to int, err error) {
	minutes := func(text string) int {
		t, e := time.Parse("15:04", text)
		if e != nil && err == nil {
			err = fmt.Errorf("%.20q is not a time such as 02:30", text)
		}
		return t.Hour()*60 + t.Minute()
	}
	from, to = minutes(w.From), minutes(w.To)
	if err == nil && from == to {
		err = fmt.Errorf("it is empty: from %s to %s", w.From, w.To)
	}
	return from, to, err
}
