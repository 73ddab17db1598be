//go:build !nohub

package serve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/serve"
)

// processVariable makes this test binary run the centre of a fleet: see runProcess. Its value is the folder of the
// fleet.
const processVariable = "MOONLARK_TEST_SERVE"

// runProcess runs the centre of the fleet in a folder, and prints the URL of its hub, until the process is killed
// or its standard input ends.
func runProcess(dir string) {
	folder, err := identity.Open(filepath.Join(dir, "shop"))
	if err != nil {
		panic(err)
	}
	o, err := options(dir, folder)
	if err != nil {
		panic(err)
	}
	o.Log = slog.New(slog.DiscardHandler)
	o.Ready = func(url string, _ center.Hub) error {
		fmt.Println(url)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := serve.Run(ctx, o); err != nil {
		panic(err)
	}
}

// startProcess starts the centre in a process of its own, which stop kills. It returns the ID of the process.
func (f *testFleet) startProcess() (pid int) {
	f.t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), processVariable+"="+f.dir)
	stderr := new(strings.Builder)
	child.Stderr = stderr
	_, err := child.StdinPipe() // it ends with this process
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
	url, err := bufio.NewReader(stdout).ReadString('\n')
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
	return child.Process.Pid
}
