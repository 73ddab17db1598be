// Package faults has the proof that a conversation survives its network and its
// server, or ends as it should: a real moonlark, with a line between it and the
// agent that does all that lines do, and an agent that does all that servers do.
package faults

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	race = flag.Bool("race-children", false, "run a moonlark with the race detector, which is many times slower")
	long = flag.Duration("soak", 15*time.Second, "how long the soak lasts")
	seed = flag.Uint64("seed", 0, "what the soak is made from; 0 is another each time")
)

// atOnce is how many of these tests run at the same time: they mostly wait.
const atOnce = "12"

var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "moonlark")
	args := []string{"build", "-o", path}
	if *race {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "moonlark")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

var folder string

// build makes the command, once.
func build(t testing.TB) string {
	if runtime.GOOS == "windows" {
		t.Skip("no signals here")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "faults"); err != nil {
		panic(err)
	}
	flag.Parse()
	flag.Set("test.parallel", atOnce)
	code := m.Run()
	os.RemoveAll(folder)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
