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

// These are the names of the devices that a server has after its start.
const (
	Speaker        = "speaker"            // the default sink
	Heard          = "speaker.monitor"    // the source that records what Speaker plays
	Microphone     = "microphone.monitor" // the default source
	microphoneSink = "microphone"         // the sink whose sound Microphone records
)

// A Server is a private sound server of one test. It ends with the test.
type Server struct {
	t       testing.TB
	dir     string // the server's home directory and runtime directory
	kind    string // "PulseAudio" or "PipeWire"
	start   func() // starts the programs that form the server
	running []*program
	// number of the module that created each sink; the key is the sink's name
	modules map[string]string
}

// Start starts a PulseAudio server. It skips the test if PulseAudio is not installed or -short is
// set.
func Start(t testing.TB) *Server {
	t.Helper()
	s := newServer(t, "PulseAudio", "pulseaudio", "pactl", "parec")
	s.start = func() {
		s.run("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
			"--log-target=stderr", "--high-priority=no", "--realtime=no",
			"-L", "module-native-protocol-unix auth-anonymous=1 socket="+s.socket())
	}
	s.startAndSetUp()
	return s
}

// StartPipeWire starts PipeWire with its PulseAudio server and a session manager. It skips the test
// if one of these programs is not installed or -short is set.
func StartPipeWire(t testing.TB) *Server {
	t.Helper()
	s := newServer(t, "PipeWire", "pipewire", "wireplumber", "pipewire-pulse", "dbus-daemon", "pactl", "parec")
	s.start = func() {
		os.Remove(s.busSocket()) // a killed dbus-daemon does not remove its socket
		s.run("dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=unix:path="+s.busSocket())
		s.waitForSocket(s.busSocket())
		s.run("pipewire")
		s.waitForSocket(filepath.Join(s.dir, "pipewire-0"))
		s.run("wireplumber")
		s.run("pipewire-pulse")
	}
	s.startAndSetUp()
	return s
}

// Each runs test twice: with a PulseAudio server and with PipeWire. It skips a server that is not
// installed.
func Each(t *testing.T, test func(*testing.T, *Server)) {
	t.Run("PulseAudio", func(t *testing.T) { test(t, Start(t)) })
	t.Run("PipeWire", func(t *testing.T) { test(t, StartPipeWire(t)) })
}

// newServer returns a Server whose programs are not started yet. It skips the test if one of the
// programs is not installed or -short is set.
func newServer(t testing.TB, kind string, programs ...string) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a sound server")
	}
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: %v", kind, err)
		}
	}
	// a directory with a short name, because the path of a socket is limited to 107 bytes
	dir, err := os.MkdirTemp("", "sound")
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

// startAndSetUp starts the programs of the server and creates the devices.
func (s *Server) startAndSetUp() {
	s.t.Helper()
	s.start()
	s.waitForSocket(s.socket())
	s.eventually(func() error { _, err := s.tryPactl("info"); return err })
	clear(s.modules)
	s.AddSink(Speaker)
	s.AddSink(microphoneSink)
	s.setDefault("sink", Speaker)
	s.setDefault("source", Microphone)
}

// Kind returns the name of the server: PulseAudio or PipeWire.
func (s *Server) Kind() string { return s.kind }

// Address returns the address of the server in the syntax of PULSE_SERVER.
func (s *Server) Address() string { return "unix:" + s.socket() }

// RuntimeDir returns the value that the environment variable XDG_RUNTIME_DIR must have in clients
// of the server.
func (s *Server) RuntimeDir() string { return s.dir }

// LinkHome makes the server available to clients whose environment variable HOME is RuntimeDir.
func (s *Server) LinkHome() {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.dir, ".config", "pulse"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(s.dir, "pulse"), filepath.Join(s.dir, ".config", "pulse", "machine-runtime")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) socket() string    { return filepath.Join(s.dir, "pulse", "native") }
func (s *Server) busSocket() string { return filepath.Join(s.dir, "bus") }

// Kill kills all processes of the server.
func (s *Server) Kill() {
	for _, p := range s.running {
		p.kill()
	}
	s.running = nil
	os.Remove(s.socket())
}

// Restart kills the server and starts it again. After that, the server has the same devices as
// after Start.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	s.startAndSetUp()
}

// Freeze suspends the processes of the server, so that the server does not react any more. Thaw
// resumes them.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw resumes the processes that Freeze has suspended.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	for _, p := range s.running {
		p.cmd.Process.Signal(sig)
	}
}

// AddSink adds a null sink with this name. The name of its monitor is the name followed by
// ".monitor".
func (s *Server) AddSink(name string) {
	s.t.Helper()
	s.modules[name] = s.LoadModule("module-null-sink", "sink_name="+name, "rate=48000", "channels=1", "channel_map=mono",
		`sink_properties="device.description='The `+name+`'"`)
	s.eventually(func() error { return s.checkExists("sinks", name) })
	s.eventually(func() error { return s.checkExists("sources", name+".monitor") })
}

// RemoveSink removes a sink that AddSink has added.
func (s *Server) RemoveSink(name string) {
	s.t.Helper()
	s.UnloadModule(s.modules[name])
	delete(s.modules, name)
}

// RemoveMicrophone removes the microphone.
func (s *Server) RemoveMicrophone() { s.t.Helper(); s.RemoveSink(microphoneSink) }

// AddMicrophone adds the microphone again after RemoveMicrophone.
func (s *Server) AddMicrophone() { s.t.Helper(); s.AddSink(microphoneSink) }

// checkExists returns an error if the server has no object of this kind and name. kind is an
// argument of "pactl list short", such as "sinks".
func (s *Server) checkExists(kind, name string) error {
	list, err := s.tryPactl("list", "short", kind)
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

// LoadModule loads a module with arguments, and returns the module's number. args contains the name
// of the module and its arguments.
func (s *Server) LoadModule(args ...string) string {
	s.t.Helper()
	return strings.TrimSpace(s.Pactl(append([]string{"load-module"}, args...)...))
}

// UnloadModule unloads the module with this number.
func (s *Server) UnloadModule(module string) { s.t.Helper(); s.Pactl("unload-module", module) }

// AddEcho adds an echo: the microphone records the sound of the speaker at half its amplitude,
// followed by weaker reflections for 120 ms.
func (s *Server) AddEcho() {
	s.t.Helper()
	for _, path := range []struct{ latency, gain string }{{"20", "0.5"}, {"45", "0.15"}, {"80", "0.08"}, {"140", "0.03"}} {
		module := s.LoadModule("module-loopback", "source="+Heard, "sink="+microphoneSink, "adjust_time=0", "latency_msec="+path.latency)
		_, rest, _ := strings.Cut(s.sinkInput(module), "#")
		input, _, _ := strings.Cut(rest, "\n") // number of the sink input
		s.Pactl("set-sink-input-volume", input, path.gain)
	}
}

// sinkInput returns the text that pactl prints about the sink input of the module with this number.
func (s *Server) sinkInput(module string) (text string) {
	s.t.Helper()
	s.eventually(func() error {
		list, err := s.tryPactl("list", "sink-inputs")
		for _, input := range strings.Split(list, "\n\n") {
			if strings.Contains(input, "Owner Module: "+module+"\n") {
				text = input
				return nil
			}
		}
		return cmp.Or(err, fmt.Errorf("module %s has no sink input in %s", module, list))
	})
	return text
}

// Modules returns the number of loaded modules with this name.
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

// SetDefaultSink makes the sink with this name the default sink.
func (s *Server) SetDefaultSink(name string) { s.t.Helper(); s.setDefault("sink", name) }

// SetDefaultSource makes the source with this name the default source.
func (s *Server) SetDefaultSource(name string) { s.t.Helper(); s.setDefault("source", name) }

// setDefault sets the default device; kind is "sink" or "source". It retries the request, which
// fails until PipeWire's session manager has started.
func (s *Server) setDefault(kind, name string) {
	s.t.Helper()
	s.eventually(func() error { _, err := s.tryPactl("set-default-"+kind, name); return err })
}

// SuspendSink suspends a sink, or resumes it if suspend is false.
func (s *Server) SuspendSink(name string, suspend bool) {
	s.t.Helper()
	s.Pactl("suspend-sink", name, fmt.Sprint(suspend))
}

// SuspendMicrophone suspends the microphone, or resumes it if suspend is false.
func (s *Server) SuspendMicrophone(suspend bool) {
	s.t.Helper()
	s.SuspendSink(microphoneSink, suspend)
}

// Pactl runs the program pactl for this server and returns its output. The test fails if pactl
// fails.
func (s *Server) Pactl(args ...string) string {
	s.t.Helper()
	out, err := s.tryPactl(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *Server) tryPactl(args ...string) (string, error) {
	cmd := s.command("pactl", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("pactl %s: %w: %s%s", strings.Join(args, " "), err, stderr.String(), s.log())
	}
	return string(out), nil
}

// command returns a command with an environment in which programs find only this server.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_RUNTIME_DIR="+s.dir, "XDG_CONFIG_HOME="+s.dir,
		"XDG_STATE_HOME="+s.dir, "PULSE_RUNTIME_PATH="+s.dir+"/pulse", "PULSE_SERVER="+s.Address(),
		"PULSE_COOKIE=", "PIPEWIRE_RUNTIME_DIR="+s.dir, "DBUS_SESSION_BUS_ADDRESS=unix:path="+s.busSocket(), "DISPLAY=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return cmd
}

// A program is one process of a server.
type program struct {
	cmd  *exec.Cmd
	log  output
	done chan struct{} // closed when the process has ended
}

// run starts a program of the server.
func (s *Server) run(name string, args ...string) {
	s.t.Helper()
	p := &program{cmd: s.command(name, args...), done: make(chan struct{})}
	p.cmd.Stderr = &p.log
	p.cmd.Stdout = &p.log
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	s.running = append(s.running, p)
}

// kill kills the process group of the program and waits until the program has ended.
func (p *program) kill() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// log returns the output of all running programs of the server.
func (s *Server) log() string {
	var b strings.Builder
	for _, p := range s.running {
		fmt.Fprintf(&b, "-- %s --\n%s\n", p.cmd.Args[0], p.log.String())
	}
	return b.String()
}

// waitForSocket waits until the socket accepts connections. The test fails if that takes more than
// 10 s.
func (s *Server) waitForSocket(socket string) {
	s.t.Helper()
	s.eventually(func() error {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// eventually calls f until f returns nil. The test fails if that takes more than 10 s.
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

// An output is a buffer that several goroutines may use at the same time.
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
