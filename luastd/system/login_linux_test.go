package system_test

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/system"
)

// A login is a fake of the login manager of systemd, at a real bus. The real one would restart the
// machine on which the tests run.
type login struct {
	mu    sync.Mutex // guards the fields below
	calls []string
	fail  *dbus.Error
}

func (l *login) called(call string) *dbus.Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, call)
	return l.fail
}

func (l *login) wantCalls(t *testing.T, want string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if got := strings.Join(l.calls, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func (l *login) Reboot(interactive bool) *dbus.Error {
	if interactive {
		return dbus.NewError("test.Interactive", nil)
	}
	return l.called("reboot")
}

func (l *login) PowerOff(bool) *dbus.Error { return l.called("poweroff") }

func (l *login) SetBrightness(subsystem, name string, value uint32) *dbus.Error {
	return l.called(subsystem + " " + name + " " + string(rune('0'+value)))
}

// startBus starts a bus that takes the place of that of the system.
func startBus(t *testing.T) (address string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts programs")
	}
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("the program dbus-daemon is not installed")
	}
	daemon := exec.Command(program, "--session", "--nofork", "--print-address", "--address=unix:path="+filepath.Join(t.TempDir(), "bus"))
	out, err := daemon.StdoutPipe()
	if err == nil {
		err = daemon.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	return address
}

// startLogin starts the fake login manager.
func startLogin(t *testing.T) *login {
	t.Helper()
	conn, err := dbus.Connect(startBus(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	l := new(login)
	conn.Export(l, "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
	conn.Export(l, "/org/freedesktop/login1/session/auto", "org.freedesktop.login1.Session")
	if reply, err := conn.RequestName("org.freedesktop.login1", 0); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	return l
}

func TestTheLoginManagerRestartsTheMachine(t *testing.T) {
	l := startLogin(t)
	s := open(t, t.TempDir(), "reboot")
	s.Want(`return system.reboot(), system.poweroff()`, "true, true")
	l.wantCalls(t, "reboot, poweroff")
	for name, code := range map[string]string{
		"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired": "denied",
		"org.freedesktop.login1.BlockedByInhibitorLock":               "failed",
	} {
		l.mu.Lock()
		l.fail = dbus.NewError(name, []any{"not now"})
		l.mu.Unlock()
		got := s.Run(`return system.reboot()`)
		if !strings.HasPrefix(got, "nil, "+code+": ") || !strings.Contains(got, "not now") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// The file of the backlight can be written by the superuser, so the test calls the function directly
// that is used otherwise.
func TestTheLoginManagerSetsTheBrightness(t *testing.T) {
	l := startLogin(t)
	if err := system.SetBrightnessByLogin("panel", 7); err != nil {
		t.Error(err)
	}
	l.wantCalls(t, "backlight panel 7")
}

func TestASystemWithoutALoginManager(t *testing.T) {
	startBus(t)
	s := open(t, t.TempDir(), "reboot")
	s.Want(`return system.reboot()`, "nil, unsupported: the system has no login manager (systemd-logind) that does that, unsupported")
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nothing")
	if got := s.Run(`return system.reboot()`); !strings.HasPrefix(got, "nil, unsupported: the system has no D-Bus") {
		t.Errorf("got %s", got)
	}
}

func TestCallsLeaveNothing(t *testing.T) {
	startLogin(t)
	s := open(t, t.TempDir(), "reboot")
	s.Run(`system.reboot()`)
	before := luastdtest.Descriptors(t)
	for range 20 {
		s.Run(`system.reboot()`)
	}
	luastdtest.WaitFor(t, "the connections are closed", func() bool { return luastdtest.Descriptors(t) <= before })
}
