package serial_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestReading(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0", {baud = 9600})`)
	until(t, s, `return p.connected`, "true")
	for _, row := range []struct{ why, sent, source, want string }{
		{"a line", "hello\n", `return p:read_line(10)`, "hello"},
		{"CR LF", "hello\r\n\r\n", `return p:read_line(10), p:read_line(10)`, "hello, "},
		{"a line in two parts", "a", `spawn(function() sleep(0.01) end) return select(3, p:read_line(0.05))`, "timeout"},
		{"its end", "b\n", `return p:read_line(10)`, "ab"},
		{"what there is", "", `return p:read()`, ""},
		{"n bytes", "abcdef", `return p:read(4, 10), p:read(2)`, "abcd, ef"},
		{"too few bytes stay", "abc", `local got, _, code = p:read(4, 0.05) return got, code, p:read(3)`, "nil, timeout, abc"},
		{"at least one byte", "xyz", `return #p:read(nil, 10) > 0, p:discard()`, "true, true"},
		{"no byte", "", `return select(3, p:read(nil, 0.05))`, "timeout"},
		{"bytes of all kinds", "\x00\x03\x04\x11\x13\x1a\x7f\xff\n", `return (p:read_line(10):gsub(".", function(c) return c:byte() .. " " end))`, "0 3 4 17 19 26 127 255 "},
		{"a timeout of 0", "", `return select(3, p:read_line(0))`, "timeout"},
		{"lines", "1\n2\n3\n", `local all = {} for line in p:lines() do all[#all + 1] = line if #all == 3 then break end end return unpack(all)`, "1, 2, 3"},
		{"tostring", "", `return tostring(p), p.path`, "serial port /dev/ttyUSB0 (connected), /dev/ttyUSB0"},
	} {
		d.send(row.sent)
		if got := s.Run(row.source); got != row.want {
			t.Errorf("%s: got %q, want %q", row.why, got, row.want)
		}
	}
	s.Want(`return serial.open("/dev/ttyUSB0", {baud = 50})`, "nil, busy: another program uses /dev/ttyUSB0, busy")
	s.Want(`p:close() return select(2, pcall(p.on_line, p, print))`, "port:on_line: the port has been closed")
	s.Want(`p:close() return select(3, p:read_line()), select(3, p:write("x")), p:close(), tostring(p)`, "closed, closed, true, serial port /dev/ttyUSB0 (closed)")
}

func TestWriting(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0")`)
	until(t, s, `return p.connected`, "true")
	s.Want(`return p:write("hello\n")`, "true")
	if got := d.line(); got != "hello" {
		t.Errorf("got %q", got)
	}
	d.echo()
	s.Want(`return p:request("a\n", 10)`, "a!")
	d.send("late\n")
	until(t, s, `local n = p:read() return #n`, "5")
	s.Want(`p:write("stale\n") sleep(0.1) return p:request("b\n", 10)`, "b!")
	s.Want(`local all = {}
		local function ask(n) return function() all[n] = p:request(n .. "\n", 10) end end
		task.all{ask(1), ask(2), ask(3)}
		return unpack(all)`, "1!, 2!, 3!")
	s.Want(`return select(3, p:dtr(true)), select(3, p:rts(false)), (p:send_break(0.01))`, "unsupported, unsupported, true")
	s.Want(`return pcall(function() p:write(("x"):rep(2^20 + 1)) end)`, "false, a.lua:1: bad argument #2 to write (more than 1 MiB cannot be written at once)")
}

// A pseudo-terminal keeps the speed, and always has 8 bits without parity.
// TestTheSettingsOfTheSystem tests the others.
func TestTheSpeedIsThatOfTheSystem(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	for _, baud := range []uint32{50, 9600, 12345, 4000000} {
		s := openScript(t, root, fmt.Sprintf(`p = serial.open("/dev/ttyUSB0", {baud = %d})`, baud))
		until(t, s, `return p.connected`, "true")
		d.control(func(fd int) error {
			tio, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
			if err == nil && (tio.Ospeed != baud || tio.Lflag != 0) {
				t.Errorf("%d: got %+v", baud, tio)
			}
			return err
		})
		s.Scripts.Close()
	}
}

func TestWrongArguments(t *testing.T) {
	s := openScript(t, newRoot(t), "")
	for _, row := range []struct{ source, want string }{
		{`serial.open("/dev/ttyUSB0", {baud = 9600.5})`, "baud must be a whole number from 50 to 4000000, not 9600.5"},
		{`serial.open("/dev/ttyUSB0", {bits = 9})`, "bits must be a whole number from 5 to 8, not 9"},
		{`serial.open("/dev/ttyUSB0", {stop = 1.5})`, "1.5 stop bits need bits = 5"},
		{`serial.open("/dev/ttyUSB0", {stop = 1.2})`, "stop must be 1, 1.5 or 2"},
		{`serial.open("/dev/ttyUSB0", {parity = "evn"})`, `parity must be one of none, even, odd, mark, space, not "evn"`},
		{`serial.open("/dev/ttyUSB0", {ending = ""})`, `ending must be 1 to 8 bytes, not ""`},
		{`serial.open("usb:1")`, `"usb:1" is not in the form usb:0403:6001`},
		{`serial.open("/dev/a\nb")`, `"/dev/a\nb" is not a device`},
	} {
		if got := s.Run(`return select(2, pcall(function() ` + row.source + ` end))`); !strings.Contains(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}

func TestLinesWithOtherEnds(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0", {ending = ";;"})`)
	until(t, s, `return p.connected`, "true")
	d.send("a;b;")
	s.Want(`return select(3, p:read_line(0.05))`, "timeout")
	d.send(";c\r\n;;")
	s.Want(`return p:read_line(10), p:read_line(10)`, `a;b, c`+"\r\n")
}

func TestTheDeviceIsUnpluggedAndPluggedInAgain(t *testing.T) {
	root := newRoot(t)
	s := openScript(t, root, `
		log = {}
		p = serial.open("/dev/ttyUSB0")
		p:on_line(function(line) log[#log + 1] = line end)
		p:on("connect", function() log[#log + 1] = "connected" p:write("hi\n") end)
		p:on("disconnect", function() log[#log + 1] = "disconnected" end)`)
	until(t, s, `return p.connected, tostring(p), p.path, select(3, p:write("x"))`, "false, serial port /dev/ttyUSB0 (not connected), nil, not_found")
	testkit.Until(t, "the log says that the device is not there", func() bool {
		return strings.Contains(strings.Join(s.Output(), "\n"), "serial: not_found: there is no device /dev/ttyUSB0")
	})
	for range 3 {
		began := time.Now()
		d := plug(t, root, port0)
		if got := d.line(); got != "hi" {
			t.Fatal(got)
		}
		t.Logf("the port was open after %v", time.Since(began))
		d.send("line\nhalf a li")
		until(t, s, `return table.concat(log, " ")`, "connected line")
		d.unplug()
		until(t, s, `return table.concat(log, " ")`, "connected line disconnected")
		s.Want(`log = {} return p.connected, select(3, p:write("x"))`, "false, lost")
	}
	if n := strings.Count(strings.Join(s.Output(), "\n"), "serial:"); n != 1 {
		t.Errorf("%d warnings: %s", n, s.Output())
	}
}

func TestWhatWasReceivedBeforeTheEndIsStillThere(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0", {reconnect = false})`)
	until(t, s, `return p.connected`, "true")
	d.send("last words\nand")
	s.Want(`return p:read_line(10)`, "last words")
	d.unplug()
	until(t, s, `return p.connected`, "false")
	s.Want(`return p:read(3, 1), select(3, p:read_line()), select(3, p:read())`, "and, lost, lost")
	s.Want(`return pcall(function() for _ in p:lines() do end end)`, "false, a.lua:1: port:lines: lost: /dev/ttyUSB0 has been unplugged")
	plug(t, root, port0)
	time.Sleep(100 * time.Millisecond)
	s.Want(`return p.connected`, "false")
}

func TestAPortIsClosedDuringABreak(t *testing.T) {
	root := newRoot(t)
	plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0")`)
	until(t, s, `return p.connected`, "true")
	s.Want(`return p:send_break(0.01)`, "true")
	s.Run(`spawn(function() code = select(3, p:send_break(0.3)) end) sleep(0.05) p:close()`)
	until(t, s, `return code`, "closed")
}

// A device that takes nothing blocks a write, which must end all the same, and so must a reload and
// the end of the script.
func TestADeviceThatTakesNothing(t *testing.T) {
	root := newRoot(t)
	plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0")`)
	until(t, s, `return p.connected`, "true")
	got := s.Run(`return p:write(("x"):rep(2^18), 0.2)`)
	if !strings.HasPrefix(got, "nil, timeout: /dev/ttyUSB0 has taken only ") || !strings.HasSuffix(got, " of 262144 bytes, timeout") {
		t.Errorf("got %s", got)
	}
	s.Want(`local killed = task.spawn(function() p:write(("x"):rep(2^18), 600) end) sleep(0.05) killed:cancel() return select(3, p:write(("y"):rep(2^18), 0.1))`, "timeout")
	s.Run(`spawn(function() p:write(("x"):rep(2^18), 600) end)`)
	began := time.Now()
	s.Want(`return p:close()`, "true")
	s.Scripts.Close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("closing took %v", took)
	}
}

func TestAFloodIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("sends megabytes")
	}
	root := newRoot(t)
	d := plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0")`)
	until(t, s, `return p.connected`, "true")
	garbage := strings.Repeat("\xff\x00garbage", 1<<12)
	for range 100 { // 3.6 MiB without the end of a line
		d.send(garbage)
	}
	d.send("\nnext line\n")
	until(t, s, `return p.dropped > 2^21`, "true")
	until(t, s, `local line = p:read_line(5) return line`, "next line")
	for n := range 200000 {
		d.send(fmt.Sprintf("line %d\n", n))
	}
	s.Run(`for line in p:lines() do last = line if line:match("199999") then break end assert(#line <= 11) end`)
	s.Want(`return last`, "line 199999")
	if !strings.Contains(strings.Join(s.Output(), "\n"), "serial: received bytes are dropped") {
		t.Errorf("the log is %s", s.Output())
	}
	d.send(strings.Repeat("x", 65537) + "\nshort\n" + strings.Repeat("x", 65536) + "\n")
	s.Want(`return select(3, p:read_line(5)), p:read_line(5), #p:read_line(5)`, "too_large, short, 65536")
	d.send(strings.Repeat("x", 3*65536) + "\nshort\n")
	s.Want(`p:on_line(function(line) got = line end)`, "")
	until(t, s, `return got`, "short")
}

// A reload neither opens the port again nor loses a line.
func TestAReloadLosesNothing(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	source := `
		p = serial.open("/dev/ttyUSB0")
		p:on("connect", function() print("connect") end)
		p:on_line(print)`
	s := openScript(t, root, source)
	until(t, s, `return p.connected`, "true")
	const lines = 3000
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for n := range lines {
			d.send(fmt.Sprintf("%d\n", n+1))
			if n%20 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	reloads := 0
	for done := false; !done; reloads++ {
		s.ReloadWith(source)
		select {
		case <-sent:
			done = true
		default:
		}
	}
	want := []string{"connect"}
	for n := range lines {
		want = append(want, fmt.Sprint(n+1))
	}
	testkit.Until(t, "the last line", func() bool { return slices.Contains(s.Output(), fmt.Sprint(lines)) })
	got := slices.DeleteFunc(s.Output(), func(line string) bool { return strings.HasPrefix(line, "DEBUG") })
	if !slices.Equal(got, want) {
		t.Errorf("%d lines are not those that were sent: %.5000s", len(got), strings.Join(got, " "))
	}
	t.Logf("%d reloads", reloads)
}

func TestOtherSettingsOpenThePortAgain(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0", {baud = 9600})`)
	until(t, s, `return p.connected`, "true")
	s.ReloadWith(`p = serial.open("/dev/ttyUSB0", {baud = 19200})`)
	until(t, s, `return p.connected`, "true")
	d.control(func(fd int) error {
		tio, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
		if err == nil && tio.Ospeed != 19200 {
			t.Errorf("the speed is %d", tio.Ospeed)
		}
		return err
	})
	d.send("hello\n")
	s.Want(`return p:read_line(10)`, "hello")
}

func TestAPortIsUsedByOneScript(t *testing.T) {
	root := newRoot(t)
	plug(t, root, port0)
	if err := os.Symlink("ttyUSB0", filepath.Join(root, "dev/scale")); err != nil {
		t.Fatal(err)
	}
	a := openScript(t, root, `p = serial.open("/dev/ttyUSB0")`)
	until(t, a, `return p.connected`, "true")
	b := openScript(t, root, "")
	for _, path := range []string{port0, "/dev/scale", "/dev/../dev/ttyUSB0"} {
		got := b.Run(`return serial.open("` + path + `")`)
		if path == "/dev/scale" {
			if !strings.Contains(got, "Start with --allow-serial=/dev/scale") {
				t.Errorf("%s: got %s", path, got)
			}
		} else if got != "nil, busy: another program uses /dev/ttyUSB0, busy" {
			t.Errorf("%s: got %s", path, got)
		}
	}
	a.Scripts.Close()
	until(t, b, `p = serial.open("/dev/ttyUSB0") return p ~= nil`, "true")
}

func TestPortsAreLimited(t *testing.T) {
	s := openScript(t, newRoot(t), `all = {} for n = 1, 8 do all[n] = serial.open("/dev/ttyUSB0", {baud = 1000 + n}) end`)
	s.Want(`return pcall(serial.open, "/dev/ttyUSB0")`, "false, serial.open: 8 ports are open: close those that are not needed any more")
	s.Want(`all[1]:close() return select(3, serial.open("/dev/ttyUSB0"))`, "not_found")
	s.Want(`return select(3, serial.open("/dev/ttyUSB0"))`, "not_found")
}

func TestFunctionsThatUseThePortRaiseWhileTheScriptLoads(t *testing.T) {
	_, err := luastdtest.TryOpen(t, luastdtest.Options{Permissions: permissions("", port0), Source: `serial.open("/dev/ttyUSB0"):write("x")`})
	if err == nil || !strings.Contains(err.Error(), "port:write: the script is still loading") {
		t.Errorf("got %v", err)
	}
}

func TestReloadsLeaveNothing(t *testing.T) {
	root := newRoot(t)
	plug(t, root, port0).echo()
	runtime.GC()
	luastdtest.CheckReloads(t, luastdtest.Options{Permissions: permissions(root), Source: ""})
	p := permissions(root, port0, "/dev/ttyUSB1")
	luastdtest.CheckReloads(t, luastdtest.Options{Permissions: p, Source: `
		p = serial.open("/dev/ttyUSB0")
		missing = serial.open("/dev/ttyUSB1")
		missing:on_line(print)
		on_start(function()
			spawn(function() p:read_line() end)
			spawn(function() p:request("x\n") end)
			spawn(function() missing:read_line() end)
		end)`})
}

// A copy of the script with another end of lines finds it also in what was received before.
func TestAReloadWithAnotherEnd(t *testing.T) {
	root := newRoot(t)
	d := plug(t, root, port0)
	s := openScript(t, root, `p = serial.open("/dev/ttyUSB0")`)
	until(t, s, `return p.connected`, "true")
	d.send("a;b;")
	s.Want(`return select(3, p:read_line(0.05))`, "timeout")
	s.ReloadWith(`p = serial.open("/dev/ttyUSB0", {ending = ";"})`)
	s.Want(`return p:read_line(60), p:read_line(60)`, "a, b")
}
