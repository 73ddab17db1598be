//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/testkit"
)

const filmTools = `
register_tool {
	name = "film", where = "worker", job = true, expires = 600, parameters = { day = "integer", seconds = "number" },
	handler = function(args)
		print("begins " .. args.day)
		sleep(args.seconds)
		return "film " .. args.day
	end,
}
on("job_done", function(e) print("job_done " .. e.args.day .. ": " .. e.result .. " " .. tostring(e.is_error)) end)
`

// A filmFleet is a hub with the rights of a real fleet, and the programs of a device and of workers.
type filmFleet struct {
	t      *testing.T
	dir    string
	url    string
	script string
}

func newFilmFleet(t *testing.T) *filmFleet {
	t.Helper()
	f := &filmFleet{t: t, dir: t.TempDir()}
	folder, err := identity.Init(filepath.Join(f.dir, "shop"), "shop")
	if err != nil {
		t.Fatal(err)
	}
	var hubCreds []byte
	for name, role := range map[string]identity.Role{"kiosk-1": identity.Device, "gpu-1": identity.Worker, "gpu-2": identity.Worker, "centre": identity.Hub} {
		creds, err := folder.Credentials(role, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if role == identity.Hub {
			hubCreds = creds
		}
		f.write(name+".creds", string(creds))
	}
	f.script = f.write("film.lua", filmTools)
	f.url = startHub(t, folder)
	hub, err := nats.DialCenter(t.Context(), nats.Options{URL: f.url, Creds: hubCreds})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	if err := hub.Layout(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	hub.ServeJobs(12 * time.Second) // longer than workers are silent
	return f
}

func (f *filmFleet) write(name, text string) (path string) {
	f.t.Helper()
	path = filepath.Join(f.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

// start starts moonlark with the credentials of a member.
func (f *filmFleet) start(command, member string, args ...string) *testkit.Process {
	f.t.Helper()
	p := testkit.Start(f.t, testkit.Command{
		Path: testkit.Moonlark(f.t), Dir: f.dir,
		Args: append([]string{command, "--fleet", f.url, "--fleet-creds", filepath.Join(f.dir, member+".creds"), f.script}, args...),
	})
	f.t.Cleanup(func() {
		if f.t.Failed() {
			f.t.Logf("%s: %s\n%s", member, &p.Stdout, &p.Stderr)
		}
	})
	return p
}

func (f *filmFleet) device() *testkit.Process {
	return f.start("run", "kiosk-1", "--text", "--fleet-store", filepath.Join(f.dir, "store"))
}

// until waits until a program has written a text.
func (f *filmFleet) until(p *testkit.Process, text string) {
	f.t.Helper()
	for end := time.Now().Add(60 * time.Second); !strings.Contains(p.Stdout.String()+p.Stderr.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatal("nobody writes: ", text)
		}
	}
}

func (f *filmFleet) enter(p *testkit.Process, line string) {
	f.t.Helper()
	if err := p.Enter(line); err != nil {
		f.t.Fatal(err)
	}
}

// A device starts two jobs and is killed. Its worker is killed too, and another one carries out the jobs. The
// device that starts again gets the results.
func TestJobsOutliveTheirPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	f := newFilmFleet(t)
	device := f.device()
	f.until(device, "1 tool: film")
	f.enter(device, `/film {"day": 1, "seconds": 0}`)
	f.until(device, `"status":"started"`)
	worker := f.start("work", "gpu-1")
	f.until(device, "job_done 1: film 1 false")
	f.enter(device, `/film {"day": 2, "seconds": 300}`)
	f.until(worker, "begins 2")
	f.enter(device, `/film {"day": 3, "seconds": 0.1}`)
	f.until(device, "job_done 3: film 3 false")
	for _, p := range []*testkit.Process{device, worker} {
		if err := p.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	f.script = f.write("film.lua", strings.ReplaceAll(filmTools, "sleep(args.seconds)", "sleep(0)"))
	f.until(f.start("work", "gpu-2"), "begins 2")
	device = f.device()
	f.until(device, "job_done 2: film 2 false")
	f.enter(device, `/film {"day": 4, "seconds": 0}`)
	f.until(device, "job_done 4: film 4 false")
	if text := device.Stderr.String() + device.Stdout.String(); strings.Count(text, "job_done 2:") != 1 || strings.Contains(text, "job_done 1:") {
		t.Errorf("the results are %s", text)
	}
}
