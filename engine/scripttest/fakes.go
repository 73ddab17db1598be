package scripttest

import (
	"encoding/json"
	"slices"
	"sync"

	"moonlark/luastd"
)

// fakes are the fakes of one test, and what the script has asked for. They implement luastd.Fakes. Any
// goroutine may use them.
type fakes struct {
	mu       sync.Mutex // guards the fields below
	servers  []*fakeServer
	programs []*fakeProgram
	serials  []*fakeSerial
	brokers  []*fakeBroker
	keys     []*fakeKeys
	// fakes of MCP servers
	mcpServers []*fakeMCP
	asked      []asked  // calls of the store, of emit and of the session
	answers    []string // answers to the next questions of screen.ask; "" closes the question
}

var _ luastd.Fakes = (*fakes)(nil)

// An asked is a recorded call that a script has made of a function of the store or the session, or
// of emit. In a test, such a call has no effect outside of the test.
type asked struct {
	function string // such as "store.set"
	name     string // such as the key
	data     json.RawMessage
}

// Asked implements luastd.Fakes.
func (f *fakes) Asked(function, name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, asked{function, name, slices.Clone(data)})
}

// askedOf returns the calls of the functions for which match returns true.
func (f *fakes) askedOf(match func(asked) bool) []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []asked
	for _, a := range f.asked {
		if match(a) {
			all = append(all, a)
		}
	}
	return all
}

// A record is what a fake has recorded, as fields of a table, by name. A value is a string, a []string,
// a map[string]string or a json.RawMessage.
type record map[string]any

// A recorder is a fake that records what it was asked for.
type recorder interface {
	calls() []record
	String() string
}
