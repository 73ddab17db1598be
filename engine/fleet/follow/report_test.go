package follow

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/message"
)

func TestWhatIsSaidLeavesTheDeviceOnlyIfItIsShared(t *testing.T) {
	for name, row := range map[string]struct {
		share         Share
		calls, events []string
	}{
		"nothing is shared": {events: []string{"connected", "bundle"}},
		"calls":             {Share{Calls: true}, []string{"tool_call: lamp", "tool_result: lamp"}, []string{"connected", "bundle"}},
		"talk":              {Share{Talk: true}, nil, []string{"user: hello", "agent: hello you", "connected", "bundle"}},
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.stop()
				f.options = func(o *Options) { o.Share = row.share }
				f.start()
				time.Sleep(2 * time.Second)
				for _, kind := range []message.Kind{message.LogKind, message.CallKind, message.EventKind} {
					f.hub.take(kind)
				}
				result := "on"
				for _, e := range []bus.Event{
					{Type: bus.User, Text: "hello"}, {Type: bus.Agent, Text: "hello you"}, {Type: bus.AgentPart, Text: "hello"},
					{Type: bus.ToolCall, Tool: "lamp", Args: json.RawMessage(`{}`)}, {Type: bus.ToolResult, Tool: "lamp", Result: &result},
					{Type: bus.Print, Text: "printed"}, {Type: bus.Connected}, {Type: bus.Bundle, Phase: "good"},
				} {
					f.bus.Publish(e)
				}
				f.bus.Log("kiosk.lua", slog.LevelDebug, "details")
				f.bus.Log("kiosk.lua", slog.LevelInfo, "hello")
				time.Sleep(time.Second)
				if got := f.hub.events(message.CallKind); !slices.Equal(got, row.calls) {
					t.Errorf("the calls are %q", got)
				}
				if got := f.hub.events(message.EventKind); !slices.Equal(got, row.events) {
					t.Errorf("the events are %q", got)
				}
				if got := f.hub.events(message.LogKind); !slices.Equal(got, []string{"log: hello"}) {
					t.Errorf("the log is %q", got)
				}
			})
		})
	}
}

// While there is no connection, the newest records are kept, in their order, and the dropped ones are
// counted.
func TestTheNewestRecordsAreKeptOffline(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.hub.connect(false)
		time.Sleep(2 * time.Second)
		const lines = 3000
		for i := range lines {
			f.bus.Log("", slog.LevelInfo, fmt.Sprintf("%04d %s", i, strings.Repeat("x", 2000)))
			if i%1000 == 0 {
				time.Sleep(time.Second) // the queue of the bus is limited too
			}
		}
		time.Sleep(time.Hour)
		f.hub.connect(true)
		time.Sleep(10 * time.Second)
		dropped := f.device.Health().Dropped
		if dropped < lines/4 || dropped > lines/2 {
			t.Errorf("%d of %d records were dropped", dropped, lines)
		}
		next := dropped // one of the dropped may be the line about the connection
		for _, e := range f.hub.events(message.LogKind) {
			number, _, ok := strings.Cut(strings.TrimPrefix(e, "log: "), " xxx")
			if !ok {
				continue
			}
			if number != fmt.Sprintf("%04d", next) && number != fmt.Sprintf("%04d", next-1) && number != fmt.Sprintf("%04d", next-2) {
				t.Fatalf("line %s follows, want %04d", number, next)
			}
			if next == dropped {
				fmt.Sscanf(number, "%d", &next)
			}
			next++
		}
		if next != lines {
			t.Errorf("the last line is %d of %d", next, lines)
		}
	})
}

// A hub that refuses records gets them again for a while, and then the next ones.
func TestARecordThatIsRefusedIsDroppedInTheEnd(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		time.Sleep(2 * time.Second)
		f.hub.take(message.LogKind)
		f.hub.set(func() { f.hub.refusal = errors.New("the disk is full") })
		f.bus.Log("", slog.LevelInfo, "first")
		f.bus.Log("", slog.LevelInfo, "second")
		time.Sleep(30 * time.Second)
		f.hub.set(func() { f.hub.refusal = nil })
		time.Sleep(5 * time.Minute)
		got := f.hub.events(message.LogKind)
		if len(got) < 2 || got[0] != "log: first" || got[1] != "log: second" {
			t.Errorf("after a short refusal: %q", got)
		}
		f.hub.set(func() { f.hub.refusal = errors.New("too large") })
		f.bus.Log("", slog.LevelInfo, "third")
		time.Sleep(9 * time.Minute)
		if d := f.device.Health().Dropped; d == 0 {
			t.Error("nothing was dropped")
		}
		f.bus.Log("", slog.LevelInfo, strings.Repeat("x", message.MaxRecord))
		f.hub.set(func() { f.hub.refusal = nil })
		f.bus.Log("", slog.LevelInfo, "last")
		time.Sleep(5 * time.Minute)
		if got := f.hub.events(message.LogKind); len(got) == 0 || got[len(got)-1] != "log: last" {
			t.Errorf("after a long refusal: %q", got)
		}
	})
}

// A record that no hub takes does not delay the others.
func TestARecordThatIsTooLongIsDropped(t *testing.T) {
	q := newQueue()
	q.put(record{message.CallKind, "long", make([]byte, message.MaxRecord+1)})
	q.put(record{message.CallKind, "short", make([]byte, message.MaxRecord)})
	if r, ok := q.first(); !ok || r.id != "short" || q.dropped() != 1 {
		t.Errorf("the first record is %q, and %d were dropped", r.id, q.dropped())
	}
}

func TestTheSpoolKeepsRecordsOverARestart(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.stop()
		spool := filepath.Join(f.folder, "spool")
		f.options = func(o *Options) { o.Spool = spool }
		f.start()
		f.hub.connect(false)
		time.Sleep(2 * time.Second)
		f.bus.Log("", slog.LevelInfo, "first")
		time.Sleep(2 * time.Minute) // it is written in between
		f.bus.Log("", slog.LevelInfo, "second")
		f.stop()
		f.start()
		time.Sleep(time.Second)
		f.bus.Log("", slog.LevelInfo, "third")
		f.hub.connect(true)
		time.Sleep(2 * time.Minute)
		var got []string
		for _, e := range f.hub.events(message.LogKind) {
			if !strings.HasPrefix(e, "log: fleet: ") {
				got = append(got, e)
			}
		}
		if !slices.Equal(got, []string{"log: first", "log: second", "log: third"}) {
			t.Errorf("the log is %q", got)
		}
		file := filepath.Join(spool, spoolFile)
		if text, err := os.ReadFile(file); err != nil || len(text) > 0 {
			t.Errorf("the spool has %q, %v", text, err)
		}
		f.stop()
		f.takeLogged()
		if err := os.WriteFile(file, []byte("{\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		f.start()
		time.Sleep(time.Second)
		f.want("factory", "fleet: the spool: "+file+":1: unexpected end of JSON input")
	})
}

func TestASpoolThatCannotBeWrittenIsWrittenLater(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "spool")
	q := newQueue()
	q.put(record{message.LogKind, "1", []byte("{}")})
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := q.save(folder); err == nil {
		t.Error("the spool is written in the place of a file")
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	again := newQueue()
	if err := errors.Join(q.save(folder), again.load(folder)); err != nil {
		t.Fatal(err)
	}
	if r, ok := again.first(); !ok || r.id != "1" {
		t.Errorf("the spool has the record %q", r.id)
	}
}

func TestEachReasonOfAMissingConnectionIsLogged(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		time.Sleep(2 * time.Second)
		const line = "fleet: no connection with the fleet shop: "
		f.hub.connect(false)
		time.Sleep(time.Minute)
		f.want("factory", line+"no route to host")
		f.hub.set(func() { f.hub.link.Reason = "the credentials are revoked" })
		time.Sleep(time.Minute)
		f.want("factory", line+"the credentials are revoked")
	})
}

func TestStatesAreReportedWhenSomethingChanges(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.stop()
		f.options = func(o *Options) { o.Metrics = func() string { return "moonlark_status 1\n" } }
		f.start()
		time.Sleep(10*time.Minute + time.Second)
		if n := len(f.hub.states()); n < 10 || n > 15 {
			t.Errorf("%d states were reported in 10 minutes", n)
		}
		metrics := f.hub.take(message.MetricsKind)
		if n := len(metrics); n < 9 || n > 12 {
			t.Errorf("metrics were reported %d times in 10 minutes", n)
		}
		var m message.Metrics
		if err := json.Unmarshal(metrics[0], &m); err != nil || m.Text != "moonlark_status 1\n" || m.Device != "kiosk-1" {
			t.Errorf("the metrics are %+v, %v", m, err)
		}
		for i := range 100 { // in 10 seconds
			if err := f.follower.Report("stock", json.RawMessage(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		states := f.hub.states()
		if n := len(states); n < 9 || n > 14 {
			t.Errorf("%d states were reported in 10 seconds", n)
		}
		if got := string(states[len(states)-1].Reported["stock"]); got != "99" {
			t.Errorf("the stock is %s", got)
		}
		for i, s := range states {
			if i > 0 && (s.Boot != states[0].Boot || s.Seq <= states[i-1].Seq) {
				t.Errorf("the record %s follows %s", s.ID(), states[i-1].ID())
			}
		}
	})
}

// A wish that changes as soon as there is a connection delays no record.
func TestRecordsAreHandedInAtOnceAfterAConnection(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		time.Sleep(2 * time.Second)
		f.hub.connect(false)
		f.bus.Log("", slog.LevelInfo, "offline")
		time.Sleep(time.Hour + time.Second) // between two states
		f.hub.states()
		f.hub.set(func() { f.hub.link = Link{Connected: true} })
		f.hub.notify(Notice{Sequence: 1, Connected: true})
		time.Sleep(3 * time.Second)
		if len(f.hub.states()) == 0 || len(f.hub.events(message.LogKind)) == 0 {
			t.Error("the records wait, although there is a connection")
		}
	})
}

func TestReportedValuesFitInAState(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		value := json.RawMessage(`"` + strings.Repeat("<", 650) + `"`)
		var err error
		for i := 0; i < maxReported && err == nil; i++ {
			err = f.follower.Report(strings.Repeat("<", maxReportedName-2)+fmt.Sprintf("%02d", i), value)
		}
		if err == nil || !strings.Contains(err.Error(), "all reported values have 132668 bytes: the limit is 131072") {
			t.Errorf("the last value: %v", err)
		}
		time.Sleep(2 * time.Second)
		for _, text := range f.hub.take(message.StateKind) {
			if len(text) > message.MaxState*2/3 {
				t.Errorf("a state has %d bytes", len(text))
			}
		}
	})
}

func TestReportedValuesAreLimited(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		for name, row := range map[string]struct{ name, value, err string }{
			"no name":            {"", "1", "the name is empty or longer than 64 bytes"},
			"a long name":        {strings.Repeat("x", 65), "1", "the name is empty or longer than 64 bytes"},
			"a long value":       {"x", `"` + strings.Repeat("x", 4096) + `"`, "the value of x has 4098 bytes: the limit is 4096"},
			"many bytes in JSON": {"x", `"` + strings.Repeat("<", 1000) + `"`, "the value of x has 6002 bytes: the limit is 4096"},
			"a value of Lua's":   {"x", "nil", "the value of x is not JSON"},
		} {
			if err := f.follower.Report(row.name, json.RawMessage(row.value)); err == nil || err.Error() != row.err {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i := range maxReported {
			if err := f.follower.Report(fmt.Sprint("value ", i), json.RawMessage("1")); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.follower.Report("one more", json.RawMessage("1")); err == nil || err.Error() != "50 values are reported already: the limit is 50" {
			t.Errorf("one more: %v", err)
		}
		if err := errors.Join(f.follower.Report("value 1", nil), f.follower.Report("one more", json.RawMessage("2"))); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		states := f.hub.states()
		if s := states[len(states)-1]; len(s.Reported) != maxReported || string(s.Reported["one more"]) != "2" {
			t.Errorf("the state has %d values", len(s.Reported))
		}
	})
}
