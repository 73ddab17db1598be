package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// anyRuns reports whether any process of process group g is running. It reads the state of each
// process from /proc, because kill(2) also finds zombies: processes that have ended but were not
// reaped. In many containers orphaned zombies are never reaped.
func anyRuns(g int) bool {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		b, _ := os.ReadFile(file)
		// The program's name is in parentheses and may contain any character.
		f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(f) > 2 && string(f[2]) == strconv.Itoa(g) && string(f[0]) != "Z" && string(f[0]) != "X" {
			return true
		}
	}
	return len(all) == 0
}
