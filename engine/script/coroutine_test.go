package script

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestForgottenCoroutinesMakeRoomWithinOneTask(t *testing.T) {
	b := newBench(t, Options{Limits: Limits{BurstWarning: time.Minute, Burst: time.Minute}})
	b.write("a.lua", fmt.Sprintf(`
		register_tool("forgotten", function()
			local n = 0
			for i = 1, %[1]d do
				local next = coroutine.wrap(function() n = n + 1 coroutine.yield() end)
				next()
			end
			return n
		end)
		register_tool("kept", function()
			local kept = {}
			for i = 1, %[1]d do
				local co = coroutine.create(coroutine.yield)
				local ok, err = coroutine.resume(co)
				if not ok then return #kept .. ": " .. err end
				kept[i] = co
			end
		end)
	`, mostCoroutines+1000))
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.want("forgotten", "{}", fmt.Sprint(mostCoroutines+1000))
	if r := b.call("kept", "{}"); !strings.Contains(r.Text, fmt.Sprintf("more than %d coroutines at once", mostCoroutines)) {
		t.Errorf("kept = %+v", r)
	}
	for end := time.Now().Add(10 * time.Second); b.call("forgotten", "{}").IsError; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("those that were kept have not been let go")
		}
	}
}
