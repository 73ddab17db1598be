package luastd

import (
	"encoding/json"
	"time"
)

// A FleetMember gives a script access to the fleet of devices to which the program belongs.
type FleetMember interface {
	// Fleet returns nil if the program belongs to no fleet.
	Fleet() Fleet
}

// A Fleet is what a script can learn from the fleet of the device, and do in it. Any goroutine may call
// the methods, which do not wait.
type Fleet interface {
	// Name returns the name of the device in the fleet. It is "" if the device runs bundles, but is not
	// connected with a fleet.
	Name() string
	// Groups returns the groups of the device.
	Groups() []string
	// Bundle returns the name, such as "shop 17", and the version of the bundle that runs. The name is ""
	// if the factory scripts run.
	Bundle() (name string, version int64)
	// Defer asks the device not to switch to another bundle for this time, which takes the place of the
	// time of an earlier call.
	Defer(time.Duration)
	// Report has a value shown in the centre of the fleet, under a name of 1 to 64 letters, digits, _, . and -. value
	// is JSON of at most MaxReport bytes; null removes the name. The error says why it cannot be reported.
	Report(name string, value json.RawMessage) error
}

// MaxReport is the maximal length of a value of Fleet.Report, in bytes.
const MaxReport = 4 << 10
