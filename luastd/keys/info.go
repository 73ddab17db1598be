package keys

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/value"
)

// An info describes a device that has keys.
type info struct {
	name, path, phys string
	kind             string // "keyboard", "remote", "scanner" or "buttons"
	links            []string
}

// names returns the names with which the device can be granted.
func (d info) names() []string { return append([]string{d.name, d.path}, d.links...) }

// linkFolders are the folders with links to devices, which are always the same for one device.
var linkFolders = []string{"/dev/input/by-id", "/dev/input/by-path"}

// listDevices returns the devices that have keys, in the order of their numbers. It does not open
// them.
func listDevices(b *permit.Broker) []info {
	entries, _ := b.ListSystem("/sys/class/input")
	links := make(map[string][]string)
	for _, folder := range linkFolders {
		names, _ := b.ListSystem(folder)
		for _, name := range names {
			if to, err := b.ResolveSystem(folder + "/" + name); err == nil {
				links[to] = append(links[to], folder+"/"+name)
			}
		}
	}
	all := []info{}
	for _, entry := range entries {
		if !strings.HasPrefix(entry, "event") {
			continue
		}
		folder := "/sys/class/input/" + entry + "/device/"
		d := info{path: "/dev/input/" + entry}
		var err error
		if d.name, err = b.ReadSystem(folder + "name"); err != nil {
			continue
		}
		d.phys, _ = b.ReadSystem(folder + "phys")
		d.links = links[d.path]
		keys, _ := b.ReadSystem(folder + "capabilities/key")
		if d.kind = kindOf(d.name, parseBits(keys, strconv.IntSize)); d.kind != "" {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b info) int { return cmp.Compare(numberOf(a.path), numberOf(b.path)) })
	return all
}

func numberOf(path string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(path, "/dev/input/event"))
	return n
}

// parseBits returns the numbers of the bits that are set in a text of hexadecimal words of so many
// bits, the highest word first.
func parseBits(text string, wordSize int) map[uint16]bool {
	bits := make(map[uint16]bool)
	words := strings.Fields(text)
	for i, word := range words {
		n, err := strconv.ParseUint(word, 16, 64)
		for bit := 0; err == nil && n != 0; bit, n = bit+1, n>>1 {
			if n&1 != 0 {
				bits[uint16((len(words)-1-i)*wordSize+bit)] = true
			}
		}
	}
	return bits
}

// kindOf returns the kind of a device with these keys, or "" if it has only the buttons of a mouse
// or of a touchscreen, or none.
func kindOf(name string, keys map[uint16]bool) string {
	count := 0
	for code := range keys {
		if code < firstButton || code > lastPointerButton {
			count++
		}
	}
	lower := strings.ToLower(name)
	letters := keys[keyQ] && keys[keyA] && keys[keyZ] && keys[keyEnter]
	switch {
	case count == 0:
		return ""
	case letters && (strings.Contains(lower, "barcode") || strings.Contains(lower, "scanner")):
		return "scanner"
	case letters:
		return "keyboard"
	case count >= 5 && (keys[keyOK] || keys[keyUp] || keys[keyVolumeUp]):
		return "remote"
	}
	return "buttons"
}

// A selector says which devices a consumer gets.
type selector struct {
	all              bool // all that have been granted; the other fields are "" then
	name, path, kind string
	grab             bool
}

// checkSelector returns the argument of keys.open.
func checkSelector(L *lua.LState) selector {
	L.CheckTable(1)
	o := value.CheckOptions(L, 1, "name", "path", "kind", "grab")
	s := selector{name: o.String("name", ""), path: o.String("path", ""), grab: o.Bool("grab", false)}
	if o.Get("kind") != lua.LNil {
		s.kind = o.Choice("kind", "keyboard", "remote", "scanner", "buttons")
	}
	if s.name == "" && s.path == "" && s.kind == "" {
		L.ArgError(1, "name, path or kind is missing")
	}
	return s
}

// key returns a text that is different for different devices.
func (s selector) key() string { return strings.Join([]string{s.name, s.path, s.kind}, "\x00") }

// max returns how many devices are opened.
func (s selector) max() int {
	if s.all {
		return maxDevices
	}
	return 1
}

// matches reports whether s selects d.
func (s selector) matches(d info) bool {
	return s.all ||
		strings.Contains(strings.ToLower(d.name), strings.ToLower(s.name)) &&
			(s.path == "" || s.path == d.path || slices.Contains(d.links, s.path)) &&
			(s.kind == "" || s.kind == d.kind)
}

// String describes the device for messages.
func (s selector) String() string {
	switch {
	case s.path != "":
		return s.path
	case s.name != "":
		return "device with the name " + value.Quote(s.name)
	}
	return "device of the kind " + s.kind
}
