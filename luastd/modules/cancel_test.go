package modules_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

// When a tool call is cancelled, the wait of its handler ends with an error, whatever it waits for. The
// handler can catch the error, and use the same things again.
func TestACancelEndsEachKindOfWait(t *testing.T) {
	left := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/quick" {
			fmt.Fprint(w, "quick")
			return
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		left <- struct{}{}
	}))
	t.Cleanup(server.Close)
	rows := map[string]struct{ wait, again string }{
		"sleep":    {`sleep(100)`, `sleep(0.001) return "slept"`},
		"http.get": {`assert(http.get("URL/slow", { timeout = 100 }))`, `return assert(http.get("URL/quick")).body`},
		"a stream": {`local r = assert(http.get("URL/slow", { stream = true, timeout = 100 })) return r:read()`, `return assert(http.get("URL/quick")).body`},
		"a queue":  {`q:get()`, `q:put("x") return q:get()`},
		"a mutex":  {`spawn(function() m:with(function() sleep(0.2) end) end) sleep(0.05) m:lock()`, `m:lock() m:unlock() return "free"`},
		"an event": {`e:wait()`, `e:set("x") return e:wait()`},
		"a task":   {`task.spawn(sleep, 100):wait()`, `return task.spawn(function() return "x" end):wait()`},
		"task.all": {`task.all { function() sleep(100) end }`, `return task.all({ function() return "x" end })[1]`},
		"tcp":      {`local c = assert(server:accept(100))`, `server:close() return "closed"`},
		"xpcall":   {`local _, why = xpcall(function() sleep(100) end, function(why) return why end) error(why, 0)`, `return "tried"`},
	}
	if _, err := exec.LookPath("sleep"); err == nil {
		rows["exec.run"] = struct{ wait, again string }{`exec.run({ "sleep", "100" }, { timeout = 110 })`, `return exec.run({ "echo", "x" }).stdout`}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := strings.ReplaceAll(fmt.Sprintf(`
				q, m, e = task.queue(), task.mutex(), task.event()
				on_start(function() server = assert(tcp.listen { port = 0 }) end)
				register_tool { name = "work", timeout = 120, handler = function(args, call)
					print("begun")
					local ok, why = pcall(function() %s end)
					local again = (function() %s end)()
					return tostring(ok) .. " " .. tostring(why) .. " " .. tostring(again)
				end }`, row.wait, row.again), "URL", server.URL)
			s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: permit.Settings{Grants: permit.All("a test")}})
			done := make(chan tool.Result, 1)
			c := &script.Call{Name: "work", Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }}
			s.Scripts.Call(c)
			luastdtest.WaitFor(t, "the handler has begun", func() bool { return strings.Contains(strings.Join(s.Output(), "\n"), "begun") })
			time.Sleep(100 * time.Millisecond) // so that it probably waits for what it is to wait for
			c.Cancel()
			select {
			case r := <-done:
				if r.IsError || !strings.HasPrefix(r.Text, "false ") || !strings.Contains(r.Text, "the call was cancelled") {
					t.Errorf("got %+v", r)
				}
			case <-time.After(60 * time.Second):
				t.Fatal("the handler still waits")
			}
			if name == "http.get" {
				<-left // the request has ended
			}
		})
	}
}
