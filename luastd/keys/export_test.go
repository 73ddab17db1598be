package keys

import (
	"moonlark/engine/permit"
	"moonlark/luastd"
)

// An Input is a fake device of a test.
type Input = input

// WithInputs returns the module with a fake of the function that opens devices. open gets the path
// of the device.
func WithInputs(open func(path string) (Input, error)) luastd.Module {
	return newModule(func(_ *permit.Broker, d info) (input, error) { return open(d.path) }, true)
}
