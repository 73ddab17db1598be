package permit

import (
	"fmt"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
)

// isDevice reports whether the values of a grant of this kind are names of devices, or of abilities of
// the system.
func (k Kind) isDevice() bool {
	return slices.Contains([]Kind{GPIO, I2C, SPI, Serial, Keys, Mic, Sys}, k)
}

func checkDevice(name string) error {
	if strings.TrimSpace(name) != name || strings.ContainsAny(name, "\t\r\n\x00") {
		return fmt.Errorf("%q is not the name of a device", name)
	}
	return nil
}

// CheckDevice returns a *Denied if the script may not use a device of this kind, which is one of GPIO,
// I2C, SPI, Serial, Keys, Mic and Sys. names are the names under which the device can be granted; the
// first one is what the script has called it. what says what is refused, such as "use the serial port
// /dev/ttyUSB0".
func (b *Broker) CheckDevice(kind Kind, what string, names ...string) error {
	if b.HasDevice(kind, names...) {
		verb, target, _ := strings.Cut(what, " ")
		b.used(kind, verb, target)
		return nil
	}
	d := &Denied{What: what, Flag: flag(kind, "")}
	if len(names) > 0 {
		d.Flag = flag(kind, names[0])
	}
	return b.refuse(d)
}

// CheckNamedDevice is like CheckDevice, but a grant of everything of the kind does not permit the device.
func (b *Broker) CheckNamedDevice(kind Kind, what string, names ...string) error {
	if b.hasNamed(kind, names...) {
		verb, target, _ := strings.Cut(what, " ")
		b.used(kind, verb, target)
		return nil
	}
	return b.refuse(&Denied{What: what, Flag: flag(kind, names[0])})
}

// HasDevice reports whether CheckDevice permits the device with these names. Unlike CheckDevice, it does
// not log a refusal, so that a module can leave out devices of a list.
func (b *Broker) HasDevice(kind Kind, names ...string) bool {
	return b.all[kind] || b.hasNamed(kind, names...)
}

func (b *Broker) hasNamed(kind Kind, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return b.devices[namedDevice(kind, name)] })
}

// HasAny reports whether the script has a permission of this kind, for whatever device.
func (b *Broker) HasAny(kind Kind) bool {
	if b.all[kind] {
		return true
	}
	for d := range b.devices {
		if d.kind == kind {
			return true
		}
	}
	return false
}

// OpenDevice opens the device file path, with flags as for os.OpenFile, if CheckDevice permits it.
// It returns an error if path is not a device of characters, so that no script reads a file as if it
// were a device. It may block while the driver opens the device.
func (b *Broker) OpenDevice(kind Kind, what, path string, flags int, names ...string) (*os.File, error) {
	if err := b.CheckDevice(kind, what, names...); err != nil {
		return nil, err
	}
	return openDevice(b.system(path), flags)
}

// OpenShared opens the device file path like OpenDevice, if the script has any permission of this kind.
// It is for a file through which several devices are used, such as a GPIO chip: the caller checks each
// of them with CheckDevice.
func (b *Broker) OpenShared(kind Kind, what, path string, flags int) (*os.File, error) {
	if !b.HasAny(kind) {
		return nil, b.CheckDevice(kind, what)
	}
	return openDevice(b.system(path), flags)
}

func openDevice(path string, flags int) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&os.ModeCharDevice == 0 {
		return nil, fmt.Errorf("%s is not a device", path)
	}
	return os.OpenFile(path, flags, 0)
}

// namedDevice returns the device with a name, in the one form of names that mean the same, such as
// usb:2E8A:000a and usb:2e8a:000A, or com3 and COM3 on Windows.
func namedDevice(kind Kind, name string) device {
	const usb = "usb:0000:0000"
	switch {
	case kind == I2C, kind == SPI, kind == Sys:
		name = strings.ToLower(name)
	case kind != Serial:
	case len(name) >= len(usb) && strings.EqualFold(name[:len("usb:")], "usb:"):
		name = strings.ToLower(name[:len(usb)]) + name[len(usb):] // the number of one device follows
	case runtime.GOOS == "windows":
		name = strings.ToUpper(name)
	case strings.HasPrefix(name, "/"):
		name = path.Clean(name)
	}
	return device{kind, name}
}

// A device is a device, or an ability of the system, that has been granted.
type device struct {
	kind Kind
	name string
}
