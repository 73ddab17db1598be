//go:build unix

package mcp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/fakemcp"
	"moonlark/luastd/luastdtest"
)

// openFiles returns the number of open files of the process, or 0 if the system does not say.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func TestManyReloadsLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	named := mcpclient.NewServers("servers.json", []*mcpclient.Entry{{
		Name: "notes", Command: os.Args[0], Args: []string{"-test.run=^$"}, Startup: testkit.Timeout, Timeout: testkit.Timeout,
		Env: []string{fakemcp.Variable + "=plain", "GORACE=atexit_sleep_ms=0"},
	}}, nil)
	defer named.Close()
	s := open(t, fmt.Sprintf(`
		local function offer(server, prefix)
			server:offer {allow = {"*"}, prefix = prefix}
			server:offer {allow = {"*"}, as = prefix .. "all"}
			server:on_change(function() end)
		end
		offer(mcp.server("notes"), "notes_")
		offer(mcp.connect{command = %q, args = {"-test.run=^$"}, env = {%s = "plain"}, startup = 60}, "own_")`, os.Args[0], fakemcp.Variable),
		luastdtest.Options{MCPServers: named, Permissions: granted(permit.Run, os.Args[0])})
	path := filepath.Join(s.Folder, "test.lua")
	var pids []int
	for _, name := range []string{"notes_process", "own_process"} {
		pid, err := strconv.Atoi(call(t, s, name, `{}`).Text)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	reload := func(n int) {
		for range n {
			if _, err := s.Scripts.Reload(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	reload(20)
	goroutines, files := runtime.NumGoroutine(), openFiles()
	reload(200)
	testkit.Until(t, "the end of what the copies before have used", func() bool {
		return runtime.NumGoroutine() <= goroutines+5 && openFiles() <= files+2
	})
	s.Scripts.Close()
	named.Close()
	for _, pid := range pids {
		testkit.Until(t, "the end of the servers", func() bool { return syscall.Kill(pid, 0) != nil })
	}
}
