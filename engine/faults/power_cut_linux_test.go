package faults

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

var cuts = flag.Int("cuts", 0, "how many power cuts the test PowerCut makes")

// kernelVariable names the folder with a package linux-image of Debian, which .ci/power-cut unpacks.
const kernelVariable = "MOONLARK_TEST_KERNEL"

// TestAPowerCutLosesNothingThatWasKept runs moonlark in a virtual machine, and kills the machine while a
// script writes. What the script has said before must be on the disk of the next machine.
//
// The file of the disk has all writes, also those that a real disk would still have had in its cache. So
// the test makes the content of the disk out of a log of all writes: see cutDisk.
func TestAPowerCutLosesNothingThatWasKept(t *testing.T) {
	if *cuts == 0 {
		t.Skip("takes minutes, and needs QEMU and a kernel: run .ci/power-cut by hand")
	}
	m := newVirtualMachine(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	kept := map[string]int{} // the largest number that each kind of write has said
	lostRounds := 0
	for cut := 0; cut <= *cuts; cut++ {
		writes := 20 + r.IntN(300)
		if cut == *cuts {
			writes = 0 // only look at what the last cut has left
		}
		round := m.run(writes, time.Duration(r.IntN(2500))*time.Millisecond)
		for kind, found := range round.found {
			if found < kept[kind] && kind != "unsynced" {
				t.Errorf("cut %d: %s has only the writes up to %d, but %d was kept", cut, kind, found, kept[kind])
			}
			if found < kept[kind] && kind == "unsynced" {
				lostRounds++
			}
		}
		before := fmt.Sprint(round.found)
		for kind := range round.found {
			kept[kind] = max(round.found[kind], round.kept[kind])
		}
		if cut == *cuts {
			t.Logf("after the last cut: found %s", before)
			break
		}
		flushes, lost := m.cut(r)
		t.Logf("cut %d after %v: found %s, kept %v; %d flushes, %d writes lost after the last one", cut+1, round.took.Round(100*time.Millisecond), before, kept, flushes, lost)
	}
	t.Logf("%d cuts; after %d of them, writes that need not survive were lost", *cuts, lostRounds)
	if *cuts >= 20 && lostRounds == 0 {
		t.Error("no cut has lost anything: is the power really cut?")
	}
}

// A virtualMachine is a machine of QEMU that runs a script from a folder of its own.
type virtualMachine struct {
	t                         *testing.T
	kernel, initrd, disk, log string // paths
	content                   []byte // of the disk when the machine was started
}

// A powerOn is what a machine has said from its start to the power cut.
type powerOn struct {
	found, kept map[string]int
	took        time.Duration
}

// diskSize is the size of the disk in bytes.
const diskSize = 64 << 20

func newVirtualMachine(t *testing.T) *virtualMachine {
	unpacked := os.Getenv(kernelVariable)
	if unpacked == "" {
		t.Fatalf("%s is not set: run .ci/power-cut", kernelVariable)
	}
	kernels, _ := filepath.Glob(filepath.Join(unpacked, "boot/vmlinuz-*"))
	if len(kernels) != 1 {
		t.Fatalf("%s has %d kernels", unpacked, len(kernels))
	}
	folder := t.TempDir()
	m := &virtualMachine{
		t: t, kernel: kernels[0], initrd: filepath.Join(folder, "initrd"), disk: filepath.Join(folder, "disk"), log: filepath.Join(folder, "log"),
	}
	m.makeInitrd(unpacked, filepath.Join(folder, "root"))
	if err := os.WriteFile(m.disk, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(m.disk, diskSize); err != nil {
		t.Fatal(err)
	}
	m.command("mkfs.ext4", "-q", "-F", m.disk)
	m.content = readFile(t, m.disk)
	return m
}

// command runs a program and returns its output.
func (m *virtualMachine) command(name string, args ...string) []byte {
	m.t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}

// makeInitrd writes the file system with which the machine starts: moonlark, the script, and the modules
// of the kernel for the disk.
func (m *virtualMachine) makeInitrd(unpacked, root string) {
	t := m.t
	for _, folder := range []string{"bin", "modules", "proc", "sys", "dev", "data", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"bin/busybox": busybox, "bin/moonlark": testkit.Build(t, nil, "build", "-tags", "static", "moonlark"),
		"init": "testdata/power_cut/init", "write.lua": "testdata/power_cut/write.lua",
	}
	for _, driver := range []string{"virtio", "block"} {
		modules, _ := filepath.Glob(filepath.Join(unpacked, "lib/modules/*/kernel/drivers", driver, "virtio*.ko"))
		for _, module := range modules {
			files["modules/"+filepath.Base(module)] = module
		}
	}
	for name, path := range files {
		if err := os.WriteFile(filepath.Join(root, name), readFile(t, path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	archive := m.command("sh", "-c", `cd "$1" && find . | busybox cpio -o -H newc`, "sh", root)
	if err := os.WriteFile(m.initrd, archive, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run starts the machine, and kills it when it has said that so many writes must survive, and a delay has
// passed.
func (m *virtualMachine) run(writes int, delay time.Duration) powerOn {
	t := m.t
	t.Helper()
	if err := os.WriteFile(m.log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	machine := testkit.Start(t, testkit.Command{Path: "qemu-system-x86_64", Input: testkit.NoInput, Args: []string{
		"-accel", "tcg", "-m", "384", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", m.kernel, "-initrd", m.initrd, "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
		"-blockdev", "driver=blklogwrites,node-name=disk,file.driver=file,file.filename=" + m.disk + ",log.driver=file,log.filename=" + m.log,
		"-device", "virtio-blk-pci,drive=disk",
	}})
	deadline := time.Now().Add(10 * time.Minute)
	for {
		said := machine.Stdout.String()
		on := powerOn{numbers(said, "found"), numbers(said, "kept"), time.Since(began)}
		if len(on.found) == 4 && strings.Count(said, "kept ")-strings.Count(said, "kept unsynced ") >= writes {
			time.Sleep(delay)
			machine.Kill()
			said = machine.Stdout.String()
			return powerOn{on.found, numbers(said, "kept"), time.Since(began)}
		}
		select {
		case <-machine.Done:
		case <-time.After(10 * time.Millisecond):
			if time.Now().Before(deadline) && !strings.Contains(said, "broken: ") { // the script says why
				continue
			}
		}
		machine.Kill()
		t.Fatalf("the machine has failed:\n%s\n%s", machine.Stdout.String(), machine.Stderr.String())
	}
}

// numbers returns the last number that the machine has said after a word, by kind of write. A line that
// the power cut has cut off has no period at its end.
func numbers(said, word string) map[string]int {
	last := make(map[string]int)
	for line := range strings.Lines(said) {
		var kind string
		var n int
		_, rest, ok := strings.Cut(line, word+" ")
		if _, err := fmt.Sscanf(rest, "%s %d.", &kind, &n); ok && err == nil && strings.Contains(rest, ".") {
			last[kind] = n
		}
	}
	return last
}

// cut makes the content of the disk for the next start, after the machine was killed.
func (m *virtualMachine) cut(r *rand.Rand) (flushes, lost int) {
	writes := parseDiskLog(m.t, readFile(m.t, m.log))
	flushes, lost = cutDisk(m.t, m.content, writes, r)
	if err := os.WriteFile(m.disk, m.content, 0o600); err != nil {
		m.t.Fatal(err)
	}
	return flushes, lost
}
