package testkit

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// MosquittoPath returns the path of the MQTT broker Mosquitto, or "" if it is not installed. Tests
// that need it must then be skipped.
func MosquittoPath() string {
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// A Mosquitto is an MQTT broker on loopback, which runs during a test.
type Mosquitto struct {
	Port string // of the first listener
	// Ports are the ports of the other listeners.
	Ports []string

	t       TB
	folder  string
	process *Process
	ended   string // what the processes before have logged
}

// NewMosquitto starts a broker that accepts everyone. lines are more lines of its configuration, in
// which PORT1, PORT2 and so on stand for free ports, and FOLDER for a temporary folder.
func NewMosquitto(t TB, lines ...string) *Mosquitto {
	t.Helper()
	folder, err := os.MkdirTemp("", "mosquitto")
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	m := &Mosquitto{t: t, folder: folder, Port: FreePort(t)}
	config := fmt.Sprintf("user root\nlog_type all\nlog_dest stderr\nlistener %s 127.0.0.1\n", m.Port)
	extra := strings.Join(lines, "\n")
	for i := 1; strings.Contains(extra, fmt.Sprint("PORT", i)); i++ {
		port := FreePort(t)
		m.Ports = append(m.Ports, port)
		extra = strings.ReplaceAll(extra, fmt.Sprint("PORT", i), port)
	}
	if !strings.Contains(extra, "allow_anonymous") {
		config += "allow_anonymous true\n"
	}
	config += strings.ReplaceAll(extra, "FOLDER", folder) + "\n"
	if err := os.WriteFile(m.config(), []byte(config), 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	return m
}

func (m *Mosquitto) config() string { return filepath.Join(m.folder, "mosquitto.conf") }

// Write writes a file into the folder of the broker. Call it before Start.
func (m *Mosquitto) Write(name string, content []byte) {
	if err := os.WriteFile(filepath.Join(m.folder, name), content, 0o600); err != nil {
		m.t.Fatalf("%v", err)
	}
}

// Start starts the broker, and returns when it accepts connections.
func (m *Mosquitto) Start() {
	m.t.Helper()
	if m.process != nil {
		m.ended += m.process.Stderr.String()
	}
	m.process = Start(m.t, Command{Path: MosquittoPath(), Args: []string{"-c", m.config()}, Input: NoInput})
	Until(m.t, "Mosquitto accepts connections", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+m.Port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// Kill ends the broker at once, as a crash does.
func (m *Mosquitto) Kill() { m.process.Kill() }

// Signal sends a signal to the broker.
func (m *Mosquitto) Signal(sig os.Signal) { m.process.Signal(sig) }

// Log returns what the broker has logged since its first start.
func (m *Mosquitto) Log() string { return m.ended + m.process.Stderr.String() }

// FreePort returns a TCP port of this machine that nobody uses. Another program may take it before the
// caller does.
func FreePort(t TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
