//go:build linux

package pulsetest

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The devices that a server has when it starts.
const (
	Speaker    = "speaker"            // the default sink
	Heard      = "speaker.monitor"    // what it plays
	Microphone = "microphone.monitor" // the default source
	ear        = "microphone"         // the sink that it hears
)

// A Server is a sound server of a test's own. It ends with the test.
type Server struct {
	t       testing.TB
	dir     string // its home, and where its socket is
	kind    string // "PulseAudio" or "PipeWire"
	start   func() // starts its programs
	running []*program
	modules map[string]string // sinks, by name: the modules that make them
}

// Start starts PulseAudio. Where it is not installed the test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	s := newServer(t, "PulseAudio", "pulseaudio", "pactl", "parec")
	s.start = func() {
		s.run("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
			"--log-target=stderr", "--high-priority=no", "--realtime=no",
			"-L", "module-native-protocol-unix auth-anonymous=1 socket="+s.socket())
	}
	s.up()
	return s
}

// StartPipeWire starts PipeWire with its PulseAudio server and a session
// manager. Where they are not installed the test is skipped.
func StartPipeWire(t testing.TB) *Server {
	t.Helper()
	s := newServer(t, "PipeWire", "pipewire", "wireplumber", "pipewire-pulse", "dbus-daemon", "pactl", "parec")
	s.start = func() {
		os.Remove(s.bus()) // a killed one leaves it
		s.run("dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=unix:path="+s.bus())
		s.wait(s.bus())
		s.run("pipewire")
		s.wait(filepath.Join(s.dir, "pipewire-0"))
		s.run("wireplumber")
		s.run("pipewire-pulse")
	}
	s.up()
	return s
}

// Each runs a test on each server that is installed.
func Each(t *testing.T, test func(*testing.T, *Server)) {
	t.Run("PulseAudio", func(t *testing.T) { test(t, Start(t)) })
	t.Run("PipeWire", func(t *testing.T) { test(t, StartPipeWire(t)) })
}

// newServer is a server that is not started yet. It needs programs.
func newServer(t testing.TB, kind string, programs ...string) *Server {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: %v", kind, err)
		}
	}
	dir, err := os.MkdirTemp("", "sound") // short: the path of a socket has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "pulse"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, dir: dir, kind: kind, modules: make(map[string]string)}
	t.Cleanup(func() {
		s.Kill()
		os.RemoveAll(dir)
	})
	return s
}

// up starts the programs and makes the devices.
func (s *Server) up() {
	s.t.Helper()
	s.start()
	s.wait(s.socket())
	s.eventually(func() error { _, err := s.try("info"); return err })
	clear(s.modules)
	s.AddSink(Speaker)
	s.AddSink(ear)
	s.eventually(func() error { _, err := s.try("set-default-sink", Speaker); return err }) // PipeWire's manager may not be there yet
	s.eventually(func() error { _, err := s.try("set-default-source", Microphone); return err })
}

// Kind is the name of the server: PulseAudio or PipeWire.
func (s *Server) Kind() string { return s.kind }

// Address is what PULSE_SERVER would be.
func (s *Server) Address() string { return "unix:" + s.socket() }

// RuntimeDir is what XDG_RUNTIME_DIR would be.
func (s *Server) RuntimeDir() string { return s.dir }

// LinkHome has the server found below HOME, if that is the server's RuntimeDir.
func (s *Server) LinkHome() {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.dir, ".config", "pulse"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(s.dir, "pulse"), filepath.Join(s.dir, ".config", "pulse", "machine-runtime")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) socket() string { return filepath.Join(s.dir, "pulse", "native") }
func (s *Server) bus() string    { return filepath.Join(s.dir, "bus") }

// Kill ends the server as a crash does.
func (s *Server) Kill() {
	for _, p := range s.running {
		p.end(syscall.SIGKILL)
	}
	s.running = nil
	os.Remove(s.socket())
}

// Restart kills the server and starts it again, with the devices that it had at
// first.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	s.up()
}

// Freeze has the server do nothing, as one that hangs. Thaw ends it.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	for _, p := range s.running {
		p.cmd.Process.Signal(sig)
	}
}

// AddSink plugs in a speaker that swallows what it plays. Its monitor is the
// source of the same name with .monitor at its end.
func (s *Server) AddSink(name string) {
	s.t.Helper()
	s.modules[name] = s.LoadModule("module-null-sink", "sink_name="+name, "rate=48000", "channels=1", "channel_map=mono",
		`sink_properties="device.description='The `+name+`'"`)
	s.eventually(func() error { return s.has("sinks", name) })
	s.eventually(func() error { return s.has("sources", name+".monitor") })
}

// RemoveSink unplugs a speaker that AddSink plugged in, or one that the server
// had at first.
func (s *Server) RemoveSink(name string) {
	s.t.Helper()
	s.UnloadModule(s.modules[name])
	delete(s.modules, name)
}

// RemoveMicrophone unplugs the microphone that the server had at first.
func (s *Server) RemoveMicrophone() { s.t.Helper(); s.RemoveSink(ear) }

// AddMicrophone plugs it in again.
func (s *Server) AddMicrophone() { s.t.Helper(); s.AddSink(ear) }

func (s *Server) has(kind, name string) error {
	list, err := s.try("list", "short", kind)
	if err != nil {
		return err
	}
	for line := range strings.Lines(list) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == name {
			return nil
		}
	}
	return fmt.Errorf("no %s in %s", name, list)
}

// LoadModule loads a module and returns its number.
func (s *Server) LoadModule(args ...string) string {
	s.t.Helper()
	return strings.TrimSpace(s.Pactl(append([]string{"load-module"}, args...)...))
}

// UnloadModule unloads the module of that number.
func (s *Server) UnloadModule(module string) { s.t.Helper(); s.Pactl("unload-module", module) }

// Room has the microphone hear what the speaker plays: half as loud, and
// softer again from walls, up to 120 ms later.
func (s *Server) Room() {
	s.t.Helper()
	for _, path := range []struct{ latency, gain string }{{"20", "0.5"}, {"45", "0.15"}, {"80", "0.08"}, {"140", "0.03"}} {
		module := s.LoadModule("module-loopback", "source="+Heard, "sink="+ear, "adjust_time=0", "latency_msec="+path.latency)
		_, list, _ := strings.Cut(s.inputOf(module), "#")
		input, _, _ := strings.Cut(list, "\n")
		s.Pactl("set-sink-input-volume", input, path.gain)
	}
}

// inputOf is what pactl says of the stream that a module plays.
func (s *Server) inputOf(module string) (text string) {
	s.t.Helper()
	s.eventually(func() error {
		list, err := s.try("list", "sink-inputs")
		for _, input := range strings.Split(list, "\n\n") {
			if strings.Contains(input, "Owner Module: "+module+"\n") {
				text = input
				return nil
			}
		}
		return cmp.Or(err, fmt.Errorf("module %s plays nothing in %s", module, list))
	})
	return text
}

// Modules is how many modules of that name are loaded.
func (s *Server) Modules(name string) int {
	s.t.Helper()
	n := 0
	for line := range strings.Lines(s.Pactl("list", "short", "modules")) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == name {
			n++
		}
	}
	return n
}

// SetDefaultSink makes a sink the default one.
func (s *Server) SetDefaultSink(name string) { s.t.Helper(); s.setDefault("sink", name) }

// SetDefaultSource makes a source the default one.
func (s *Server) SetDefaultSource(name string) { s.t.Helper(); s.setDefault("source", name) }

// setDefault tries it again: PipeWire can do it only once its session manager
// has started.
func (s *Server) setDefault(kind, name string) {
	s.t.Helper()
	s.eventually(func() error { _, err := s.try("set-default-"+kind, name); return err })
}

// SuspendSink puts a sink to sleep, or wakes it.
func (s *Server) SuspendSink(name string, asleep bool) {
	s.t.Helper()
	s.Pactl("suspend-sink", name, fmt.Sprint(asleep))
}

// SuspendMicrophone puts the microphone that the server had at first to sleep
// with the sink that it hears, or wakes it.
func (s *Server) SuspendMicrophone(asleep bool) { s.t.Helper(); s.SuspendSink(ear, asleep) }

// Pactl runs pactl and returns what it prints.
func (s *Server) Pactl(args ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *Server) try(args ...string) (string, error) {
	cmd := s.command("pactl", args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("pactl %s: %w: %s%s", strings.Join(args, " "), err, complaint.String(), s.log())
	}
	return string(out), nil
}

// command is a program that knows this server only.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_RUNTIME_DIR="+s.dir, "XDG_CONFIG_HOME="+s.dir,
		"XDG_STATE_HOME="+s.dir, "PULSE_RUNTIME_PATH="+s.dir+"/pulse", "PULSE_SERVER="+s.Address(),
		"PULSE_COOKIE=", "PIPEWIRE_RUNTIME_DIR="+s.dir, "DBUS_SESSION_BUS_ADDRESS=unix:path="+s.bus(), "DISPLAY=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// A program is one that runs until it is ended.
type program struct {
	cmd   *exec.Cmd
	log   output
	ended chan struct{}
}

// run starts a program of the server's.
func (s *Server) run(name string, args ...string) {
	s.t.Helper()
	p := &program{cmd: s.command(name, args...), ended: make(chan struct{})}
	p.cmd.Stderr = &p.log
	p.cmd.Stdout = &p.log
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.ended)
	}()
	s.running = append(s.running, p)
}

// end sends sig to the program and all that it has started, and waits for its end.
func (p *program) end(sig syscall.Signal) {
	syscall.Kill(-p.cmd.Process.Pid, sig)
	<-p.ended
}

// log is what the server's programs have printed.
func (s *Server) log() string {
	var b strings.Builder
	for _, p := range s.running {
		fmt.Fprintf(&b, "-- %s --\n%s\n", p.cmd.Args[0], p.log.String())
	}
	return b.String()
}

// wait waits until someone answers at a socket.
func (s *Server) wait(socket string) {
	s.t.Helper()
	s.eventually(func() error {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// eventually waits until f has no error.
func (s *Server) eventually(f func() error) {
	s.t.Helper()
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	s.t.Fatalf("%s: %v\n%s", s.kind, err, s.log())
}

// An output collects what several goroutines write.
type output struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.String()
}
