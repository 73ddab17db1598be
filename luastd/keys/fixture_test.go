package keys_test

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/keys"
	"moonlark/luastd/luastdtest"
)

// A machine is a fake of the input devices of a machine: of what the kernel says in /sys, and of
// the devices, which send what the kernel would send. Machines without a keyboard, and without the
// means to make one, have no real ones.
type machine struct {
	t    *testing.T
	root string

	mu      sync.Mutex // guards the fields below
	devices map[string]*keyboard
	opened  int // number of devices that have been opened
}

// A keyboard is a fake device.
type keyboard struct {
	m    *machine
	path string

	mu      sync.Mutex // guards the fields below
	opened  []*io.PipeWriter
	down    map[uint16]bool
	grabs   int
	failure error // of Grab
	at      time.Time
}

const (
	letters = "10000 7 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe" // what a keyboard at USB says
	few     = "10000000000000 0"                                           // the power button
	remote  = "100000000 0 0 0 e168000000000 0"                            // arrows, volume and OK
	mouse   = "70000 0 0 0 0"
)

// words32 returns the same in words of 32 bits if the machine has these.
func words32(keys string) string {
	if strconv.IntSize == 64 {
		return keys
	}
	var words []string
	for _, word := range strings.Fields(keys) {
		n, _ := strconv.ParseUint(word, 16, 64)
		words = append(words, strconv.FormatUint(n>>32, 16), strconv.FormatUint(n&0xffffffff, 16))
	}
	return strings.Join(words, " ")
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, root: t.TempDir(), devices: map[string]*keyboard{}}
	m.folder("dev/input")
	return m
}

func (m *machine) folder(path string) string {
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(path, 0o700); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// plug adds a device such as "event0", with these keys.
func (m *machine) plug(event, name, keys string) *keyboard {
	m.t.Helper()
	k := &keyboard{m: m, path: "/dev/input/" + event, down: map[uint16]bool{}, at: time.Unix(1_700_000_000, 0)}
	m.mu.Lock()
	m.devices[k.path] = k
	m.mu.Unlock()
	m.folder("sys/class/input/" + event + "/device/capabilities")
	for file, text := range map[string]string{"name": name, "phys": "usb-1/input0", "capabilities/key": words32(keys)} {
		if err := os.WriteFile(filepath.Join(m.root, "sys/class/input", event, "device", file), []byte(text+"\n"), 0o600); err != nil {
			m.t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(m.root, k.path), nil, 0o600); err != nil { // the system notifies of it
		m.t.Fatal(err)
	}
	return k
}

// unplug takes the device away.
func (k *keyboard) unplug() {
	os.RemoveAll(filepath.Join(k.m.root, "sys/class/input", filepath.Base(k.path)))
	os.Remove(filepath.Join(k.m.root, k.path))
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.opened {
		w.CloseWithError(errors.New("no such device"))
	}
}

// open is what takes the place of the function that opens devices.
func (m *machine) open(path string) (keys.Input, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opened++
	k := m.devices[path]
	if k == nil {
		return nil, os.ErrNotExist
	}
	r, w := io.Pipe()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.opened = append(k.opened, w)
	return openKeyboard{k, r}, nil
}

// An openKeyboard is what a program has when it has opened a keyboard. Each gets all events.
type openKeyboard struct {
	*keyboard
	*io.PipeReader
}

func (k *keyboard) Pressed() ([]uint16, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var codes []uint16
	for code := range k.down {
		codes = append(codes, code)
	}
	return codes, nil
}

func (k *keyboard) Grab() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.grabs++
	return k.failure
}

func (k *keyboard) grabbed() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.grabs
}

// event sends an event as Linux does, with the report that follows it.
func (k *keyboard) event(kind, code uint16, value int32) {
	k.t().Helper()
	k.mu.Lock()
	k.at = k.at.Add(time.Millisecond)
	at, opened := k.at, k.opened
	k.mu.Unlock()
	var p []byte
	for _, e := range [][3]int{{int(kind), int(code), int(value)}, {0, 0, 0}} {
		if strconv.IntSize == 64 {
			p = binary.NativeEndian.AppendUint64(p, uint64(at.Unix()))
			p = binary.NativeEndian.AppendUint64(p, uint64(at.Nanosecond()/1000))
		} else {
			p = binary.NativeEndian.AppendUint32(p, uint32(at.Unix()))
			p = binary.NativeEndian.AppendUint32(p, uint32(at.Nanosecond()/1000))
		}
		p = binary.NativeEndian.AppendUint16(p, uint16(e[0]))
		p = binary.NativeEndian.AppendUint16(p, uint16(e[1]))
		p = binary.NativeEndian.AppendUint32(p, uint32(e[2]))
	}
	for _, w := range opened {
		w.Write(p[:7]) // a read may end in the middle of an event
		w.Write(p[7:])
	}
}

func (k *keyboard) t() *testing.T { return k.m.t }

func (k *keyboard) key(code uint16, value int32) {
	k.mu.Lock()
	if k.down[code] = true; value == 0 {
		delete(k.down, code)
	}
	k.mu.Unlock()
	k.event(1, code, value)
}

// tap presses and releases keys together: the last one is pressed last.
func (k *keyboard) tap(codes ...uint16) {
	for _, code := range codes {
		k.key(code, 1)
	}
	for _, code := range codes {
		k.key(code, 0)
	}
}

// script loads a script that may see the keys of the devices with these names.
func (m *machine) script(source string, granted ...string) *luastdtest.Script {
	m.t.Helper()
	return luastdtest.Open(m.t, m.options(source, granted...), keys.WithInputs(m.open))
}

func (m *machine) options(source string, granted ...string) luastdtest.Options {
	p := permit.Settings{Root: m.root}
	for _, name := range granted {
		p.Grants = append(p.Grants, permit.Grant{Kind: permit.Keys, Value: name})
	}
	return luastdtest.Options{Source: source, Permissions: p}
}

// awaitOpen waits until n devices have been opened.
func (m *machine) awaitOpen(n int) {
	m.t.Helper()
	testkit.Until(m.t, "a device is open", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.opened >= n
	})
}

// until runs Lua code until it returns want.
func until(t *testing.T, s *luastdtest.Script, source, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(testkit.Timeout); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if got = s.Run(source); got == want {
			return
		}
	}
	t.Fatalf("%s: got %s, want %s", source, got, want)
}
