// Package message describes what the devices of a fleet and its centre send to each other, as JSON. It
// knows no transport, and needs no goroutines: see engine/fleet/nats for the transport.
//
// The centre writes wishes: which bundle the devices should run. A device reads the wishes that concern it
// whenever it connects, and whenever it hears that one has changed, and reports what it does. Devices
// believe only what is signed in a wish: see engine/fleet/bundle.
package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ChunkSize is how many bytes of a file one chunk has. The last chunk of a file can be shorter.
const ChunkSize = 128 << 10

// MaxCommand is how long the body of a command, or of an answer, can be, in bytes.
const MaxCommand = 256 << 10

// The limits of the JSON of a record, in bytes.
const (
	MaxState  = 256 << 10 // of the kinds StateKind and MetricsKind
	MaxRecord = 32 << 10  // of the other kinds
)

// The keys of wishes: for all devices, for a group, for one device. Under the key of KeySet there is a
// set of keys in place of a wish: see [Signed].
const All = "all"

// Group returns the key of the wish for a group.
func Group(name string) string { return "grp." + name }

// Device returns the key of the wish for one device.
func Device(name string) string { return "dev." + name }

// KeySet returns the key of the set of keys with this number: see bundle.KeySet.
func KeySet(number int64) string { return fmt.Sprintf("keys.%d", number) }

// A Kind is a kind of record that devices send.
type Kind string

// The kinds of records. The centre keeps the newest State and Metrics of each device, and the others for
// some days.
const (
	StateKind   Kind = "state"  // a State
	MetricsKind Kind = "metric" // a Metrics
	LogKind     Kind = "log"    // an Event with a line of the log
	CallKind    Kind = "call"   // an Event of a tool call
	EventKind   Kind = "event"  // another Event
)

// A Header begins every record. Boot and Seq identify a record of a device.
type Header struct {
	Device string    `json:"device"`
	Boot   string    `json:"boot"` // random, chosen when the process starts
	Seq    int64     `json:"seq"`  // grows with each record of this process
	Time   time.Time `json:"time"` // by the clock of the device, which may be wrong
}

// ID returns a text that is different for each record of a device.
func (h Header) ID() string { return fmt.Sprintf("%s-%d", h.Boot, h.Seq) }

// A State is what a device says about itself: when something changes, and every minute.
type State struct {
	Header
	Groups   []string `json:"groups,omitempty"`
	Moonlark string   `json:"moonlark"`           // version of the program
	OK       bool     `json:"ok"`                 // as in /healthz
	Troubles []string `json:"troubles,omitempty"` // as in /healthz
	Status   string   `json:"status"`             // of the conversation, as in /healthz
	Running  Running  `json:"running"`
	Wanted   *Wanted  `json:"wanted,omitempty"` // nil if no wish concerns the device

	// Reported is what scripts have reported with fleet.report, by name.
	Reported map[string]json.RawMessage `json:"reported,omitempty"`
}

// Running is the bundle that a device runs. The zero value stands for the factory scripts.
type Running struct {
	Name    string `json:"name,omitempty"` // name and version, such as "shop 17"
	Version int64  `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"`
	Phase   string `json:"phase"` // "trial", "good" or "factory"
}

// Wanted is the bundle that a device should run by the wishes that it has read, and how far it is.
type Wanted struct {
	Name   string `json:"name,omitempty"` // empty if the manifest could not be read
	Digest string `json:"digest"`
	Phase  string `json:"phase"`         // one of the phases below
	Why    string `json:"why,omitempty"` // why the phase is Waiting, Back or Refused, or what keeps it Fetching
}

// The phases of Wanted.
const (
	Fetching = "fetching" // its files are being fetched
	Waiting  = "waiting"  // its files are there, and it waits for the end of the conversation or for the window
	Trial    = "trial"    // its scripts run, and are watched
	Good     = "good"     // it has passed its trial
	Back     = "back"     // it has failed its trial: the device runs the last good one
	Refused  = "refused"  // the device must not use it, or its scripts do not load
)

// Ended reports whether the device has finished with the bundle: it is good, back or refused.
func (w Wanted) Ended() bool { return w.Phase == Good || w.Phase == Back || w.Phase == Refused }

// An Event is something that has happened on a device. Its fields are those of the events of run --json.
type Event struct {
	Header
	Event json.RawMessage `json:"event"`
}

// Metrics are the newest metrics of a device, in the text format of Prometheus.
type Metrics struct {
	Header
	Text string `json:"text"`
}

// An Answer is the answer to a command, as the HTTP server of the device would give it.
type Answer struct {
	Status int    `json:"status"` // a status of HTTP, such as 202
	Body   string `json:"body,omitempty"`
}

// OK reports whether the command was carried out.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// verbs are the commands that devices know, which are paths of their HTTP server.
var verbs = []string{"start", "stop", "say", "context", "event", "healthz", "log", "reload"}

// CheckVerb returns an error if no device knows the verb.
func CheckVerb(verb string) error {
	for _, v := range verbs {
		if v == verb {
			return nil
		}
	}
	return fmt.Errorf("no command is called %.50q: there are %s", verb, strings.Join(verbs, ", "))
}
