//go:build !nohub

package serve_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/hub"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/serve"
)

// processVariable makes this test binary run the centre of a fleet: see runProcess. Its value is the folder of the
// fleet.
const processVariable = "MOONLARK_TEST_SERVE"

// securedFolder is the folder of certificates in that of a fleet. If it exists, the hub of the process has TLS, and
// listens on the same port at each start.
const securedFolder = "tls"

// runProcess runs the centre of the fleet in a folder, and prints the URL of its hub, until the process is killed
// or its standard input ends. For each line that it reads, it gives up unused memory, and prints a line.
func runProcess(dir string) {
	folder, err := identity.Open(filepath.Join(dir, "shop"))
	if err != nil {
		panic(err)
	}
	o, err := options(dir, folder)
	if err == nil {
		err = secure(&o, dir)
	}
	if err != nil {
		panic(err)
	}
	o.Log = slog.New(slog.DiscardHandler)
	o.Ready = func(url string, _ center.Hub) error {
		fmt.Println(url)
		_, address, _ := strings.Cut(url, "://")
		return os.WriteFile(filepath.Join(dir, "listen"), []byte(address), 0o600)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println() {
			debug.FreeOSMemory()
		}
		cancel()
	}()
	if err := serve.Run(ctx, o); err != nil {
		panic(err)
	}
}

// secure gives the hub TLS and the port of the last start, if there is a folder of certificates.
func secure(o *serve.Options, dir string) error {
	folder := filepath.Join(dir, securedFolder)
	if _, err := os.Stat(folder); err != nil {
		return nil
	}
	certified, err := hub.Certificate(folder, "127.0.0.1")
	if err != nil {
		return err
	}
	o.Server.TLS = certified.Server
	if address, err := os.ReadFile(filepath.Join(dir, "listen")); err == nil {
		o.Server.Listen = string(address)
	}
	return os.WriteFile(filepath.Join(folder, "ca.crt"), certified.CA, 0o600)
}

// A process runs the centre.
type process struct {
	t      testing.TB
	pid    int
	stdin  io.Writer
	stdout *bufio.Reader
}

// startProcess starts the centre in a process of its own, which stop kills.
func (f *testFleet) startProcess() *process {
	f.t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), processVariable+"="+f.dir)
	stderr := new(strings.Builder)
	child.Stderr = stderr
	stdin, err := child.StdinPipe() // it ends with this process
	if err != nil {
		f.t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	p := &process{t: f.t, pid: child.Process.Pid, stdin: stdin, stdout: bufio.NewReader(stdout)}
	url, err := p.stdout.ReadString('\n')
	if err != nil {
		child.Process.Kill()
		child.Wait()
		f.t.Fatalf("the centre does not start: %v\n%s", err, stderr)
	}
	f.setAddress(strings.TrimSpace(url))
	f.setEnd(func() {
		child.Process.Kill()
		child.Wait() // an error says that it was killed
	})
	return p
}

// memory returns how much memory the process uses after a garbage collection, in MB. It returns 0 where there is
// no /proc.
func (p *process) memory() float64 {
	p.t.Helper()
	_, err := fmt.Fprintln(p.stdin)
	if err == nil {
		_, err = p.stdout.ReadString('\n')
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return p.status("VmRSS:")
}

// peak returns the most memory that the process has used so far, in MB.
func (p *process) peak() float64 { return p.status("VmHWM:") }

// status returns a value of /proc/PID/status that is in kB, in MB.
func (p *process) status(name string) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid)) // it does not exist on all systems
	_, rest, _ := strings.Cut(string(text), name)
	value, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kilobytes, _ := strconv.ParseFloat(value, 64)
	return kilobytes / 1024
}

// processorTime returns how much processor time the process has used so far, in seconds.
func (p *process) processorTime() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100 // the unit of Linux is 10 ms
}

// stored returns how many KB the streams of the hub take on the disk.
func (f *testFleet) stored() (kilobytes float64) {
	err := filepath.WalkDir(f.path("store"), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // the hub has just deleted it
			}
			return err
		}
		if info, err := entry.Info(); err == nil && !entry.IsDir() {
			kilobytes += float64(info.Size()) / 1024
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return kilobytes
}
