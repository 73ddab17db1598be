package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/durable"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
)

// killVariable makes this test binary run a scenario: see runScenario. Its value is the scenario, the
// number of the step before which the process is killed, and the folder with the store.
const killVariable = "MOONLARK_TEST_FLEET_KILL"

// killed is the exit code of a process that was killed.
const killed = -1

// runScenario updates a store as processes of moonlark do, from the good bundle 16 to 17. In the scenario
// good, 17 passes its trial; in bad, it hangs; in broken, it does not load; in offline, it is installed
// while no process runs.
func runScenario(value string) {
	fields := strings.SplitN(value, " ", 3)
	last, _ := strconv.Atoi(fields[1])
	folder, steps := fields[2], 0
	step := func(name string) {
		if steps++; steps == last {
			fmt.Print(name)
			self, _ := os.FindProcess(os.Getpid())
			self.Kill()
			select {}
		}
	}
	source := "v17"
	if fields[0] == "broken" {
		source = "broken"
	}
	install := func() {
		b, err := bundle.Open(writeBundle(folder, 17, source, nil))
		if err == nil {
			_, err = (disk{filepath.Join(folder, "store"), step}).install(b, Installation{}, Order{})
		}
		if err != nil {
			panic(err)
		}
		b.Close()
	}
	if fields[0] == "offline" {
		install()
	}
	d, agent := openStore(folder, step)
	d.use(d.choose(d.state.Current)) // as before the update
	if fields[0] == "offline" {
		d.use(choice{})
		if err := agent.Switch(d.Boot()); err != nil {
			panic(err)
		}
		d.Loaded()
	} else {
		install()
	}
	ctx := context.Background()
	d.tick(ctx, agent)
	if fields[0] == "bad" {
		agent.Hanging = []string{"kiosk.lua"}
		for range maxSilent {
			d.tick(ctx, agent)
		}
	}
	if d.judge != nil {
		d.judge.last = d.judge.last.Add(-time.Hour)
		d.tick(ctx, agent)
	}
	d.stop()
}

// openStore opens the store in a folder, without factory scripts.
func openStore(folder string, step func(string)) (*Device, *fleettest.Agent) {
	d, err := Open(Options{Store: filepath.Join(folder, "store"), Bus: new(bus.Bus), Moonlark: "1.4.0", Step: step})
	if err != nil {
		panic(err)
	}
	return d, fleettest.NewAgent()
}

// After the process was killed before any step of an update, the next one runs a good bundle, or one on
// trial, which ends.
func TestAKillAtAnyStepLeavesAGoodBundle(t *testing.T) {
	for scenario, want := range map[string]string{"good": "v17", "offline": "v17", "bad": "v16", "broken": "v16"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			stride := 1
			if testing.Short() {
				stride = 12
			}
			for step := 1; ; step += stride {
				name, ended := killAt(t, scenario, step, want)
				if ended {
					if step < 10 {
						t.Errorf("the scenario has only %d steps", step-1)
					}
					return
				}
				if t.Failed() {
					t.Fatalf("after a kill before step %d, %s", step, name)
				}
			}
		})
	}
}

// killAt runs a scenario that is killed before a step, and checks what the store has then. It returns the
// name of the step, and whether the scenario has ended before it.
func killAt(t *testing.T, scenario string, step int, want string) (name string, ended bool) {
	folder := t.TempDir()
	public, _ := fleettest.Key("shop")
	store := filepath.Join(folder, "store")
	if _, err := Install(writeBundle(folder, 16, "v16", nil), Installation{Store: store, Trust: []bundle.PublicKey{public}}); err != nil {
		t.Fatal(err)
	}
	d, agent := openStore(folder, nil)
	if err := fleettest.Boot(d, agent); err != nil {
		t.Fatal(err)
	}
	d.pass()
	d.Close()

	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", killVariable, scenario, step, folder))
	out, err := child.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != killed) {
		t.Fatalf("%v\n%s", err, exit.Stderr)
	}
	name, ended = string(out), err == nil

	for start := range maxStarts + 1 {
		d, agent := openStore(folder, nil)
		if err := fleettest.Boot(d, agent); err != nil {
			t.Fatal(err)
		}
		trial := d.onTrial()
		if agent.Running != "v16" && agent.Running != "v17" || agent.Running == "v17" && !trial && d.state.Good != d.state.Current {
			t.Errorf("start %d: %q runs, on trial %v", start, agent.Running, trial)
		}
		if _, err := d.disk.check(d.state.Good); err != nil {
			t.Errorf("start %d: the good bundle: %v", start, err)
		}
		d.clean()
		temporary, _ := filepath.Glob(filepath.Join(store, "*", durable.TemporaryPrefix+"*"))
		if more, _ := filepath.Glob(filepath.Join(store, durable.TemporaryPrefix+"*")); len(temporary)+len(more) > 0 {
			t.Errorf("start %d: %q %q are left", start, temporary, more)
		}
		d.Close()
		if start == maxStarts && trial {
			t.Error("the trial never ends")
		}
		if ended && agent.Running != want {
			t.Errorf("without a kill: %q runs, want %q", agent.Running, want)
		}
	}
	return name, ended
}
