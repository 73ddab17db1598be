package script

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/script/vm"
)

// A tool call continues when the script is replaced, and so do the tasks that it waits for.
func TestATaskOfAToolCallContinuesAfterAReload(t *testing.T) {
	f := load(t, `
		register_tool("slow", function()
			background = task.spawn(sleep, 600)
			print("begun")
			local during = task.timeout(60, function()
				while background:status() == "running" do sleep(0.001) end -- the reload cancels it
				return "during"
			end)
			local after = task.map({1, 2, 3}, function(n) sleep(0.001) return n * 2 end)
			return {during, after, background:status(), tostring(select(2, pcall(task.spawn, print)))}
		end)`)
	answer := f.start("slow", "{}")
	f.until("begun")
	f.write("a.lua", `register_tool("slow", function() return "new" end)`)
	f.reload()
	f.want("slow", "{}", "new")
	const want = `["during",[2,4,6],"cancelled","task.spawn: this copy of the script has been replaced, and starts nothing more"]`
	if r := f.await(answer); r.Text != want {
		t.Errorf("the call returned %s, want %s", r.Text, want)
	}
}

func TestTopLevelTasksThatDoNotFitAreReported(t *testing.T) {
	f := load(t, fmt.Sprintf(`
		for i = 1, %d do spawn(function() end) end
		on_start(function() for i = 1, 10 do spawn(function() end) end end)`, vm.MaxStarts))
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		n := strings.Count(f.all(), "ERROR: spawn: "+errManyStarts.Error())
		if n == 10 {
			return
		}
		if n > 10 || time.Now().After(end) {
			t.Fatalf("%d tasks were reported, want 10:\n%s", n, f.all())
		}
	}
}
