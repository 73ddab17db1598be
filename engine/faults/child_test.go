package faults

import (
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// maxMemory is the maximum memory of a moonlark process in bytes. A process that uses more is
// killed, so that a failing test does not use all memory of the machine.
const maxMemory = 1200 << 20

// script is the Lua script that the moonlark process runs in most tests. It prints the events that
// it receives. Its tool "slow" returns only after the conversation has been lost, so the result of
// "slow" is always orphaned.
const script = `
local lost = false
register_tool("echo", function(args) return "echo " .. args.text end)
register_tool { name = "slow", timeout = 60, handler = function(args)
  print("slow began")
  while not lost do sleep(0.01) end
  sleep(args.seconds)
  return "slow"
end }
register_tool("size", function(args) return "size " .. #args.text end)
on("status", function(e)
  print("status " .. e.status)
  lost = lost or e.status == "reconnecting" or e.status == "ended"
end)
on("conversation_initiation_metadata", function(e) print("metadata " .. e.conversation_id) end)
on("reconnected", function(e) print("reconnected " .. e.conversation_id) end)
on("orphaned_result", function(e) print("orphan " .. e.conversation_id .. " " .. e.tool_call_id) end)
session.resume_context(function() return "it was cut short" end)
`

// start starts a moonlark process that runs source as the script a.lua. url is the agent's URL.
func start(t testing.TB, url, source string, flags ...string) *testkit.Child {
	t.Helper()
	return testkit.StartChild(t, testkit.ChildOptions{
		URL: url, Files: map[string]string{"a.lua": source}, Scripts: []string{"a.lua"}, Flags: flags, MaxMemory: maxMemory,
		Skip: func(e *testkit.Event) bool { return e.Type == "agent_part" || e.Type == "agent" },
	})
}

// wait waits for the end of the process c and fails the test if the exit code is not want or the
// process has crashed.
func wait(t testing.TB, c *testkit.Child, want int) {
	t.Helper()
	if code := c.Wait(3 * testkit.Timeout); code != want {
		t.Errorf("exit code %d, want %d", code, want)
	}
	c.CheckNoCrash()
}

// orphans counts the orphaned_result events that the script has printed. The keys are those of
// agent.calls.
func orphans(c *testkit.Child) map[string]int {
	all := make(map[string]int)
	for _, text := range c.Texts("print") {
		if call, ok := strings.CutPrefix(strings.TrimSuffix(text, " |"), "orphan "); ok {
			all[call]++
		}
	}
	return all
}
