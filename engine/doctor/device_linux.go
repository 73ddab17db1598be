package doctor

import "golang.org/x/sys/unix"

func space(path string) (free, total uint64, err error) {
	var s unix.Statfs_t
	err = unix.Statfs(path, &s)
	size := uint64(s.Bsize)
	return s.Bavail * size, s.Blocks * size, err
}

// isSynchronized asks the kernel, which the time service tells that it sets the clock.
func isSynchronized() (synchronized, known bool) {
	var t unix.Timex
	_, err := unix.Adjtimex(&t) // no modes are set, so this only reads
	return err == nil && t.Status&unix.STA_UNSYNC == 0, err == nil
}

func kernelLog() string {
	text := make([]byte, 1<<20)
	n, err := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, text)
	if err != nil {
		return ""
	}
	return string(text[:n])
}
