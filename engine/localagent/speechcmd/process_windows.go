package speechcmd

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /S /C "` + command + `"`} // it has rules of its own for quotes
	return cmd
}

// kill ends a command and all that it has started.
func kill(p *os.Process) error {
	return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
}

// sweep would end what a command has started and did not wait for, but its
// number may be another's by now.
func sweep(*os.Process) {}
