//go:build !windows

package speechcmd

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that kill finds all of it
	return cmd
}

// kill ends a command and all that it has started.
func kill(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }

// sweep ends what a command has started and did not wait for.
func sweep(p *os.Process) { _ = kill(p) } // the group keeps its number while anybody is in it
