package script

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestForgottenCoroutinesMakeRoomWithinOneTask(t *testing.T) {
	b := load(t, fmt.Sprintf(`
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
	`, 3*mostCoroutines))
	b.want("forgotten", "{}", fmt.Sprint(3*mostCoroutines))
	if r := b.call("kept", "{}"); !strings.Contains(r.Text, fmt.Sprintf("more than %d coroutines at once", mostCoroutines)) {
		t.Errorf("kept = %+v", r)
	}
	for end := time.Now().Add(10 * time.Second); b.call("forgotten", "{}").IsError; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("those that were kept have not been let go")
		}
	}
}
