package vm

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
)

// availableMemory returns how many bytes of memory this process may use: the memory of the machine,
// or the limit of the control group if that is less. It returns 2 GiB if neither is known.
func availableMemory() uint64 {
	const unknown = 2 << 30
	available := uint64(math.MaxUint64)
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(path); err == nil {
			if n, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64); err == nil {
				available = min(available, n)
			}
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib uint64
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err == nil {
			available = min(available, kib<<10)
		}
	}
	if available > 1<<50 {
		return unknown
	}
	return available
}
