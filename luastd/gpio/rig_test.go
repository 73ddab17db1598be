package gpio_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/clock"
	"moonlark/engine/permit"
	"moonlark/engine/pins/sim"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A rig is a chip on which the tests of the behaviour run, and what is connected to its lines.
type rig interface {
	// options returns the options of a script that uses the chip.
	options(source string) luastdtest.Options
	// drive connects the line to the high or the low level.
	drive(line int, high bool)
	// level returns the level of an output.
	level(line int) bool
}

// onEveryRig runs a test on the simulated chip of Moonlark, and on that of the driver gpio-sim of the
// kernel if there is one. testdata/vm.sh runs the tests in a virtual machine that has it.
func onEveryRig(t *testing.T, test func(t *testing.T, r rig)) {
	t.Run("simulated", func(t *testing.T) { test(t, simRig{sim.New(clock.Machine{})}) })
	t.Run("kernel", func(t *testing.T) { test(t, newKernelRig(t)) })
}

// gpioGrants are the permission to use all pins.
var gpioGrants = permit.Settings{Grants: []permit.Grant{{Kind: permit.GPIO}}}

// A simRig is the simulated chip.
type simRig struct{ *sim.Chip }

func (r simRig) options(source string) luastdtest.Options {
	return luastdtest.Options{Source: source, Pins: r.Chip, Permissions: gpioGrants}
}

func (r simRig) drive(line int, high bool) { r.SetLevel(line, high) }
func (r simRig) level(line int) bool       { return r.State(line).Level == "high" }

// A kernelRig is a chip of the driver gpio-sim. The variable MOONLARK_GPIO_SIM names its folder in
// /sys/devices/platform, which has the folders sim_gpio0 and so on. The chip must be the only one.
type kernelRig struct {
	t      testing.TB
	folder string
}

func newKernelRig(t testing.TB) kernelRig {
	folder := os.Getenv("MOONLARK_GPIO_SIM")
	if folder == "" {
		t.Skip("MOONLARK_GPIO_SIM is not set: this needs a chip of the driver gpio-sim")
	}
	return kernelRig{t, folder}
}

func (r kernelRig) options(source string) luastdtest.Options {
	return luastdtest.Options{Source: source, Permissions: gpioGrants}
}

func (r kernelRig) drive(line int, high bool) {
	pull := "pull-down"
	if high {
		pull = "pull-up"
	}
	if err := os.WriteFile(r.file(line, "pull"), []byte(pull), 0); err != nil {
		r.t.Error(err)
	}
}

func (r kernelRig) level(line int) bool {
	text, err := os.ReadFile(r.file(line, "value"))
	if err != nil {
		r.t.Error(err)
	}
	return strings.TrimSpace(string(text)) == "1"
}

func (r kernelRig) file(line int, name string) string {
	// The number of the chip can change when it has been taken away.
	pattern := filepath.Join(filepath.Dir(r.folder), "gpiochip*", fmt.Sprintf("sim_gpio%d", line), name)
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) != 1 {
		r.t.Fatalf("%s: %d files, %v", pattern, len(paths), err)
	}
	return paths[0]
}

// A chip of the kernel is taken away. The variable MOONLARK_GPIO_LIVE names the file of the driver that does
// that.
func TestAChipOfTheKernelThatIsTakenAway(t *testing.T) {
	r := newKernelRig(t)
	live := os.Getenv("MOONLARK_GPIO_LIVE")
	if live == "" {
		t.Skip("MOONLARK_GPIO_LIVE is not set")
	}
	set := func(v string) {
		t.Helper()
		if err := os.WriteFile(live, []byte(v), 0); err != nil {
			t.Fatal(err)
		}
	}
	const source = `lamp = gpio.output(4) button = gpio.button(5) spawn(function() waited = select(3, button:wait("press")) end)`
	s := luastdtest.Open(t, r.options(source))
	s.Want(`return button:read()`, "false")
	set("0")
	defer os.WriteFile(live, []byte("1"), 0) // also if the test fails
	s.Want(`return select(3, lamp:on()), select(3, button:read())`, "lost, lost")
	waitResult(t, s, `return waited`, "lost")
	set("1")
	s.ReloadWith(source)
	waitResult(t, s, `return lamp:on(), button:read()`, "true, false")
	if !r.level(4) {
		t.Error("the lamp is off")
	}
}

// waitLevel waits until an output has a level.
func waitLevel(t *testing.T, r rig, line int, high bool) {
	t.Helper()
	luastdtest.WaitFor(t, fmt.Sprintf("the level of line %d is %v", line, high), func() bool { return r.level(line) == high })
}

// waitResult waits until the Lua code has a result.
func waitResult(t *testing.T, s *luastdtest.Script, source, want string) {
	t.Helper()
	last := ""
	defer func() {
		if t.Failed() {
			t.Logf("the last result of %s is %s, want %s; output: %q", source, last, want, s.Output())
		}
	}()
	luastdtest.WaitFor(t, source+" returns "+want, func() bool {
		last = s.Run(source)
		return last == want
	})
}
