package process

import (
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// shell returns a command that runs line in cmd.exe.
func shell(line string) *exec.Cmd {
	cmd := exec.Command("cmd")
	// With /S, cmd.exe takes everything between the first and the last quote as the command line.
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + line + `"`}
	return cmd
}

// leadGroup hides the window of cmd. newGroup makes the group.
func leadGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.HideWindow = true
}

// A group is a job object. The command is added to the job object after it has started. Programs
// that the command starts before that are not in the job object.
type group struct {
	job windows.Handle // zero if the job object could not be created
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

// terminate kills the processes in the job object, because Windows has no way to ask a program
// without a window to end.
func (g group) terminate() { g.kill() }

func (g group) kill() {
	if g.job != 0 {
		windows.TerminateJobObject(g.job, 1)
	} else {
		g.cmd.Process.Kill()
	}
}

// alive always returns false, because TerminateJobObject has ended all processes of the job object
// when it returns.
func (g group) alive() bool { return false }

// close closes the job object. This kills processes that are still in the job object.
func (g group) close() {
	if g.job != 0 {
		windows.CloseHandle(g.job)
	}
}

// signals are the signals that Process.Signal can send. On Windows, both kill the group.
var signals = map[string]bool{"TERM": true, "KILL": true}

func (g group) signal(string) { g.kill() }

// signalOf returns "", because Windows has no signals.
func signalOf(*exec.ExitError) string { return "" }
