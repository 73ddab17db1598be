package remote

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

func TestTheTextsOfAReportAreBounded(t *testing.T) {
	r := newRemote(Parts{Bus: new(bus.Bus), Scripts: newScripts(t, `register_tool("flood", function() for i = 1, 100 do print(("x"):rep(1000)) end end)`)})
	var report CallReport
	if _, err := r.CallTool(t.Context(), "flood", json.RawMessage(`{}`), CallOptions{ID: "try-1", Source: "inspector", Report: &report}); err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Join(report.Prints, "")); n != maxPrintBytes || len(report.Prints) != 66 {
		t.Errorf("%d texts have %d bytes, want 66 with %d", len(report.Prints), n, maxPrintBytes)
	}
}

func TestAReportSaysHowACallWent(t *testing.T) {
	events := new(bus.Bus)
	var got []bus.Event
	events.Attach(bus.Receiver{
		Wants:   func(t bus.Type, _ string) bool { return t == bus.ToolCall || t == bus.ToolResult },
		Receive: func(e bus.Event) { got = append(got, e) },
	})
	scripts := newScripts(t, `
register_tool("block", function() print("blocks") end)
register_tool("work", function()
	print("first")
	sleep(0.2)
	local ends = os.clock() + 0.05
	while os.clock() < ends do end
	print("last", 1)
end)`)
	r := newRemote(Parts{Bus: events, Scripts: scripts})
	blocks, release := make(chan bool), make(chan bool)
	done := make(chan tool.Result, 1)
	scripts.Call(&script.Call{
		Name:    "block",
		Printed: func(string) { close(blocks); <-release }, // the script's goroutine is busy meanwhile
		Reply:   func(_ *script.Call, r tool.Result) { done <- r },
	})
	<-blocks
	time.AfterFunc(100*time.Millisecond, func() { close(release) })
	var report CallReport
	if _, err := r.CallTool(t.Context(), "work", json.RawMessage(`{}`), CallOptions{ID: "try-1", Source: "inspector", Report: &report}); err != nil {
		t.Fatal(err)
	}
	<-done
	switch {
	case !slices.Equal(report.Prints, []string{"first", "last\t1"}):
		t.Errorf("printed %q", report.Prints)
	case report.Waited < 190*time.Millisecond || report.CPU < 40*time.Millisecond || report.Queued < 80*time.Millisecond:
		t.Errorf("got %+v", report)
	case report.Took < report.Waited+report.CPU+report.Queued-10*time.Millisecond:
		t.Errorf("the parts are longer than the call: %+v", report)
	}
	if len(got) != 2 || got[0].Source != "inspector" || filepath.Base(got[0].At) != "a.lua:3" || got[0].IsOfAgent() || got[1].Source != "inspector" ||
		got[1].Waited != report.Waited.Seconds() || got[1].Queued != report.Queued.Seconds() {
		t.Errorf("events %+v", got)
	}
}
