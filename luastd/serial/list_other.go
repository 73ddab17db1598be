//go:build !linux && !windows

package serial

import (
	serialport "go.bug.st/serial"

	"moonlark/engine/permit"
)

// listPorts returns the serial ports of the machine. The system does not say to which USB devices
// they belong.
func listPorts(*permit.Broker) ([]portInfo, error) {
	names, err := serialport.GetPortsList()
	if err != nil {
		return nil, err
	}
	var all []portInfo
	for _, name := range names {
		all = append(all, portInfo{path: name})
	}
	return all, nil
}
