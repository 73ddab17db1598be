package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// The test uses the real programs of the system on a folder in place of a device: useradd, userdel
// and systemctl. What needs a systemd that runs is tested in engine/install without these programs.
func TestInstallAndRemoveAServiceInAFolder(t *testing.T) {
	if testing.Short() || os.Geteuid() != 0 {
		t.Skip("needs root, and runs programs")
	}
	for _, program := range []string{"useradd", "systemctl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	device := t.TempDir()
	if err := os.Mkdir(filepath.Join(device, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"passwd": "", "shadow": "", "gshadow": "", "group": "audio:x:29:\ngpio:x:997:\n"} {
		if err := os.WriteFile(filepath.Join(device, "etc", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	script := writeScript(t, `register_tool("what", function() return "this" end)`)
	command := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(testkit.Moonlark(t), append([]string{"install", "--system", "--root", device}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	read := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(device, name))
		return string(text)
	}
	link := filepath.Join(device, "etc/systemd/system/multi-user.target.wants/moonlark.service")

	command("--agent", "agent_1", script)
	if !strings.HasPrefix(read("etc/passwd"), "moonlark:x:") || !strings.Contains(read("etc/moonlark/environment"), "\nELEVENLABS_AGENT_ID=agent_1\n") {
		t.Errorf("the users are %q, and the environment is %q", read("etc/passwd"), read("etc/moonlark/environment"))
	}
	if _, err := os.Lstat(link); err != nil {
		t.Errorf("the service is not enabled: %v", err)
	}
	if out, err := exec.Command(filepath.Join(device, "usr/local/bin/moonlark"), "version").CombinedOutput(); err != nil {
		t.Errorf("the binary does not run: %v\n%s", err, out)
	}
	if out := command(script); !strings.Contains(out, "keep the user moonlark\n") {
		t.Errorf("the second time, install says\n%s", out)
	}

	command("--remove")
	if _, err := os.Lstat(link); err == nil || read("etc/systemd/system/moonlark.service") != "" {
		t.Error("the service is left")
	}
	if read("etc/moonlark/a.lua") == "" {
		t.Error("the script is gone")
	}
	command("--remove", "--purge")
	if read("etc/moonlark/a.lua") != "" || read("etc/passwd") != "" {
		t.Errorf("the script or the user is left: %q", read("etc/passwd"))
	}
}
