package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// deviceFiles lists the kinds of devices whose files belong to a group on Debian and Raspberry Pi OS.
var deviceFiles = []struct {
	group    string   // the name of the group on these systems
	what     string   // the devices, in words
	patterns []string // match the paths of the files, without the first slash
	readOnly bool     // whether scripts only read the files
}{
	{group: "gpio", what: "the pins", patterns: []string{"dev/gpiochip[0-9]*"}},
	{group: "i2c", what: "the I2C bus", patterns: []string{"dev/i2c-[0-9]*"}},
	{group: "spi", what: "the SPI bus", patterns: []string{"dev/spidev[0-9]*"}},
	{group: "dialout", what: "the serial port", patterns: []string{"dev/ttyUSB[0-9]*", "dev/ttyACM[0-9]*", "dev/ttyAMA[0-9]*"}},
	{group: "input", what: "the keys", patterns: []string{"dev/input/event[0-9]*"}, readOnly: true},
}

// checkGroups reports the devices that the scripts use, as far as their sources and permissions say, and
// that this user cannot open.
func (c *checker) checkGroups(d Device) {
	for _, kind := range deviceFiles {
		if !slices.Contains(c.DeviceGroups, kind.group) {
			continue
		}
		var paths, refused []string
		for _, pattern := range kind.patterns {
			paths = append(paths, d.files(pattern)...)
		}
		for _, path := range paths {
			if !d.CanOpen(filepath.Join("/", d.Root, path), !kind.readOnly) {
				refused = append(refused, path)
			}
		}
		switch {
		case len(paths) == 0: // it may be plugged in later
		case len(refused) == 0:
			c.ok("machine", kind.group, fmt.Sprintf("this user can open %s: /%s", kind.what, strings.Join(paths, ", /")))
		default:
			c.warn("machine", kind.group, fmt.Sprintf("this user cannot open %s: /%s", kind.what, strings.Join(refused, ", /")), d.groupFix(refused[0], kind.group))
		}
	}
}

// groupFix returns the suggestion to a user who cannot open the device at path. usual is the group that
// the device has on most systems.
func (d Device) groupFix(path, usual string) string {
	group, known := d.groupOf(path)
	switch {
	case known && group != "root":
		usual = group
	case d.hasGroup(usual):
		return fmt.Sprintf("the device belongs to root: a rule of udev must give it to the group %s, as on Raspberry Pi OS; then sudo adduser $USER %[1]s, and log in again", usual)
	}
	return fmt.Sprintf("sudo adduser $USER %s, and log in again; the service of moonlark install has the group already", usual)
}

// groupOf returns the name of the group of a file.
func (d Device) groupOf(path string) (name string, ok bool) {
	info, err := os.Stat(filepath.Join("/", d.Root, path))
	if err != nil {
		return "", false
	}
	id, ok := groupID(info)
	if !ok {
		return "", false
	}
	for name, number := range d.groups() {
		if number == id {
			return name, true
		}
	}
	return "", false
}

// hasGroup reports whether the machine has a group of this name.
func (d Device) hasGroup(name string) bool {
	_, ok := d.groups()[name]
	return ok
}

// groups returns the numbers of the groups by their names.
func (d Device) groups() map[string]uint32 {
	all := make(map[string]uint32)
	for line := range strings.Lines(d.read("etc/group")) {
		if fields := strings.Split(strings.TrimSpace(line), ":"); len(fields) > 2 {
			if id, err := strconv.ParseUint(fields[2], 10, 32); err == nil {
				all[fields[0]] = uint32(id)
			}
		}
	}
	return all
}
