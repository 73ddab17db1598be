package audio_test

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// build builds the program in testdata/all without cgo and with the given build tags. It returns
// the path of the binary.
func build(t *testing.T, tags string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a binary")
	}
	if runtime.GOOS != "linux" {
		t.Skip("static binaries are built for Linux only")
	}
	path := filepath.Join(t.TempDir(), "all")
	cmd := exec.Command("go", "build", "-tags", tags, "-o", path, "./testdata/all")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// isDynamic reports whether a binary needs the dynamic linker, and therefore the C library of the
// machine.
func isDynamic(t *testing.T, path string) bool {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return true
		}
	}
	return false
}

func TestBinaryWithTagStaticIsStaticAndReportsMissingLibraries(t *testing.T) {
	path := build(t, "static")
	if isDynamic(t, path) {
		t.Error("the binary is not static")
	}
	out, err := exec.Command(path).CombinedOutput()
	want := `oto: this binary was built without oto (tag static) true
alsa: this binary was built without libasound (tag static)
alsa: this binary was built without libasound (tag static)
speex: this binary was built without libspeexdsp (tag static)
`
	if err != nil || string(out) != want {
		t.Errorf("got %v, %s, want %s", err, out, want)
	}

	list := exec.Command("go", "list", "-deps", "-tags", "static", "./testdata/all")
	list.Env = append(list.Environ(), "CGO_ENABLED=0")
	packages, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(packages)) {
		if strings.HasPrefix(name, "github.com/ebitengine/") {
			t.Errorf("%s is in the static binary", strings.TrimSpace(name))
		}
	}
}

func TestBinaryWithoutTagStaticIsDynamic(t *testing.T) {
	if !isDynamic(t, build(t, "")) {
		t.Error("the binary is static: the tag static is no longer necessary")
	}
}
