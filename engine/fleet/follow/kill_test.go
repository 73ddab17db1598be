package follow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
	"moonlark/engine/health"
)

// killVariable makes this test binary run the scenario: see runScenario. Its value is the number of the
// step before which the process is killed, and the folder with the store.
const killVariable = "MOONLARK_TEST_FOLLOW_KILL"

// killed is the exit code of a process that was killed.
const killed = -1

// commandsFile is the file in the folder of the store to which the scenario adds a line for each command.
const commandsFile = "commands"

// update makes h ask for an update from the good bundle 16 to 17, with other keys and a command.
func update(h *hub) {
	text, err := fleettest.KeySet("shop", 2, "new").Encode()
	if err != nil {
		panic(err)
	}
	h.put(message.KeySet(2), encode(message.Signed{Text: text, Signatures: fleettest.Sign(text, "shop", "new")}))
	next := shop(17, "v17", nil)
	next.Keys = []string{"new"}
	next.Files["a.wav"] = strings.Repeat("0123456789abcdef", 20_000) // 3 chunks
	next.Files["b.wav"] = strings.Repeat("fedcba9876543210", 10_000) // 2 chunks
	h.wish(message.All, message.Wish{Stable: h.upload(next), Once: []message.Once{
		{ID: "1", Verb: "say", Expires: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)},
	}})
}

// runScenario is a process of moonlark with a good bundle 16 that does what update asks for, and ends
// when the bundle 17 is on trial.
func runScenario(value string) {
	number, folder, _ := strings.Cut(value, " ")
	last, _ := strconv.ParseInt(number, 10, 64)
	var steps atomic.Int64
	step := func(name string) {
		switch n := steps.Add(1); {
		case n == last:
			fmt.Print(name)
			self, _ := os.FindProcess(os.Getpid())
			self.Kill()
			select {}
		case n > last:
			select {} // until the process is killed
		}
	}
	d, err := fleet.Open(fleet.Options{Store: filepath.Join(folder, "store"), Bus: new(bus.Bus), Moonlark: "1.4.0", Step: step})
	if err != nil {
		panic(err)
	}
	agent := fleettest.NewAgent()
	if err := fleettest.Boot(d, agent); err != nil {
		panic(err)
	}
	h := newHub()
	update(h)
	f := New(Options{
		Carrier: h, Device: d, Bus: new(bus.Bus), FetchWait: -1,
		Health: func() health.Report { return health.Report{} }, OK: func() (bool, []string) { return true, nil },
		Command: func(context.Context, string, []byte) message.Answer { return addCommand(folder) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { d.Run(ctx, agent) })
	wg.Go(func() { f.Run(ctx) })
	for waiting := "unknown"; d.Running().Version != 17 || waiting != ""; time.Sleep(10 * time.Millisecond) {
		if waiting, err = f.store.Waiting(); err != nil {
			panic(err)
		}
	}
	cancel()
	wg.Wait()
	d.Close()
}

// addCommand adds a line to the file with the commands.
func addCommand(folder string) message.Answer {
	file, err := os.OpenFile(filepath.Join(folder, commandsFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		_, err = file.WriteString("say\n")
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		panic(err)
	}
	return message.Answer{Status: 202}
}

// After the process was killed before any step of an update, the next one finishes the update, and does
// not carry out a command twice.
func TestAKillAtAnyStepOfAnUpdateIsMadeGood(t *testing.T) {
	store := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.start()
		f.makeGood()
		f.stop()
		if err := os.CopyFS(filepath.Join(store, "store"), os.DirFS(f.store)); err != nil {
			t.Fatal(err)
		}
	})
	stride := 1
	if testing.Short() {
		stride = 9
	}
	for worker := range 2 {
		t.Run(fmt.Sprint(worker), func(t *testing.T) {
			t.Parallel()
			for step := 1 + worker*stride; !t.Failed(); step += 2 * stride {
				name, ended := killAt(t, step, store)
				if t.Failed() {
					t.Errorf("this was after a kill before step %d, %s", step, name)
				}
				if ended {
					if step < 30 {
						t.Errorf("the update has only %d steps", step-1)
					}
					return
				}
			}
		})
	}
}

// killAt runs the scenario in a copy of the store, kills it before a step, and lets a second process
// finish the update. It returns the name of the step, and whether the scenario has ended before it.
func killAt(t *testing.T, step int, template string) (name string, ended bool) {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", killVariable, step, folder))
	out, err := child.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != killed) {
		t.Fatalf("%v\n%s", err, exit.Stderr)
	}
	name, ended = string(out), err == nil
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)))
		f := &fixture{t: t, folder: t.TempDir(), store: filepath.Join(folder, "store"), hub: newHub()}
		missing := 6 - f.storedChunks()
		f.start()
		if got := f.Runs(); got != "v16" && (got != "v17" || f.device.Running().Phase != message.Trial) {
			t.Errorf("%q runs at the start, %+v", got, f.device.Running())
		}
		f.follower.opts.Command = func(context.Context, string, []byte) message.Answer { return addCommand(folder) }
		update(f.hub)
		time.Sleep(15 * time.Minute)
		f.want("v17")
		f.wantLast("shop 17 good")
		f.stop()
		if n := f.hub.chunks(); n > missing {
			t.Errorf("%d chunks were fetched, and %d were missing", n, missing)
		}
		checkStore(t, f)
	})
	if lines, _ := os.ReadFile(filepath.Join(folder, commandsFile)); strings.Count(string(lines), "\n") > 1 {
		t.Errorf("the commands are %q", lines)
	}
	return name, ended
}

// storedChunks returns how many chunks have been fetched and are in no bundle yet.
func (f *fixture) storedChunks() (chunks int) {
	for _, name := range f.blobs() {
		info, err := os.Stat(filepath.Join(f.store, "blobs", name))
		if err != nil {
			f.t.Fatal(err)
		}
		size := int(info.Size())
		if !strings.HasSuffix(name, ".part") {
			size += message.ChunkSize - 1
		}
		chunks += size / message.ChunkSize
	}
	return chunks
}

// checkStore fails the test unless the store has two undamaged bundles, the new keys, and nothing
// unfinished.
func checkStore(t *testing.T, f *fixture) {
	t.Helper()
	if keys, err := f.device.Store().Keys(); err != nil || keys.Number != 2 {
		t.Errorf("the keys are %+v, %v", keys, err)
	}
	bundles, _ := filepath.Glob(filepath.Join(f.store, "bundles", "*"))
	if len(bundles) != 2 {
		t.Errorf("the bundles are %q", bundles)
	}
	for _, path := range bundles {
		text, err := os.ReadFile(filepath.Join(path, "manifest"))
		if err == nil {
			var m *bundle.Manifest
			if m, err = bundle.ParseManifest(text); err == nil {
				err = m.CheckFolder(filepath.Join(path, "files"))
			}
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	temporary, _ := filepath.Glob(filepath.Join(f.store, ".new-*"))
	if more, _ := filepath.Glob(filepath.Join(f.store, "bundles", ".new-*")); len(temporary)+len(more)+len(f.blobs()) > 0 {
		t.Errorf("%q %q %q are left", temporary, more, f.blobs())
	}
}
