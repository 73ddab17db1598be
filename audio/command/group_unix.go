//go:build unix

package command

import (
	"os/exec"
	"syscall"
)

func shell(line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// A group is a process group, called by the number of its first process.
type group int

func newGroup(cmd *exec.Cmd) group { return group(cmd.Process.Pid) }

func (g group) terminate()  { syscall.Kill(-int(g), syscall.SIGTERM) }
func (g group) kill()       { syscall.Kill(-int(g), syscall.SIGKILL) }
func (g group) alive() bool { return syscall.Kill(-int(g), 0) != syscall.ESRCH && anyRuns(int(g)) }
func (g group) close()      {}
