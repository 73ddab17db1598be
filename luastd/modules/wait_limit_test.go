package modules_test

import (
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

// A wait in a tool call ends before the call must be answered, so that the handler can still return
// something.
func TestWaitsInAToolCallEndBeforeItsTimeout(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	if runtime.GOOS == "windows" {
		t.Skip("it runs sleep")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts the connections
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	programs := []permit.Grant{{Kind: permit.Run, Value: "sleep"}, {Kind: permit.Net, Value: "127.0.0.1"}}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: programs}})
	for _, source := range []string{
		`http.get("http://` + l.Addr().String() + `/")`,
		`(function() local _, why, code = exec.run{"sleep", "60"} return nil, why, code end)()`,
		`exec.start{"sleep", "60"}:wait()`,
		`db.open("a.db"):query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")`,
		`(function()
			local d = db.open("b.db")
			spawn(function() d:transaction(function() d:exec("CREATE TABLE a (b)") sleep(5) end) end)
			sleep(0.1)
			return d:exec("CREATE TABLE c (d)")
		end)()`,
		`exec.start{"sleep", "60"}:read_line()`,
		`task.spawn(sleep, 60):wait()`,
		`task.spawn(sleep, 60):wait(30)`,
		`task.all{function() sleep(60) end}`,
		`task.race{function() sleep(60) end}`,
		`task.timeout(30, sleep, 60)`,
		`task.queue():get()`,
		`(function() local m = task.mutex() m:lock() return task.spawn(function() m:lock() end):wait() end)()`,
		`task.event():wait()`,
		`coroutine.wrap(function() return task.event():wait() end)()`,
	} {
		t.Run(strings.ReplaceAll(source, "/", "_"), func(t *testing.T) {
			began := time.Now()
			if got := s.RunWithin(time.Second, "return select(3, "+source+")"); got != "timeout" {
				t.Errorf("got %s", got)
			}
			if took := time.Since(began); took < 400*time.Millisecond {
				t.Errorf("the wait ended after %v", took)
			}
		})
	}
	if got := s.RunWithin(5*time.Second, `return task.event():wait(0.01)`); !strings.HasPrefix(got, "nil, timeout: after 0.01 s") {
		t.Errorf("a shorter timeout: got %s", got)
	}
}
