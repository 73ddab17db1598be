package system

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
	"moonlark/luastd/sockets"
)

// info returns what identifies the machine.
func info(b *permit.Broker) (any, error) {
	f := fields{"os": runtime.GOOS, "arch": runtime.GOARCH}
	host, err := b.ReadSystem("/proc/sys/kernel/hostname")
	if err != nil {
		host, _ = os.Hostname()
	}
	f["host"] = host
	if kernel, err := b.ReadSystem("/proc/sys/kernel/osrelease"); err == nil {
		f["kernel"] = kernel
	}
	for _, path := range []string{"/proc/device-tree/model", "/sys/class/dmi/id/product_name"} {
		if model, err := b.ReadSystem(path); err == nil {
			f["model"] = strings.TrimRight(model, "\x00")
			break
		}
	}
	return f, nil
}

// numbers returns the numbers in a text, which is separated by white space.
func numbers(text string) ([]float64, error) {
	var all []float64
	for _, word := range strings.Fields(text) {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return all, fmt.Errorf("%q is not a number", word)
		}
		all = append(all, n)
	}
	return all, nil
}

// load returns the load of the last 1, 5 and 15 minutes.
func load(b *permit.Broker) (any, error) {
	text, err := b.ReadSystem("/proc/loadavg")
	if err != nil {
		return nil, err
	}
	all, err := numbers(text)
	if len(all) < 3 {
		return nil, fmt.Errorf("/proc/loadavg: %w", err)
	}
	return [3]float64(all[:3]), nil
}

// uptime returns the seconds since the start of the machine.
func uptime(b *permit.Broker) (any, error) {
	text, err := b.ReadSystem("/proc/uptime")
	if err != nil {
		return nil, err
	}
	all, err := numbers(text)
	if len(all) < 1 {
		return nil, fmt.Errorf("/proc/uptime: %w", err)
	}
	return all[0], nil
}

// memory returns how much memory there is, in bytes.
func memory(b *permit.Broker) (any, error) {
	text, err := b.ReadSystem("/proc/meminfo")
	if err != nil {
		return nil, err
	}
	names := map[string]string{"MemTotal": "total", "MemAvailable": "available", "SwapTotal": "swap_total", "SwapFree": "swap_free"}
	f := fields{}
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(line, ":")
		if field := names[name]; field != "" {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			if err != nil {
				return nil, fmt.Errorf("/proc/meminfo: %q is not a number", rest)
			}
			f[field] = kib * 1024
		}
	}
	return f, nil
}

// temperature returns the temperature of the processor, or of another part if that is all that the
// system tells.
func temperature(b *permit.Broker) (any, error) {
	const folder = "/sys/class/thermal"
	names, err := b.ListSystem(folder)
	if err != nil {
		return nil, err
	}
	best, found := 0.0, false
	for _, name := range names {
		if !strings.HasPrefix(name, "thermal_zone") {
			continue
		}
		kind, _ := b.ReadSystem(folder + "/" + name + "/type")
		text, err := b.ReadSystem(folder + "/" + name + "/temp")
		if err != nil {
			continue // a sensor that is switched off
		}
		thousandths, err := strconv.ParseFloat(text, 64)
		if err != nil {
			continue
		}
		isProcessor := strings.Contains(strings.ToLower(kind), "cpu") || strings.Contains(kind, "soc") || strings.HasPrefix(kind, "x86_pkg")
		if isProcessor {
			return thousandths / 1000, nil
		}
		if !found {
			best, found = thousandths/1000, true
		}
	}
	if !found {
		return nil, errUnsupported
	}
	return best, nil
}

// battery returns the state of the battery of the machine.
func battery(b *permit.Broker) (any, error) {
	const folder = "/sys/class/power_supply"
	names, _ := b.ListSystem(folder)
	for _, name := range names {
		kind, _ := b.ReadSystem(folder + "/" + name + "/type")
		scope, _ := b.ReadSystem(folder + "/" + name + "/scope")
		if kind != "Battery" || scope == "Device" { // "Device": that of a mouse, for example
			continue
		}
		text, err := b.ReadSystem(folder + "/" + name + "/capacity")
		if err != nil {
			continue
		}
		percent, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("the battery says %q", text)
		}
		status, _ := b.ReadSystem(folder + "/" + name + "/status")
		return fields{"percent": percent, "status": strings.ToLower(status)}, nil
	}
	if runtime.GOOS != "linux" {
		return nil, errUnsupported
	}
	return nil, sockets.Fail("not_found", "the machine has no battery")
}

// network returns the network interfaces, but for the one that leads back to the machine.
func network(b *permit.Broker) (any, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	signals := wirelessSignals(b)
	all := []fields{}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 {
			continue
		}
		f := fields{"name": i.Name, "up": i.Flags&net.FlagRunning != 0, "kind": kindOf(b, i.Name), "addresses": addresses(i)}
		if signal, ok := signals[i.Name]; ok {
			f["signal"] = signal
		}
		all = append(all, f)
	}
	return all, nil
}

// addresses returns the addresses of a network interface.
func addresses(i net.Interface) []string {
	list, _ := i.Addrs()
	var all []string
	for _, address := range list {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			all = append(all, prefix.Addr().String())
		}
	}
	return all
}

// kindOf returns the kind of a network interface.
func kindOf(b *permit.Broker, name string) string {
	folder := "/sys/class/net/" + name
	if names, err := b.ListSystem(folder); err == nil {
		switch {
		case slices.Contains(names, "wireless") || slices.Contains(names, "phy80211"):
			return "wifi"
		case slices.Contains(names, "device"):
			return "ethernet"
		}
	}
	return "other"
}

// wirelessSignals returns the strength of the signal of wireless interfaces in dBm, by name.
func wirelessSignals(b *permit.Broker) map[string]float64 {
	signals := make(map[string]float64)
	text, _ := b.ReadSystem("/proc/net/wireless")
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, ":")
		words := strings.Fields(rest)
		if !ok || len(words) < 3 {
			continue
		}
		if level, err := strconv.ParseFloat(strings.TrimSuffix(words[2], "."), 64); err == nil && level < 0 {
			signals[strings.TrimSpace(name)] = level
		}
	}
	return signals
}

// online reports whether an interface has an address that is more than one of the local link.
func online(*permit.Broker) (any, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 || i.Flags&net.FlagRunning == 0 {
			continue
		}
		for _, text := range addresses(i) {
			if address, err := netip.ParseAddr(text); err == nil && address.IsGlobalUnicast() {
				return true, nil
			}
		}
	}
	return false, nil
}

// disk returns the room on the disk of a file or a folder, or on that of the data folder.
func disk(b *permit.Broker, name string, given bool) (any, error) {
	path := b.DataPath()
	if given {
		var err error
		if path, err = realPath(b, name); err != nil {
			return nil, err
		}
	}
	if !given { // the data folder may not exist before something is written
		for _, err := os.Stat(path); err != nil && path != filepath.Dir(path); _, err = os.Stat(path) {
			path = filepath.Dir(path)
		}
	}
	total, free, err := space(path)
	if err != nil {
		return nil, explainFile(name, err)
	}
	return fields{"total": float64(total), "free": float64(free)}, nil
}

// realPath returns the path of a file or a folder that the script may read, without symbolic links: a
// link could lead out of the granted folder. The error is a *permit.Denied if a grant is missing.
func realPath(b *permit.Broker, name string) (string, error) {
	place, err := b.Resolve(name, false)
	var path string
	if err == nil {
		path, err = place.RealPath(os.O_RDONLY)
	}
	var denied *permit.Denied
	if err != nil && !errors.As(err, &denied) {
		err = explainFile(name, err)
	}
	return path, err
}

func explainFile(name string, err error) error {
	f := files.Explain(name, err)
	return sockets.Fail(f.Code, "%s", f.Reason)
}

// A backlight is the light of a screen.
type backlight struct {
	name     string
	now, max float64
}

const backlights = "/sys/class/backlight"

// findBacklight returns the first backlight.
func findBacklight(b *permit.Broker) (backlight, error) {
	names, _ := b.ListSystem(backlights)
	for _, name := range names {
		nowText, err := b.ReadSystem(backlights + "/" + name + "/brightness")
		if err != nil {
			continue
		}
		maxText, _ := b.ReadSystem(backlights + "/" + name + "/max_brightness")
		now, err1 := strconv.ParseFloat(nowText, 64)
		max, err2 := strconv.ParseFloat(maxText, 64)
		if err1 == nil && err2 == nil && max > 0 {
			return backlight{name, now, max}, nil
		}
	}
	if runtime.GOOS != "linux" {
		return backlight{}, errUnsupported
	}
	return backlight{}, sockets.Fail("not_found", "the machine has no screen whose brightness can be set")
}

// brightness returns the brightness of the screen, 0 to 1.
func brightness(b *permit.Broker) (any, error) {
	light, err := findBacklight(b)
	return light.now / max(1, light.max), err
}

// setBrightness sets the brightness of the screen. If the user may not write the file of the
// kernel, the login manager of the system does it.
func setBrightness(b *permit.Broker, what string, v float64) error {
	light, err := findBacklight(b)
	if err != nil {
		return err
	}
	raw := math.Round(v * light.max)
	err = b.WriteSystem(what, abilityBrightness, backlights+"/"+light.name+"/brightness", strconv.Itoa(int(raw)))
	if os.IsPermission(err) {
		return setBrightnessByLogin(light.name, uint32(raw))
	}
	return err
}
