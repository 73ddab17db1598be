//go:build unix

package process

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// shell returns a command that runs line in sh.
func shell(line string) *exec.Cmd { return exec.Command("sh", "-c", line) }

// leadGroup makes cmd the leader of a new process group.
func leadGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// A group is the id of a process group, which is also the process id of its leader.
type group int

func newGroup(cmd *exec.Cmd) group { return group(cmd.Process.Pid) }

func (g group) terminate()  { syscall.Kill(-int(g), syscall.SIGTERM) }
func (g group) kill()       { syscall.Kill(-int(g), syscall.SIGKILL) }
func (g group) alive() bool { return syscall.Kill(-int(g), 0) != syscall.ESRCH && anyRuns(int(g)) }
func (g group) close()      {}

// signals are the signals that Process.Signal can send.
var signals = map[string]syscall.Signal{
	"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT,
	"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT,
}

func (g group) signal(name string) { syscall.Kill(-int(g), signals[name]) }

// signalOf returns the name of the signal that has ended the process, without SIG, or "" if it has
// ended by itself.
func signalOf(exit *exec.ExitError) string {
	status := exit.Sys().(syscall.WaitStatus)
	if !status.Signaled() {
		return ""
	}
	if name, ok := strings.CutPrefix(unix.SignalName(status.Signal()), "SIG"); ok {
		return name
	}
	return strconv.Itoa(int(status.Signal())) // a signal without a name
}
