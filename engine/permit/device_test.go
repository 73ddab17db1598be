package permit

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func deviceBroker(t *testing.T, grants ...Grant) *Broker {
	b, err := New(Options{Script: "a.lua", Folder: t.TempDir(), Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestADeviceIsGrantedHoweverItsNameIsWritten(t *testing.T) {
	b := deviceBroker(t, Grant{Kind: Serial, Value: "USB:2E8A:000A:E660"}, Grant{Kind: Serial, Value: "/dev/./serial0/"}, Grant{Kind: I2C, Value: "1:0x4A"})
	for _, row := range []struct {
		kind Kind
		name string
		want bool
	}{
		{Serial, "usb:2e8a:000a:E660", true},
		{Serial, "usb:2e8a:000a:e660", false}, // another device: the case of its number counts
		{Serial, "/dev/serial0", true},
		{Serial, "/dev/Serial0", runtime.GOOS == "windows"},
		{I2C, "1:0x4a", true},
	} {
		if got := b.HasDevice(row.kind, row.name); got != row.want {
			t.Errorf("%s %s: got %v, want %v", row.kind, row.name, got, row.want)
		}
	}
}

func TestADeviceIsGrantedByAnyOfItsNames(t *testing.T) {
	b := deviceBroker(t, Grant{Kind: Serial, Value: "usb:0403:6001"}, Grant{Kind: GPIO})
	for _, row := range []struct {
		kind  Kind
		names []string
		want  string
	}{
		{Serial, []string{"/dev/ttyUSB0", "usb:0403:6001"}, ""},
		{Serial, []string{"/dev/ttyUSB1"}, "a.lua may not use x. Start with --allow-serial=/dev/ttyUSB1"},
		{GPIO, []string{"17"}, ""},
		{I2C, []string{"usb:0403:6001"}, "a.lua may not use x. Start with --allow-i2c=usb:0403:6001"},
		{Mic, nil, "a.lua may not use x. Start with --allow-mic"},
	} {
		got := ""
		if err := b.CheckDevice(row.kind, "use x", row.names...); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s %v: got %q, want %q", row.kind, row.names, got, row.want)
		}
	}
	if err := b.CheckNamedDevice(GPIO, "use x", "17"); err == nil || err.Error() != "a.lua may not use x. Start with --allow-gpio=17" {
		t.Errorf("a grant of everything permits a device that must be named: %v", err)
	}
	if err := b.CheckNamedDevice(Serial, "use x", "/dev/ttyUSB0", "usb:0403:6001"); err != nil {
		t.Error(err)
	}
	if !b.HasAny(Serial) || !b.HasAny(GPIO) || b.HasAny(Mic) {
		t.Error("HasAny is wrong")
	}
}

func TestOnlyADeviceIsOpenedAsADevice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no /dev/null")
	}
	b := deviceBroker(t, Grant{Kind: Serial})
	f, err := b.OpenDevice(Serial, "use it", "/dev/null", os.O_RDWR, "/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenDevice(Serial, "use it", path, os.O_RDWR, path); err == nil {
		t.Error("a file was opened as a device")
	}
	if _, err := b.OpenDevice(Keys, "use it", "/dev/null", os.O_RDWR, "/dev/null"); err == nil {
		t.Error("a device was opened without a permission")
	}
}

func TestOnePermissionOpensASharedDevice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no /dev/null")
	}
	b := deviceBroker(t, Grant{Kind: GPIO, Value: "17"})
	f, err := b.OpenShared(GPIO, "use it", "/dev/null", os.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if !b.HasDevice(GPIO, "17") || b.HasDevice(GPIO, "18") {
		t.Error("HasDevice is wrong")
	}
	if _, err := b.OpenShared(SPI, "use it", "/dev/null", os.O_RDWR); err == nil || err.Error() != "a.lua may not use it. Start with --allow-spi" {
		t.Errorf("without a permission: %v", err)
	}
}

func TestTheNameOfADeviceHasNoLineBreaks(t *testing.T) {
	for _, name := range []string{" x", "a\nb", "\x00"} {
		if err := Check([]Grant{{Kind: Keys, Value: name}}, nil); err == nil {
			t.Errorf("%q is granted", name)
		}
	}
}
