package serial_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

// fakeUSB writes what the kernel says in /sys about a USB device with a serial port. It is a fake
// of /sys, because the machines on which the tests run have no such devices.
func fakeUSB(t *testing.T, root, port, vendor, product, serial, name string) {
	t.Helper()
	device := filepath.Join(root, "sys/devices/pci0/usb1", vendor+product+serial)
	folder := filepath.Join(device, "1-1:1.0", port)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"idVendor": vendor, "idProduct": product, "serial": serial, "product": name} {
		if text != "" {
			if err := os.WriteFile(filepath.Join(device, file), []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	class := filepath.Join(root, "sys/class/tty", port)
	if err := os.MkdirAll(class, 0o700); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(class, "device"))
	if err := os.Symlink(folder, filepath.Join(class, "device")); err != nil {
		t.Fatal(err)
	}
}

// addPCPort adds a port that the kernel lists although the machine has no such port, and the
// console.
func addPCPort(t *testing.T, root string) {
	t.Helper()
	folder := filepath.Join(root, "sys/devices/platform/serial8250")
	class := filepath.Join(root, "sys/class/tty/ttyS0")
	os.MkdirAll(folder, 0o700)
	os.MkdirAll(class, 0o700)
	os.MkdirAll(filepath.Join(root, "sys/class/tty/tty1"), 0o700)
	os.Symlink(folder, filepath.Join(class, "device"))
	if err := os.WriteFile(filepath.Join(class, "type"), []byte("0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

const showPorts = `local all = {} for _, p in ipairs(serial.ports()) do
	all[#all + 1] = table.concat({p.path, p.by_id or "-", p.vid or "-", p.pid or "-", p.serial or "-", p.product or "-"}, " ")
end return table.concat(all, ", ")`

func TestPorts(t *testing.T) {
	root := newRoot(t)
	fakeUSB(t, root, "ttyUSB0", "0403", "6001", "A50285BI", "FT232R USB UART")
	fakeUSB(t, root, "ttyACM0", "2341", "0043", "", "Arduino Uno")
	addPCPort(t, root)
	os.MkdirAll(filepath.Join(root, "dev/serial/by-id"), 0o700)
	os.WriteFile(filepath.Join(root, "dev/ttyUSB0"), nil, 0o600)
	os.Symlink("../../ttyUSB0", filepath.Join(root, "dev/serial/by-id/usb-FTDI"))
	all := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, "")})
	all.Want(showPorts, "/dev/ttyACM0 - 2341 0043 - Arduino Uno, /dev/ttyUSB0 /dev/serial/by-id/usb-FTDI 0403 6001 A50285BI FT232R USB UART")
	one := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, "usb:2341:0043")})
	one.Want(showPorts, "/dev/ttyACM0 - 2341 0043 - Arduino Uno")
	none := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root)})
	none.Want(`return pcall(serial.ports)`, "false, serial.ports: test.lua may not use serial ports. Start with --allow-serial")
	if got := strings.Join(one.Output(), "\n"); got != "" {
		t.Errorf("the log is %s", got)
	}
}

// The port of a USB device is found wherever the system puts it, and it can be granted by each
// name.
func TestTheNamesOfAPort(t *testing.T) {
	root := newRoot(t)
	os.MkdirAll(filepath.Join(root, "dev/serial/by-id"), 0o700)
	for n, port := range []string{"ttyUSB0", "ttyUSB1"} {
		fakeUSB(t, root, "ttyUSB0", "0403", "6001", "A50285BI", "FT232R USB UART")
		os.RemoveAll(filepath.Join(root, "sys/class/tty"))
		fakeUSB(t, root, port, "0403", "6001", "A50285BI", "FT232R USB UART")
		d := plug(t, root, "/dev/"+port)
		d.echo()
		for _, granted := range []string{"", "/dev/" + port, "usb:0403:6001", "usb:0403:6001:A50285BI"} {
			s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, granted)})
			for _, device := range []string{"usb:0403:6001", "usb:0403:6001:A50285BI", "/dev/" + port} {
				if strings.HasPrefix(device, "/") && granted != "/dev/"+port {
					continue // a pseudo-terminal has another path, and must be named
				}
				s.Want(`local p, why = serial.open("`+device+`") if not p then return why end return p:request("x\n", 10), p.path, p:close()`, "x!, /dev/"+port+", true")
			}
			s.Scripts.Close()
		}
		for _, granted := range []string{"/dev/ttyUSB7", "usb:0403:6002"} {
			s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, granted)})
			for _, device := range []string{"/dev/" + port, "usb:0403:6001"} {
				s.Want(`return pcall(serial.open, "`+device+`")`, "false, serial.open: test.lua may not use the serial port "+device+". Start with --allow-serial="+device)
			}
			s.Scripts.Close()
		}
		if n == 0 {
			d.unplug()
		}
	}
}

func TestOnlySerialPortsAreOpened(t *testing.T) {
	root := newRoot(t)
	for name, to := range map[string]string{"watchdog": "/dev/null", "ttyX0": "/dev/zero", "file": "/etc/passwd"} {
		if err := os.Symlink(to, filepath.Join(root, "dev", name)); err != nil {
			t.Fatal(err)
		}
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, "")})
	for _, name := range []string{"watchdog", "ttyX0", "file"} {
		s.Want(`return serial.open("/dev/`+name+`")`, "nil, invalid: /dev/"+name+" is not a serial port, invalid")
	}
	limited := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, "/dev/ttyUSB0")})
	limited.Want(`return pcall(serial.open, "/etc/passwd")`, "false, serial.open: test.lua may not use the serial port /etc/passwd. Start with --allow-serial=/etc/passwd")
	limited.Want(`return pcall(serial.open, "/etc/nothing")`, "false, serial.open: test.lua may not use the serial port /etc/nothing. Start with --allow-serial=/etc/nothing")
	nothing := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root)})
	nothing.Want(`return pcall(serial.open, "/dev/ttyUSB0")`, "false, serial.open: test.lua may not use the serial port /dev/ttyUSB0. Start with --allow-serial=/dev/ttyUSB0")
}

// The terminals of people are pseudo-terminals too.
func TestAPseudoTerminalMustBeGrantedByItsName(t *testing.T) {
	root := newRoot(t)
	plug(t, root, port0)
	all := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, "")})
	all.Want(`return pcall(serial.open, "/dev/ttyUSB0")`, "false, serial.open: test.lua may not use the serial port /dev/ttyUSB0. Start with --allow-serial=/dev/ttyUSB0")
	named := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, "", port0)})
	named.Want(`return serial.open("/dev/ttyUSB0").connected`, "true")
}

func TestAPathIsGrantedByTheUSBDevice(t *testing.T) {
	root := newRoot(t)
	fakeUSB(t, root, "ttyUSB0", "0403", "6001", "A50285BI", "FT232R USB UART")
	if err := os.WriteFile(filepath.Join(root, port0), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, granted := range []string{"usb:0403:6001", "usb:0403:6001:A50285BI"} {
		s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions(root, granted)})
		// The device is a file here, so that it can be granted, but not be opened.
		if got := s.Run(`return serial.open("/dev/ttyUSB0")`); !strings.HasPrefix(got, "nil, io: ") || !strings.Contains(got, "is not a device") {
			t.Errorf("%s: got %s", granted, got)
		}
	}
}
