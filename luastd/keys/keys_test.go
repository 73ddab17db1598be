package keys_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/keys"
	"moonlark/luastd/luastdtest"
)

// logging is the beginning of scripts that keep what has happened in the table log.
const logging = `log = {}
	local function add(text) return function(e) log[#log + 1] = text .. (e and " " .. e.key or "") end end `

func TestMain(m *testing.M) {
	if runtime.GOOS == "windows" {
		return // there is no /sys to fake
	}
	m.Run()
}

func TestKeys(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Keyboard", letters)
	m.plug("event1", "Mouse", mouse)
	s := m.script(logging+`
		keys.on("a", add("a"))
		keys.on("KEY_VOLUMEUP", add("louder"))
		keys.on("ctrl+alt+q", add("quit"))
		keys.on("shift+a", add("A"))
		closed = keys.on("b", add("b"))
		keys.on("f13", function(e) log[#log + 1] = ("%s %d %s %s %.3f"):format(e.key, e.code, e.action, e.device, e.time) end)
		keys.on("key_240", add("?"))
		keys.on("left_ctrl", add("ctrl"))`, "")
	m.awaitOpen(1)
	s.Want(`closed:close() return closed:close(), tostring(closed)`, "true, keys handle (closed)")
	k.tap(30)          // a
	k.tap(115)         // volume up
	k.tap(29, 56, 16)  // ctrl alt q
	k.tap(97, 100, 16) // the right ones
	k.tap(29, 16)      // without alt
	k.tap(42, 30)      // shift a
	k.tap(48)          // b
	k.tap(240)
	k.tap(183)
	until(t, s, `return log[#log] and log[#log]:match("^f13 183 press Keyboard 1700000000%.%d+$") ~= nil and table.concat(log, ", ", 1, #log - 1)`,
		"a a, louder volume_up, ctrl left_ctrl, quit q, quit q, ctrl left_ctrl, A a, ? key_240")
	k.key(30, 1)
	until(t, s, `return keys.pressed("a"), keys.pressed("b"), keys.pressed("*"), keys.pressed("ctrl+a")`, "true, false, true, false")
	k.key(30, 0)
	until(t, s, `return keys.pressed("a"), keys.pressed("*")`, "false, false")
}

func TestWrongArguments(t *testing.T) {
	s := newMachine(t).script("", "")
	for _, row := range []struct{ source, want string }{
		{`keys.on("volume_upp", print)`, `there is no key "volume_upp" (did you mean 'volume_up'?)`},
		{`keys.on("crtl+a", print)`, `"crtl" is not a modifier; the modifiers are ctrl, shift, alt and meta`},
		{`keys.on("", print)`, `there is no key ""`},
		{`keys.on("key_999", print)`, `there is no key "key_999"`},
		{`keys.open{}`, `name, path or kind is missing`},
		{`keys.open{kind = "mouse"}`, `kind must be one of keyboard, remote, scanner, buttons, not "mouse"`},
		{`keys.open{nme = "x"}`, `there is no field 'nme'`},
	} {
		if got := s.Run(`return select(2, pcall(function() ` + row.source + ` end))`); !strings.Contains(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}

func TestActions(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Button", few)
	s := m.script(logging+`
		d = keys.open{kind = "buttons"}
		for _, action in ipairs{"press", "release", "repeat"} do d:on(action, add(action)) end
		d:on("hold", add("held"), {hold = 0.05})
		d:on("hold", add("held long"), {hold = 60})
		d:on("press", add("esc"), {key = "esc"})`, "Button")
	m.awaitOpen(1)
	k.key(116, 1)
	k.key(116, 2)
	until(t, s, `return table.concat(log, ", ")`, "press power, repeat power, held power")
	k.key(116, 0)
	k.tap(1)
	until(t, s, `return table.concat(log, ", ", 4)`, "release power, press esc, esc esc, release esc")
	s.Want(`sleep(0.1) return #log`, "7") // esc was not held
	s.Want(`return tostring(d), d.name, d.path, d.connected`, "keys device Button (connected), Button, /dev/input/event0, true")
}

func TestWaiting(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Keyboard", letters)
	s := m.script(`d = keys.open{name = "KEYB"}`, "")
	m.awaitOpen(1)
	s.Want(`return select(3, d:wait("a", 0.02)), select(3, d:wait(nil, 0))`, "timeout, timeout")
	s.Run(`spawn(function() got = d:wait("enter") end)`)
	k.tap(30)
	k.tap(28)
	until(t, s, `return got and got.key`, "enter")
	s.Run(`spawn(function() _, _, why = d:wait() end)`)
	s.Want(`return d:close(), d:close(), tostring(d), select(3, d:wait())`, "true, true, keys device (closed), closed")
	until(t, s, `return why`, "closed")
}

func TestAScanner(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event3", "ACME Barcode Scanner", letters)
	s := m.script(logging+`
		d = keys.open{kind = "scanner", grab = true}
		d:on_code(function(text) log[#log + 1] = text end)`, "ACME Barcode Scanner")
	m.awaitOpen(1)
	digits := map[rune]uint16{'0': 11}
	for n, r := range "123456789" {
		digits[r] = uint16(n + 2)
	}
	typeCode := func(text string) {
		for _, r := range text {
			k.tap(digits[r])
		}
		k.tap(28)
	}
	typeCode("4006381333931")
	typeCode("")
	k.tap(42, 30) // A
	k.tap(12)     // -
	k.tap(42, 12) // _
	k.tap(2)      // 1
	k.tap(96)     // the other Enter
	until(t, s, `return table.concat(log, ", ")`, "4006381333931, A-_1")
	if k.grabbed() != 1 {
		t.Errorf("the device was grabbed %d times", k.grabbed())
	}
	// What was typed long ago does not belong to the code.
	k.tap(2)
	k.mu.Lock()
	k.at = k.at.Add(3e9)
	k.mu.Unlock()
	typeCode("23")
	until(t, s, `return log[3]`, "23")
	for range 5000 {
		k.tap(2)
	}
	k.tap(28)
	until(t, s, `return #log[4] <= 4096 and #log[4] > 100`, "true")
	s.Want(`return pcall(d.on_code, d, print)`, "false, device:on_code: the device has a function already")
}

// Other programs would never get to know that a key has been released which was pressed when the
// device was grabbed.
func TestADeviceIsGrabbedWhenNoKeyIsPressed(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Keyboard", letters)
	k.down[28] = true
	s := m.script(logging+`
		d = keys.open{name = "Keyboard", grab = true}
		d:on("release", add("release"))`, "")
	m.awaitOpen(1)
	k.tap(30)
	until(t, s, `return log[1]`, "release a")
	if k.grabbed() != 0 {
		t.Error("the device was grabbed too early")
	}
	k.mu.Lock()
	k.failure = syscall.EBUSY
	k.mu.Unlock()
	k.key(28, 0)
	until(t, s, `return log[2]`, "release enter")
	testkit.Until(t, "the attempt", func() bool { return k.grabbed() == 1 })
	testkit.Until(t, "the log says so", func() bool {
		return strings.Contains(strings.Join(s.Output(), "\n"), "keys: busy: another program has grabbed Keyboard")
	})
	k.mu.Lock()
	k.failure = nil
	k.mu.Unlock()
	k.tap(30)
	testkit.Until(t, "the device is grabbed", func() bool { return k.grabbed() >= 2 })
}

func TestEventsThatTheSystemHasLost(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Keyboard", letters)
	s := m.script(logging+`
		d = keys.open{name = "Keyboard"}
		d:on("press", add("press"))
		d:on("release", add("release"))`, "")
	m.awaitOpen(1)
	k.key(30, 1)
	k.mu.Lock()
	delete(k.down, 30)
	k.down[48] = true
	k.mu.Unlock()
	k.event(0, 3, 0) // the events are lost
	until(t, s, `table.sort(log) return table.concat(log, ", ")`, "press a, press b, release a")
}

func TestADeviceIsUnpluggedAndPluggedInAgain(t *testing.T) {
	m := newMachine(t)
	s := m.script(logging+`
		keys.on("a", add("on"))
		d = keys.open{name = "Keyboard"}
		d:on("press", add("press"))
		d:on("release", add("release"))`, "")
	s.Want(`return d.connected, d.name`, "false, nil")
	for round := range 2 {
		k := m.plug(fmt.Sprintf("event%d", round), "Keyboard", letters)
		m.awaitOpen(2 * (round + 1))
		until(t, s, `return d.connected`, "true")
		k.key(48, 1)
		until(t, s, `return log[#log]`, "press b")
		k.unplug()
		until(t, s, `return log[#log]`, "release b")
		until(t, s, `return d.connected, keys.pressed("b")`, "false, false")
		s.Run(`log = {}`)
	}
}

func TestPermissions(t *testing.T) {
	m := newMachine(t)
	m.plug("event0", "Keyboard", letters)
	m.plug("event1", "Remote", remote)
	none := m.script("")
	for _, call := range []string{`keys.on("a", print)`, `keys.pressed("a")`, `keys.devices()`, `keys.open{name = "Keyboard"}`} {
		if got := none.Run(`return pcall(function() ` + call + ` end)`); !strings.HasSuffix(got, "test.lua may not see the keys that are pressed. Start with --allow-keys") {
			t.Errorf("%s: got %s", call, got)
		}
	}
	s := m.script("", "Remote")
	const show = `local all = {} for _, d in ipairs(keys.devices()) do all[#all + 1] = d.name .. " " .. d.kind .. " " .. d.path end return table.concat(all, ", ")`
	s.Want(show, "Remote remote /dev/input/event1")
	s.Want(`return pcall(keys.open, {name = "Keyboard"})`, "false, keys.open: test.lua may not see the keys of Keyboard. Start with --allow-keys=Keyboard")
	s.Want(`keys.on("a", print) return keys.pressed("a")`, "false")
	s.Want(`return select(3, keys.open{name = "nothing"})`, "not_found")
	s.Want(`return tostring((keys.open{path = "/dev/input/event1"}))`, "keys device Remote (connected)")
	if m.opened != 2 {
		t.Errorf("%d devices were opened, want that of keys.on and that of keys.open", m.opened)
	}
	all := m.script("", "")
	all.Want(show, "Keyboard keyboard /dev/input/event0, Remote remote /dev/input/event1")
}

func TestAReloadKeepsTheDevices(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Keyboard", letters)
	source := `
		keys.on("a", print)
		d = keys.open{name = "Keyboard", grab = true}
		d:on("press", function(e) print(e.key) end)`
	s := m.script(source, "")
	m.awaitOpen(2)
	_ = k
	for range 5 {
		s.ReloadWith(source)
	}
	if m.opened != 2 || k.grabbed() != 1 {
		t.Errorf("%d devices were opened, and grabbed %d times", m.opened, k.grabbed())
	}
}

func TestAFloodIsBounded(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Keyboard", letters)
	s := m.script(`
		n = 0
		d = keys.open{name = "Keyboard"}
		d:on("press", function(e) n = n + 1 if n == 1 then started = true while not go do sleep(0.01) end end end)`, "")
	m.awaitOpen(1)
	k.tap(30)
	until(t, s, `return started`, "true")
	for range 1000 {
		k.tap(30)
	}
	s.Want(`go = true`, "")
	until(t, s, `return n`, "129") // half of 256 events are releases
	if !strings.Contains(strings.Join(s.Output(), "\n"), "keys: events of keys are dropped") {
		t.Errorf("the log is %s", s.Output())
	}
	s.Want(`return pcall(function() for n = 1, 300 do keys.on("a", print) end end)`, "false, a.lua:1: keys: there are 256 functions for keys: close those that are not needed any more")
	s.Want(`return pcall(function() for n = 1, 40 do keys.open{name = "Keyboard", grab = n % 2 == 0} end end)`, "false, a.lua:1: keys.open: 32 devices are open: close those that are not needed any more")
}

func TestADeviceThatCannotBeOpened(t *testing.T) {
	m := newMachine(t)
	k := m.plug("event0", "Keyboard", letters)
	delete(m.devices, k.path)
	s := m.script("", "")
	s.Want(`return keys.open{name = "Keyboard"}`, "nil, not_found: there is no device /dev/input/event0, not_found")
}

func TestReloadsLeaveNothing(t *testing.T) {
	m := newMachine(t)
	m.plug("event0", "Keyboard", letters)
	o := m.options(`
		keys.on("a", print)
		d = keys.open{name = "Keyboard"}
		missing = keys.open{name = "Other"}
		on_start(function() spawn(function() d:wait() end) end)`, "")
	luastdtest.CheckReloads(t, o, keys.WithInputs(m.open))
}

func TestTheRealDevices(t *testing.T) {
	found, _ := filepath.Glob("/dev/input/event*")
	if len(found) == 0 {
		t.Skip("this machine has no input devices")
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: newMachine(t).options("", "").Permissions})
	if got := s.Run(`return #keys.devices() >= 0`); got != "true" {
		t.Error(errors.New(got))
	}
}
