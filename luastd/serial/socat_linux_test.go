package serial_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// socat makes the pseudo-terminals here, as people do who have no device at hand. It is ended,
// which looks like an unplugged device, and started again.
func TestWithSocat(t *testing.T) {
	if testing.Short() {
		t.Skip("starts programs")
	}
	program, err := exec.LookPath("socat")
	if err != nil {
		t.Skip("the program socat is not installed")
	}
	port := filepath.Join(t.TempDir(), "port")
	start := func() *exec.Cmd {
		socat := exec.Command(program, "PTY,link="+port+",rawer", "EXEC:cat")
		if err := socat.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { socat.Process.Kill(); socat.Wait() })
		return socat
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions("", port), Source: `
		p = serial.open("` + port + `")
		p:on("connect", function() connects = (connects or 0) + 1 end)`})
	for _, count := range []string{"1", "2", "3"} {
		socat := start()
		until(t, s, `return connects`, count)
		s.Want(`return p:request("hello\n", 20)`, "hello")
		socat.Process.Kill()
		socat.Wait()
		os.Remove(port) // socat does it only when it ends by itself
		until(t, s, `return p.connected`, "false")
		s.Want(`return select(3, p:request("hello\n"))`, "lost")
	}
	testkit.Until(t, "the script is closed", func() bool { s.Scripts.Close(); return true })
}
