package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"moonlark/engine/bus"
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/work"
	"moonlark/engine/version"
)

// errNoScript is the error of a command that needs a script.
var errNoScript = errors.New(`expected "<script> ..."`)

// jobsFolder is the folder of the open jobs in the store.
const jobsFolder = "jobs"

// fleetStoreFlag says where the bundles of this device are.
type fleetStoreFlag struct {
	FleetStore string `placeholder:"FOLDER" help:"Folder of the bundles and of the credentials of this device. The default is fleet in the folder for data of scripts."`
}

// folder returns the folder of the store.
func (f fleetStoreFlag) folder() (string, error) {
	if f.FleetStore != "" {
		return f.FleetStore, nil
	}
	data := defaultDataFolder()
	if data == "" {
		return "", &usageError{errors.New("there is no folder for data on this system: name one with --fleet-store")}
	}
	return filepath.Join(data, "fleet"), nil
}

// asFlag returns the flag as text for a command line, or "" if it is not set.
func (f fleetStoreFlag) asFlag() string {
	if f.FleetStore == "" {
		return ""
	}
	return " --fleet-store " + f.FleetStore
}

// deviceFlags say which fleet the device belongs to, and how it connects with the hub.
type deviceFlags struct {
	fleetStoreFlag `embed:""`

	Fleet      string `placeholder:"URL" help:"Follow the fleet whose hub is at this address, such as tls://hub.example.com:4222. The device must have joined it: see moonlark fleet join."`
	FleetCreds string `placeholder:"FILE" help:"Credentials of this device. The default is device.creds in the store."`
	FleetCA    string `name:"fleet-ca" placeholder:"FILE" help:"Certificate of the authority of the hub, in PEM form. The default is the authority of the invitation, or those of the system."`
}

// isSet reports whether the device has a store of bundles.
func (f deviceFlags) isSet() bool { return f.FleetStore != "" || f.Fleet != "" }

// credsPath returns the path of the credentials, for a store in this folder.
func (f deviceFlags) credsPath(store string) string {
	return cmp.Or(f.FleetCreds, filepath.Join(store, fleet.CredsFile))
}

// fleetFlags say which bundles of scripts run, and which fleet the device follows.
type fleetFlags struct {
	deviceFlags `embed:""`

	FleetShare []string `placeholder:"WHAT" enum:"calls,talk" help:"What the fleet gets to see besides the state and the log: calls (tool calls with arguments and results), talk (what is said)."`
	FleetSpool bool     `help:"Keep what the fleet has not received in the store, so that it survives a restart."`
}

// check returns an error if a flag is set that has no effect.
func (f fleetFlags) check() error {
	if f.Fleet == "" && (f.FleetCreds != "" || f.FleetCA != "" || len(f.FleetShare) > 0 || f.FleetSpool) {
		return errors.New("--fleet-creds, --fleet-ca, --fleet-share and --fleet-spool need --fleet")
	}
	return nil
}

// open opens the store, or returns nil without --fleet-store and --fleet. factory are the scripts that run while
// there is no bundle. The caller must close the Device.
func (f fleetFlags) open(factory []string, events *bus.Bus) (*fleet.Device, error) {
	if !f.isSet() {
		return nil, nil
	}
	store, err := f.folder()
	if err != nil {
		return nil, err
	}
	return fleet.Open(fleet.Options{Store: store, Factory: factory, Bus: events, Moonlark: version.Version()})
}

// member begins to connect with the hub, if there is --fleet. The caller must call close.
func (f fleetFlags) member(device *fleet.Device, events *bus.Bus) (*fleetMember, error) {
	m := &fleetMember{device: device}
	if f.Fleet == "" {
		return m, nil
	}
	opts, err := f.connection(events.Logger(""))
	if err != nil {
		return nil, err
	}
	store, err := f.folder()
	if err != nil {
		return nil, err
	}
	if m.carrier, err = nats.DialDevice(opts); err != nil {
		return nil, err
	}
	m.openJobs(filepath.Join(store, jobsFolder), events)
	m.caller = work.NewCaller(work.CallerOptions{
		Carrier: m.carrier, Name: m.carrier.Name(),
		Bundle: func() string { return device.Running().Digest },
		Log:    func(level slog.Level, text string) { events.Log("", level, text) },
	})
	return m, nil
}

// connection returns how to connect with the hub.
func (f deviceFlags) connection(log *slog.Logger) (o nats.Options, err error) {
	store, err := f.folder()
	if err != nil {
		return o, err
	}
	o = nats.Options{URL: f.Fleet, Log: log}
	if o.Creds, err = readHubFile(f.credsPath(store)); errors.Is(err, fs.ErrNotExist) && f.FleetCreds == "" {
		return o, fmt.Errorf("%s: this device has not joined a fleet: moonlark fleet join, with the invitation of moonlark fleet invite", store)
	} else if err != nil {
		return o, err
	}
	if f.FleetCA != "" {
		o.RootCAs, err = readCA(f.FleetCA)
		return o, err
	}
	hub, err := fleet.ReadHub(store)
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	} else if err != nil {
		return o, err
	}
	o.Pin, err = pin(hub.CA)
	return o, err
}

// share returns what the fleet gets to see.
func (f fleetFlags) share() (s follow.Share) {
	for _, what := range f.FleetShare {
		s.Calls, s.Talk = s.Calls || what == "calls", s.Talk || what == "talk"
	}
	return s
}
