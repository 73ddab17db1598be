//go:build !linux

package keys

import "moonlark/engine/permit"

const supported = false

// openInput returns a failure: see errUnsupported.
func openInput(*permit.Broker, info) (input, error) { return nil, errUnsupported }
