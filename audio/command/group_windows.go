package command

import (
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

func shell(line string) *exec.Cmd {
	cmd := exec.Command("cmd")
	// Its own rule for quotes: with /S, all between the first and the last.
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + line + `"`, HideWindow: true}
	return cmd
}

// A group is a job. What the command starts before it is in the job, in the
// first moments, is not.
type group struct {
	job windows.Handle // 0 when there is none
	cmd *exec.Cmd
}

func newGroup(cmd *exec.Cmd) group {
	g := group{cmd: cmd}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return g
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid))
	if err == nil {
		err = windows.AssignProcessToJobObject(job, process)
		windows.CloseHandle(process)
	}
	if err != nil {
		windows.CloseHandle(job)
		return g
	}
	g.job = job
	return g
}

// terminate is kill: nobody can be asked here.
func (g group) terminate() { g.kill() }

func (g group) kill() {
	if g.job != 0 {
		windows.TerminateJobObject(g.job, 1)
	} else {
		g.cmd.Process.Kill()
	}
}

func (g group) alive() bool { return false }

func (g group) close() {
	if g.job != 0 {
		windows.CloseHandle(g.job)
	}
}
