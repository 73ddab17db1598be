package serial

import (
	"fmt"
	"path"
	"regexp"
	"runtime"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// settings are the arguments of serial.open.
type settings struct {
	device     string
	baud, bits int
	parity     string
	stop       string // "1", "1.5" or "2"
	rtsFlow    bool
	dtr, rts   bool
	ending     string
	reconnect  bool
}

// key returns what two settings of one port have in common when the port need not be opened again.
func (s settings) key() string {
	s.ending = ""
	return fmt.Sprintf("%+v", s)
}

// checkSettings returns the arguments of serial.open.
func checkSettings(L *lua.LState) settings {
	device, err := cleanDevice(L.CheckString(1))
	if err != nil {
		L.ArgError(1, err.Error())
	}
	o := value.CheckOptions(L, 2, "baud", "bits", "parity", "stop", "flow", "dtr", "rts", "ending", "reconnect")
	s := settings{
		device: device, baud: o.Int("baud", 115200, 50, 4_000_000), bits: o.Int("bits", 8, 5, 8),
		parity:  o.Choice("parity", "none", "even", "odd", "mark", "space"),
		rtsFlow: o.Choice("flow", "none", "rts") == "rts",
		dtr:     o.Bool("dtr", true), rts: o.Bool("rts", true), ending: o.String("ending", "\n"), reconnect: o.Bool("reconnect", true),
	}
	switch stop := o.Number("stop", 1, 1, 2); {
	case stop == 1.5 && s.bits == 5:
		s.stop = "1.5"
	case stop == 1.5:
		L.ArgError(2, "1.5 stop bits need bits = 5")
	case stop == 1 || stop == 2:
		s.stop = fmt.Sprint(stop)
	default:
		L.ArgError(2, "stop must be 1, 1.5 or 2")
	}
	if len(s.ending) == 0 || len(s.ending) > 8 {
		o.RaiseString("ending", "1 to 8 bytes")
	}
	return s
}

// usbDevice matches the name of the port of a USB device.
var usbDevice = regexp.MustCompile(`^usb:[0-9a-f]{4}:[0-9a-f]{4}(:.+)?$`)

// cleanDevice checks the name of a serial port and returns it in the form in which names are compared:
// a path without "." and "..", a USB device with lower-case digits, or COM3 in capitals on Windows.
func cleanDevice(device string) (string, error) {
	switch {
	case len(device) > 255 || strings.ContainsAny(device, "\x00\r\n"):
		return "", fmt.Errorf("%s is not a device", value.Quote(device))
	case strings.HasPrefix(device, "usb:"):
		if len(device) >= len("usb:0000:0000") {
			device = strings.ToLower(device[:len("usb:0000:0000")]) + device[len("usb:0000:0000"):]
		}
		if !usbDevice.MatchString(device) {
			return "", fmt.Errorf("%s is not in the form usb:0403:6001", value.Quote(device))
		}
		return device, nil
	case runtime.GOOS == "windows":
		return strings.ToUpper(device), nil
	case !strings.HasPrefix(device, "/"):
		return "", fmt.Errorf("a path such as /dev/ttyUSB0, or usb:0403:6001, expected, got %s", value.Quote(device))
	}
	return path.Clean(device), nil
}
