package serial

import (
	"strings"

	"go.bug.st/serial/enumerator"

	"moonlark/engine/permit"
)

// listPorts returns the serial ports of the machine.
func listPorts(*permit.Broker) ([]portInfo, error) {
	list, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, err
	}
	var all []portInfo
	for _, d := range list {
		p := portInfo{path: d.Name}
		if d.IsUSB {
			p.vendorID, p.productID = strings.ToLower(d.VID), strings.ToLower(d.PID)
			p.serial, p.product = d.SerialNumber, d.Product
		}
		all = append(all, p)
	}
	return all, nil
}
