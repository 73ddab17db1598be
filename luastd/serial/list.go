package serial

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// A portInfo describes a serial port of the machine.
type portInfo struct {
	path string   // such as "/dev/ttyUSB0"
	byID []string // other paths that lead to it, which are always the same for one device

	// The fields below are "" if the port does not belong to a USB device.
	vendorID, productID string // four hexadecimal digits
	serial              string // the serial number, "" if the device has none
	product             string
}

// names returns the names with which the port can be granted and opened.
func (p portInfo) names() []string {
	names := append([]string{p.path}, p.byID...)
	if p.vendorID != "" {
		usb := "usb:" + p.vendorID + ":" + p.productID
		names = append(names, usb)
		if p.serial != "" {
			names = append(names, usb+":"+p.serial)
		}
	}
	return names
}

// table returns p as a Lua table.
func (p portInfo) table(L *lua.LState) *lua.LTable {
	t := L.CreateTable(0, 6)
	byID := ""
	if len(p.byID) > 0 {
		byID = p.byID[0]
	}
	for name, text := range map[string]string{
		"path": p.path, "by_id": byID, "vid": p.vendorID, "pid": p.productID, "serial": p.serial, "product": p.product,
	} {
		if text != "" {
			t.RawSetString(name, lua.LString(text))
		}
	}
	return t
}

// A place is a port that the script may use.
type place struct {
	path  string   // the path that is opened
	names []string // the names with which it can be granted
}

// locate finds the port of a device. The error is a *permit.Denied if the script may not use the
// port, and a *sockets.Failure with the code not_found if the port is not there.
func locate(b *permit.Broker, device string) (place, error) {
	if !strings.HasPrefix(device, "usb:") {
		return locatePath(b, device)
	}
	all, err := listPorts(b)
	if err != nil {
		return place{}, err
	}
	var found []place
	for _, p := range all {
		if names := p.names(); slices.Contains(names, device) {
			found = append(found, place{p.path, names})
		}
	}
	for _, p := range found {
		if b.HasDevice(permit.Serial, p.names...) {
			return p, nil
		}
	}
	if len(found) > 0 {
		return place{}, b.CheckDevice(permit.Serial, "use the serial port "+device, device)
	}
	return place{}, sockets.Fail("not_found", "there is no USB device %s with a serial port", device[len("usb:"):])
}

// explain returns the Failure for an error of opening or using a port.
func explain(err error, device string) *sockets.Failure {
	var known *sockets.Failure
	var denied *permit.Denied
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &denied):
		return sockets.Fail("denied", "%s", err)
	case errors.Is(err, fs.ErrNotExist):
		return sockets.Fail("not_found", "there is no device %s", device)
	case errors.Is(err, fs.ErrPermission):
		return sockets.Fail("denied", "the system does not allow the use of %s: the user must belong to a group such as dialout", device)
	}
	return explainSystem(err, device)
}
