package serial

import (
	"path"
	"regexp"
	"strings"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// byIDFolder is the folder with links to the ports of USB devices.
const byIDFolder = "/dev/serial/by-id"

// portPath matches the paths of serial ports, and of pseudo-terminals, which look like them. The
// consoles of the machine (tty, tty1, ...) do not match.
var portPath = regexp.MustCompile(`^/dev/(tty[A-Za-z]\w*|rfcomm\d+|pts/\d+)$`)

// listPorts returns the serial ports that belong to a device, in the order of their names. It does
// not open them.
func listPorts(b *permit.Broker) ([]portInfo, error) {
	names, err := b.ListSystem("/sys/class/tty")
	if err != nil {
		return nil, nil // a container, for example
	}
	byID := linksOfFolder(b, byIDFolder)
	var all []portInfo
	for _, name := range names {
		device, err := b.ResolveSystem("/sys/class/tty/" + name + "/device")
		if err != nil || !isPresent(b, name, device) {
			continue
		}
		p := portInfo{path: "/dev/" + name, byID: byID["/dev/"+name]}
		readUSB(b, device, &p)
		all = append(all, p)
	}
	return all, nil
}

// isPresent reports whether the port is one of a device, and not one of those that the kernel lists
// for ports that a PC could have.
func isPresent(b *permit.Broker, name, device string) bool {
	if !strings.HasPrefix(name, "ttyS") || !strings.HasSuffix(device, "/serial8250") {
		return true
	}
	kind, err := b.ReadSystem("/sys/class/tty/" + name + "/type")
	return err == nil && kind != "0"
}

// linksOfFolder returns the links in a folder of /dev, by the path to which they lead.
func linksOfFolder(b *permit.Broker, folder string) map[string][]string {
	links := make(map[string][]string)
	names, _ := b.ListSystem(folder)
	for _, name := range names {
		if to, err := b.ResolveSystem(folder + "/" + name); err == nil {
			links[to] = append(links[to], folder+"/"+name)
		}
	}
	return links
}

// readUSB sets what is known about the USB device to which the port with this folder in /sys
// belongs.
func readUSB(b *permit.Broker, folder string, p *portInfo) {
	for range 4 { // the device is above its interface, which is above the port
		vendor, err := b.ReadSystem(folder + "/idVendor")
		if err != nil {
			folder = path.Dir(folder)
			continue
		}
		product, _ := b.ReadSystem(folder + "/idProduct")
		p.vendorID, p.productID = strings.ToLower(vendor), strings.ToLower(product)
		p.serial, _ = b.ReadSystem(folder + "/serial")
		p.product, _ = b.ReadSystem(folder + "/product")
		return
	}
}

// locatePath finds the port with this path, which may be a link.
func locatePath(b *permit.Broker, device string) (place, error) {
	refusal := "use the serial port " + device
	if !strings.HasPrefix(device, "/dev/") { // no script may find out which other files there are
		if err := b.CheckDevice(permit.Serial, refusal, device); err != nil {
			return place{}, err
		}
	}
	to, err := b.ResolveDevice(device)
	if err != nil {
		return place{}, err
	}
	if !portPath.MatchString(to) {
		if err := b.CheckDevice(permit.Serial, refusal, device); err != nil {
			return place{}, err
		}
		return place{}, sockets.Fail("invalid", "%s is not a serial port", device)
	}
	p := portInfo{path: to, byID: linksOfFolder(b, byIDFolder)[to]}
	if folder, err := b.ResolveSystem("/sys/class/tty/" + path.Base(to) + "/device"); err == nil {
		readUSB(b, folder, &p)
	}
	names := append([]string{device}, p.names()...)
	if strings.HasPrefix(to, "/dev/pts/") { // could be the terminal of a person
		return place{device, names}, b.CheckNamedDevice(permit.Serial, refusal, names...)
	}
	return place{device, names}, b.CheckDevice(permit.Serial, refusal, names...)
}
