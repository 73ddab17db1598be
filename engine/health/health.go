// Package health defines the report on the state of a running agent. The faces show the report, for
// example as JSON or as metrics.
package health

import (
	"time"
)

// A Report is the state of an agent at one moment. A report is made without waiting for the scripts
// or for the network.
type Report struct {
	// Status is "waiting", "connecting", "connected", "reconnecting" or "ended". It is empty until
	// the scripts are loaded.
	Status string
	Since  time.Time // when Status last changed
	Reason string    // why the agent has this Status; may be empty

	// Stuck says why the agent no longer handles the messages of its conversation. It is empty if
	// the agent handles them.
	Stuck string

	Fleet       *Fleet // nil if the device does not run bundles
	Scripts     []Script
	NoPage      time.Duration // how long no page has shown the screen of the kiosk; 0 if one does, or none is expected
	Speaker     *Device       // nil if there is no speaker
	Microphone  *Device       // nil if there is no microphone
	Sound       *SoundCounts  // the faults of the sound so far; nil if sound is off
	Showing     int           // the number of events that are queued for the screen or log
	Writing     int           // the number of messages that are queued for the agent's server
	RoundTrip   time.Duration // to the agent's server and back, as the server has measured it last; 0 if it has not
	MemoryLimit uint64        // how much memory all scripts together may use, in bytes
}

// A Script is the state of one script.
type Script struct {
	Name  string // the name of the script's file, without its folder
	Tools int    // the number of tools that the script has registered
	// Failed says why the last reload failed, so that the version before that reload still runs. It
	// is empty if the last reload succeeded.
	Failed string
	// Rests says why no function of the script can run for now, after a crash. It is empty if
	// functions can run.
	Rests string
	// Crashes is how often the script has been loaded again because it had crashed.
	Crashes int
	CPU     time.Duration // how much processor time the script's Lua code has used
	// DroppedEvents is the number of events that were dropped because the script's handlers were too
	// slow.
	DroppedEvents int
	// Dropped is how many things, such as datagrams, each module has dropped, because the script did
	// not take them fast enough. The key is the name of the module.
	Dropped map[string]int
	// Calls, Events and Starts are the numbers of tool calls, events, and other functions (such as
	// timers) that are queued until the script's goroutine can run them.
	Calls  int
	Events int
	Starts int
}

// A Fleet is the state of a device that runs bundles of scripts.
type Fleet struct {
	// Status is "local" if the device has no hub, "connected" if it is connected with the hub of its
	// fleet, and "offline" if it is not.
	Status    string    `json:"status"`
	Reason    string    `json:"reason,omitempty"`    // why Status is "offline"; may be empty
	LastHeard time.Time `json:"last_heard,omitzero"` // when the hub has last answered; zero if it has not since the start
	Dropped   int       `json:"dropped,omitempty"`   // how many records for the hub were dropped since the start

	Bundle  string `json:"bundle"` // name and version of the bundle that runs, such as "shop 17"; empty if none does
	Version int64  `json:"version,omitempty"`
	Phase   string `json:"phase"`             // "trial", "good", or "factory" if the factory scripts run
	Next    string `json:"next,omitempty"`    // the bundle that is ready and waits; empty if none does
	Waiting string `json:"waiting,omitempty"` // what Next waits for; may be empty
	Last    string `json:"last,omitempty"`    // why a bundle was not used, since the program started
	Trouble string `json:"-"`                 // why the store cannot be written; empty if it can
}

// A Device is the state of a speaker or a microphone.
type Device struct {
	Name string
	Err  string // why the device does not work; empty if it works
}

// SoundCounts counts the faults in the sound since the program started.
type SoundCounts struct {
	// Underruns counts the times when the speaker had nothing to play because Moonlark was late.
	Underruns int64 `json:"underruns"`
	// Overruns counts the times when the microphone lost sound because Moonlark was late.
	Overruns int64 `json:"overruns"`
	// Gaps counts the pauses inside the agent's speech that a slow network caused.
	Gaps int64 `json:"gaps"`
	// Dropped counts the chunks of the user's speech that were not sent because of a slow network.
	Dropped int64 `json:"dropped"`
	// Late counts the times when Moonlark served a sound device more than 10 ms late.
	Late int64 `json:"late"`

	// WakeDropped counts the chunks of sound that the wake word recogniser did not get because it
	// was too slow.
	WakeDropped int64 `json:"wake_dropped,omitempty"`
}
