package vm

import "syscall"

// yieldThread lets another thread of this process run on the processor, if one is ready. When all
// threads share one processor, a thread that receives data from the network or the sound device
// would otherwise wait until the kernel ends the time slice of this thread.
func yieldThread() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
