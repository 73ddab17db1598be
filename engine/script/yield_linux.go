package script

import "syscall"

// yieldThread lets another thread of the process have the processor, if one
// waits for it. Where all of them share one, the thread that woke for the socket
// or the sound would otherwise wait for the end of the kernel's time slice.
func yieldThread() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
