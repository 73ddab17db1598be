package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Device gives the doctor what it reads about a small device: files of the kernel and of systemd,
// and what the kernel says by system calls. The zero value is this machine.
type Device struct {
	// Root is the folder that has the files in /proc, /sys, /run and /etc. Empty means "/".
	Root string
	// Space returns how many bytes of the file system that has path are free for ordinary users,
	// and how many it has in all. Nil asks the kernel.
	Space func(path string) (free, total uint64, err error)
	// IsSynchronized reports whether a time server sets the clock. known is false if the kernel
	// does not say. Nil asks the kernel.
	IsSynchronized func() (synchronized, known bool)
	// KernelLog returns the messages of the kernel, or "" if this user may not read them. Nil asks
	// the kernel.
	KernelLog func() string
	// CanOpen reports whether this user may open a file to read it, and to write it too if write is
	// true. Nil asks the kernel.
	CanOpen func(path string, write bool) bool
}

func (d Device) withDefaults() Device {
	if d.Space == nil {
		d.Space = space
	}
	if d.IsSynchronized == nil {
		d.IsSynchronized = isSynchronized
	}
	if d.KernelLog == nil {
		d.KernelLog = kernelLog
	}
	if d.CanOpen == nil {
		d.CanOpen = canOpen
	}
	return d
}

// read returns the text of a file without white space around it, or "" if it cannot be read. path is
// relative to the root.
func (d Device) read(path string) string {
	text, err := os.ReadFile(filepath.Join("/", d.Root, path))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// files returns the paths of the files that match a pattern, relative to the root, sorted.
func (d Device) files(pattern string) []string {
	root := filepath.Join("/", d.Root)
	found, _ := filepath.Glob(filepath.Join(root, pattern))
	for i, path := range found {
		found[i] = strings.TrimPrefix(strings.TrimPrefix(path, root), "/")
	}
	return found
}

// checkDevice reports on the power supply, the temperature, the memory card, the disk, the Wi-Fi and
// the time service, and on the devices that the scripts use. It reports nothing about a part that the
// machine does not have.
func (c *checker) checkDevice(now time.Time) {
	d := c.Device.withDefaults()
	c.checkVoltage(d)
	c.checkTemperature(d)
	c.checkCard(d)
	c.checkStorage(d)
	c.checkWiFi(d)
	c.checkTimeService(d, now)
	c.checkGroups(d)
}

// Bits of the value with which a Raspberry Pi says why it is slow. The same bits, shifted by
// wasBefore, say that this happened since the start.
const (
	lowVoltage  = 1 << 0
	capped      = 1 << 1
	throttled   = 1 << 2
	softLimit   = 1 << 3
	wasBefore   = 16
	slowBecause = capped | throttled | softLimit
)

// checkVoltage reports what a Raspberry Pi says about its power supply, and about the heat that
// makes it slow.
func (c *checker) checkVoltage(d Device) {
	const (
		group, subject = "machine", "voltage"
		fix            = "use the power supply that is made for this board, and a short, thick cable; give devices at USB a supply of their own"
		coolFix        = "add a heat sink or a fan, or give the case more air"
	)
	for _, path := range d.files("sys/devices/platform/soc*/soc*firmware/get_throttled") {
		bits, err := strconv.ParseUint(strings.TrimPrefix(d.read(path), "0x"), 16, 32)
		if err != nil {
			continue
		}
		before := bits >> wasBefore
		switch {
		case bits&lowVoltage != 0:
			c.fail(group, subject, "too low now: the device can crash, and the memory card can be damaged", fix)
		case before&lowVoltage != 0:
			c.warn(group, subject, "was too low since the start: the device can crash, and the memory card can be damaged", fix)
		default:
			c.ok(group, subject, "was never too low since the start")
		}
		switch {
		case bits&slowBecause != 0:
			c.warn(group, "speed", "the processor is slowed down now, because it is too hot or the voltage is too low", coolFix)
		case before&slowBecause != 0:
			c.warn(group, "speed", "the processor was slowed down since the start, because it was too hot or the voltage was too low", coolFix)
		}
		return
	}
	for _, path := range d.files("sys/class/hwmon/hwmon*/in0_lcrit_alarm") {
		if d.read(filepath.Join(filepath.Dir(path), "name")) != "rpi_volt" {
			continue
		}
		if d.read(path) == "1" {
			c.fail(group, subject, "too low now: the device can crash, and the memory card can be damaged", fix)
			return
		}
		c.ok(group, subject, "not too low now")
		return
	}
}

// checkTemperature reports the temperature of the hottest part of the processor.
func (c *checker) checkTemperature(d Device) {
	const (
		group, subject = "machine", "temperature"
		warm           = 80 // in °C: a Raspberry Pi becomes slower from here
		hot            = 85
		fix            = "add a heat sink or a fan, or give the case more air"
	)
	hottest := 0.0
	for _, path := range d.files("sys/class/thermal/thermal_zone*/temp") {
		thousandths, err := strconv.ParseFloat(d.read(path), 64)
		if t := thousandths / 1000; err == nil && t < 200 { // other values are mistakes of a sensor
			hottest = max(hottest, t)
		}
	}
	text := fmt.Sprintf("%.0f °C", hottest)
	switch {
	case hottest <= 0: // there is no sensor
	case hottest >= hot:
		c.warn(group, subject, text+": too hot, and the processor is slowed down", fix)
	case hottest >= warm:
		c.warn(group, subject, text+": hot, and a Raspberry Pi is slowed down from 80 °C", fix)
	default:
		c.ok(group, subject, text)
	}
}

// checkWiFi reports the strength of the signal of each wireless network in use.
func (c *checker) checkWiFi(d Device) {
	const (
		group, subject = "machine", "Wi-Fi"
		weak           = -75 // in dBm: sound begins to have gaps
		veryWeak       = -85
	)
	for line := range strings.Lines(d.read("proc/net/wireless")) {
		name, values, ok := strings.Cut(strings.TrimSpace(line), ":")
		fields := strings.Fields(values)
		if !ok || len(fields) < 3 {
			continue
		}
		level, err := strconv.Atoi(strings.TrimSuffix(fields[2], "."))
		if level > 0 {
			level -= 256 // some drivers report a byte
		}
		text := fmt.Sprintf("%s receives %d dBm", name, level)
		switch {
		case err != nil || level == 0 || level <= -256: // not connected
		case level < veryWeak:
			c.warn(group, subject, text+": very weak, connections will be lost", "move the device or the access point, or use a cable")
		case level < weak:
			c.warn(group, subject, text+": weak, and sound may have gaps", "move the device or the access point, or use a cable")
		default:
			c.ok(group, subject, text)
		}
	}
}

// checkTimeService reports whether a time server keeps the clock right. It reports nothing for a
// clock that is obviously wrong, which checkClock reports.
func (c *checker) checkTimeService(d Device, now time.Time) {
	const group, subject = "machine", "time service"
	if isImpossible(now) {
		return
	}
	synchronized, known := d.IsSynchronized()
	switch {
	case synchronized, len(d.files("run/systemd/timesync/synchronized")) > 0:
		c.ok(group, subject, "a time server keeps the clock right")
	case known:
		c.warn(group, subject, "no time server keeps the clock right: it drifts, and may be wrong after a power cut",
			"timedatectl set-ntp true; timedatectl timesync-status says which server is asked")
	}
}

// isImpossible reports whether a time cannot be the present one, as on a device without a battery
// for its clock before the clock has been set.
func isImpossible(now time.Time) bool { return now.Year() < 2025 || now.Year() > 2100 }

// cardError is a line of the kernel's log about a memory card, or the file system on it, that does
// not work. A message with "errors" is about the option errors= of a file system.
var cardError = regexp.MustCompile(`(?i)(I/O error, dev mmcblk|mmc\d+: .*(error|timeout)\b|mmcblk\d.*error\b|EXT4-fs error \(device mmcblk|Buffer I/O error on dev mmcblk)`)

// wifiError is in a line of the kernel's log about a wireless adapter, which is connected like a
// memory card.
const wifiError = "SDIO"

// checkCard reports errors of the memory card and of its file system, and the wear of soldered
// memory (eMMC).
func (c *checker) checkCard(d Device) {
	const (
		group, subject = "machine", "memory card"
		fix            = "back up the data, and replace the card; low voltage and power cuts damage cards too"
	)
	cards := d.files("sys/block/mmcblk[0-9]")
	damaged := false
	for _, path := range d.files("sys/fs/ext4/*/errors_count") {
		if count := d.read(path); count != "" && count != "0" {
			damaged = true
			device := filepath.Base(filepath.Dir(path))
			c.fail(group, "file system", fmt.Sprintf("%s has had %s errors", device, count), "back up the data, and check the file system: fsck /dev/"+device)
		}
	}
	if len(cards) == 0 {
		return
	}
	for line := range strings.Lines(d.KernelLog()) {
		if cardError.MatchString(line) && !strings.Contains(line, wifiError) {
			c.fail(group, subject, "the kernel reports an error: "+strings.TrimSpace(line), fix)
			return
		}
	}
	for _, card := range cards {
		switch d.read(filepath.Join(card, "device/pre_eol_info")) {
		case "0x02":
			c.warn(group, subject, filepath.Base(card)+" has used 80 % of its spare blocks", fix)
			damaged = true
		case "0x03":
			c.fail(group, subject, filepath.Base(card)+" has used 90 % of its spare blocks, and will fail soon", fix)
			damaged = true
		}
	}
	if !damaged {
		c.ok(group, subject, filepath.Base(cards[0])+" has no known errors")
	}
}
