package system_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

// raspberry is what the kernel of a Raspberry Pi with a screen, a battery and Wi-Fi says. It is a
// fake of /proc and /sys, because what the real ones say depends on the machine.
var raspberry = map[string]string{
	"proc/sys/kernel/hostname":  "kiosk\n",
	"proc/sys/kernel/osrelease": "6.12.1-v8\n",
	"proc/device-tree/model":    "Raspberry Pi 5 Model B Rev 1.0\x00",
	"proc/loadavg":              "0.52 0.58 0.59 2/345 12345\n",
	"proc/uptime":               "12345.67 40000.00\n",
	"proc/meminfo":              "MemTotal:        8131484 kB\nMemFree:          100000 kB\nMemAvailable:    4000000 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n",
	"proc/net/wireless":         "Inter-| sta-|   Quality        |   Discarded packets\n face | tus | link level noise |  nwid  crypt\n wlan0: 0000   54.  -56.  -256        0      0\n",

	"sys/class/thermal/thermal_zone0/type": "gpu-thermal\n", "sys/class/thermal/thermal_zone0/temp": "30000\n",
	"sys/class/thermal/thermal_zone1/type": "cpu-thermal\n", "sys/class/thermal/thermal_zone1/temp": "51234\n",
	"sys/class/thermal/cooling_device0/type": "fan\n",
	"sys/class/power_supply/AC/type":         "Mains\n",
	"sys/class/power_supply/mouse/type":      "Battery\n", "sys/class/power_supply/mouse/scope": "Device\n", "sys/class/power_supply/mouse/capacity": "7\n",
	"sys/class/power_supply/BAT0/type": "Battery\n", "sys/class/power_supply/BAT0/capacity": "87\n", "sys/class/power_supply/BAT0/status": "Not charging\n",
	"sys/class/backlight/panel/brightness": "128\n", "sys/class/backlight/panel/max_brightness": "255\n",
}

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, root string, granted ...string) *luastdtest.Script {
	t.Helper()
	p := permit.Settings{Root: root}
	for _, name := range granted {
		p.Grants = append(p.Grants, permit.Grant{Kind: permit.Sys, Value: name})
	}
	return luastdtest.Open(t, luastdtest.Options{Permissions: p})
}

func TestTheStateOfTheMachine(t *testing.T) {
	root := t.TempDir()
	write(t, root, raspberry)
	s := open(t, root, "info", "brightness")
	for _, row := range []struct{ source, want string }{
		{`local i = system.info() return i.host, i.os, i.model, i.kernel, #i.arch > 2`, "kiosk, linux, Raspberry Pi 5 Model B Rev 1.0, 6.12.1-v8, true"},
		{`return system.load()`, "0.52, 0.58, 0.59"},
		{`return system.uptime()`, "12345.67"},
		{`local m = system.memory() return m.total, m.available, m.swap_total, m.swap_free`, "8326639616, 4096000000, 0, 0"},
		{`return system.temperature()`, "51.234"},
		{`local b = system.battery() return b.percent, b.status`, "87, not charging"},
		{`return ("%.3f"):format(system.brightness())`, "0.502"},
		{`return system.brightness(0.25), system.brightness() == 64 / 255`, "true, true"},
		{`return system.brightness(1), system.brightness(), system.brightness(0), system.brightness()`, "true, 1, true, 0"},
		{`return pcall(function() system.brightness(1.1) end)`, "false, a.lua:1: bad argument #1 to brightness (a number from 0 to 1 expected)"},
		{`return pcall(function() system.brightness(0 / 0) end)`, "false, a.lua:1: bad argument #1 to brightness (a number from 0 to 1 expected)"},
		{`return type(system.online())`, "boolean"},
		{`local all = system.network() for _, n in ipairs(all) do assert(type(n.name) == "string" and type(n.up) == "boolean" and type(n.addresses) == "table" and n.name ~= "lo") end`, ""},
	} {
		s.Want(row.source, row.want)
	}
}

func TestAMachineThatTellsNothing(t *testing.T) {
	s := open(t, t.TempDir(), "info", "brightness")
	for _, call := range []string{"load", "uptime", "memory", "temperature"} {
		s.Want(`return system.`+call+`()`, "nil, unsupported: "+call+": this system does not tell that, unsupported")
	}
	s.Want(`return select(3, system.battery()), select(3, system.brightness()), select(3, system.brightness(1))`, "not_found, not_found, not_found")
	s.Want(`local i = system.info() return i.model, i.kernel, i.host ~= nil`, "nil, nil, true")
}

func TestFilesWithNonsense(t *testing.T) {
	root := t.TempDir()
	nonsense := make(map[string]string)
	for name := range raspberry {
		if !strings.HasSuffix(name, "/type") {
			nonsense[name] = "\x00\xffnonsense: a: b\nMemTotal: x kB\n"
		}
	}
	write(t, root, raspberry)
	write(t, root, nonsense)
	s := open(t, root, "")
	for call, want := range map[string]string{
		"load": "io", "uptime": "io", "memory": "io", "temperature": "unsupported", "battery": "io", "brightness": "not_found",
	} {
		s.Want(`return select(3, system.`+call+`())`, want)
	}
	s.Want(`return type(system.network()), type(system.info())`, "table, table")
}

func TestTheDisk(t *testing.T) {
	s := open(t, "")
	s.Want(`local d = system.disk() return d.total > 0 and d.free <= d.total`, "true")
	s.Want(`fs.write("a.txt", "a") local d = system.disk("a.txt") return d.total == system.disk().total`, "true")
	s.Want(`return system.disk("b.txt")`, "nil, not_found: b.txt does not exist, not_found")
	if got := s.Run(`return pcall(system.disk, "/root")`); !strings.Contains(got, "system.disk: test.lua may not read /root. Start with --allow-read=/root") {
		t.Errorf("got %s", got)
	}
}

func TestALinkToADiskOutsideIsRefused(t *testing.T) {
	folder := t.TempDir()
	granted := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Read, Value: folder}}}})
	for name, target := range map[string]string{"out": "/", "up": "..", "in": "."} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"out": "false", "up": "false", "in": "true"} {
		granted.Want(`local ok, d = pcall(system.disk, "`+folder+`/`+name+`") return ok and d ~= nil`, want)
	}
}

func TestPermissions(t *testing.T) {
	root := t.TempDir()
	write(t, root, raspberry)
	s := open(t, root)
	for call, flag := range map[string]string{
		"info()": "info", "network()": "info", "brightness(1)": "brightness", "reboot()": "reboot", "poweroff()": "reboot",
	} {
		if got := s.Run(`return pcall(function() return system.` + call + ` end)`); !strings.HasSuffix(got, "Start with --allow-sys="+flag) {
			t.Errorf("%s: got %s", call, got)
		}
	}
	s.Want(`return system.brightness() > 0.5, system.temperature() > 50`, "true, true")
	if got, _ := os.ReadFile(filepath.Join(root, "sys/class/backlight/panel/brightness")); string(got) != "128\n" {
		t.Errorf("the brightness is %q", got)
	}
	_, err := luastdtest.TryOpen(t, luastdtest.Options{Source: `system.reboot()`})
	if err == nil || !strings.Contains(err.Error(), "system.reboot: the script is still loading") {
		t.Errorf("got %v", err)
	}
}
