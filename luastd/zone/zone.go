// Package zone finds time zones, and the moment at which the clocks of a zone show a date and time.
package zone

import (
	"time"
	_ "time/tzdata" // the zones of the world, for machines that have no files of them
)

const (
	// localName is the name of the machine's zone if its real name is not known.
	localName = "Local"
	// maxName is the maximal length of the name of a zone in bytes.
	maxName = 255
	// maxNamed is how many zones with names a Zones keeps.
	maxNamed = 64
)

// Zones has the time zone of the machine and those that have names. One goroutine at a time may use
// a Zones.
type Zones struct {
	machine machine
	named   map[string]*time.Location // the zones that Named has found
}

// New returns the zones of this machine. warn gets the reason when the zone of the machine is not
// known. It may be called from the methods.
func New(warn func(text string)) *Zones {
	return &Zones{machine: machine{root: "/", warn: warn}, named: make(map[string]*time.Location)}
}

// Machine returns the time zone of the machine at present. It returns the same pointer until the
// zone is changed. The method String of the zone returns a name that Named accepts.
func (z *Zones) Machine() *time.Location { return z.machine.now() }

// Named returns the zone with a name such as "Europe/Berlin" or "UTC", or with a description of
// POSIX such as "CET-1CEST,M3.5.0,M10.5.0/3". ok is false if there is no such zone.
func (z *Zones) Named(name string) (location *time.Location, ok bool) {
	if location, ok := z.named[name]; ok {
		return location, true
	}
	switch {
	case name == "" || len(name) > maxName:
		return nil, false
	case name == localName:
		return z.Machine(), true
	}
	if location, ok = namedZone(name); !ok {
		return nil, false
	}
	if location == time.UTC {
		location = newUTC()
	}
	if len(z.named) >= maxNamed {
		clear(z.named)
	}
	z.named[name] = location
	return location, true
}

// newUTC returns the zone UTC under its own name. Package datetext shows time.UTC as GMT, as
// os.date does for a format that begins with "!".
func newUTC() *time.Location { return time.FixedZone("UTC", 0) }
