package fleet_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"moonlark/luastd/luastdtest"
)

// A fakeFleet is a fleet that records what scripts do. Its methods are called on the goroutine of the
// script, while the test waits.
type fakeFleet struct {
	name, bundle string
	refusal      error
	deferred     []time.Duration
	reported     map[string]string
}

func (f *fakeFleet) Name() string            { return f.name }
func (f *fakeFleet) Groups() []string        { return []string{"kiosk", "berlin"} }
func (f *fakeFleet) Bundle() (string, int64) { return f.bundle, 17 }
func (f *fakeFleet) Defer(d time.Duration)   { f.deferred = append(f.deferred, d) }

func (f *fakeFleet) Report(name string, value json.RawMessage) error {
	if f.refusal == nil {
		f.reported[name] = string(value)
	}
	return f.refusal
}

func TestAScriptLearnsWhoTheDeviceIs(t *testing.T) {
	t.Parallel()
	f := &fakeFleet{name: "kiosk-07", bundle: "shop 17"}
	s := luastdtest.Open(t, luastdtest.Options{Fleet: f})
	s.Want(`return fleet.name()`, "kiosk-07")
	s.Want(`return table.concat(fleet.groups(), " ")`, "kiosk berlin")
	s.Want(`return fleet.bundle()`, "shop 17, 17")
	f.bundle = ""
	s.Want(`return fleet.bundle()`, "nil, not_found: no bundle runs, but the factory scripts, not_found")
}

func TestAScriptDefersAndReports(t *testing.T) {
	t.Parallel()
	f := &fakeFleet{name: "kiosk-07", reported: make(map[string]string)}
	s := luastdtest.Open(t, luastdtest.Options{Fleet: f})
	s.Want(`return fleet.defer(1.5), fleet.defer(0)`, "true, true")
	if want := []time.Duration{1500 * time.Millisecond, 0}; !reflect.DeepEqual(f.deferred, want) {
		t.Errorf("deferred %v, want %v", f.deferred, want)
	}
	s.Want(`return fleet.report("paper", { low = true }), fleet.report("a.b-c_1", nil)`, "true, true")
	if want := map[string]string{"paper": `{"low":true}`, "a.b-c_1": "null"}; !reflect.DeepEqual(f.reported, want) {
		t.Errorf("reported %v, want %v", f.reported, want)
	}
	f.refusal = errors.New("100 names are reported already")
	s.Want(`return fleet.report("one_more", 1)`, "nil, failed: 100 names are reported already, failed")
}

func TestWrongArgumentsAreErrors(t *testing.T) {
	t.Parallel()
	s := luastdtest.Open(t, luastdtest.Options{Fleet: &fakeFleet{name: "kiosk-07"}})
	s.Want(`fleet.defer(-1)`, "a.lua:1: bad argument #1 to defer (a number of seconds from 0 to 3600 expected)")
	s.Want(`fleet.defer(0/0)`, "a.lua:1: bad argument #1 to defer (a number of seconds from 0 to 3600 expected)")
	s.Want(`fleet.report("a b", 1)`, "a.lua:1: bad argument #1 to report (a name of 1 to 64 letters, digits, '_', '.' and '-' expected)")
	s.Want(`fleet.report("a", print)`, "a.lua:1: bad argument #2 to report (a function cannot be JSON)")
	s.Want(`fleet.report("a")`, "a.lua:1: bad argument #2 to report (value expected)")
	s.Want(`fleet.report("a", ("x"):rep(5000))`, "a.lua:1: bad argument #2 to report (longer than 4096 bytes)")
	for _, source := range []string{`fleet.defer(1)`, `fleet.report("a", 1)`} {
		if _, err := luastdtest.TryOpen(t, luastdtest.Options{Source: source}); err == nil {
			t.Errorf("%s can be called while the script loads", source)
		}
	}
}

func TestWithoutAFleetTheFunctionsFail(t *testing.T) {
	t.Parallel()
	const failure = "nil, unsupported: this program belongs to no fleet, unsupported"
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, call := range []string{`fleet.name()`, `fleet.groups()`, `fleet.bundle()`, `fleet.defer(1)`, `fleet.report("a", 1)`} {
		s.Want("return "+call, failure)
	}
	store := luastdtest.Open(t, luastdtest.Options{Fleet: &fakeFleet{bundle: "shop 17"}})
	for _, call := range []string{`fleet.name()`, `fleet.groups()`, `fleet.report("a", 1)`} {
		store.Want("return "+call, failure)
	}
	store.Want(`return fleet.bundle()`, "shop 17, 17")
	store.Want(`return fleet.defer(1)`, "true")
}
