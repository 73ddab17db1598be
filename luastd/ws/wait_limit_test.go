package ws_test

import (
	"strings"
	"testing"
	"time"
)

// A wait in a tool call ends before the call's deadline.
func TestWaitsInToolCalls(t *testing.T) {
	url := serve(t, obey)
	s := openScript(t)
	s.Run(`c = ws.connect("` + url + `?m=1&m=2")`)
	got := s.RunWithin(time.Second, `local n = 0 local ok, reason = pcall(function() for m in c:messages() do n = n + 1 end end) return n, (reason:gsub("in [%d.]+ s", "in time"))`)
	if want := "2, a.lua:1: connection:messages: timeout: no message from " + strings.TrimPrefix(url, "ws://") + " in time"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
