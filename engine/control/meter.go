package control

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"

	vm "github.com/VictoriaMetrics/metrics"

	"moonlark/engine/event"
	"moonlark/engine/health"
)

const (
	// mostNames is how many tools are counted by their names. A script has not
	// many, but one that is reloaded with new names all the time might.
	mostNames = 256

	// others is the name for all that are not: it cannot be a tool's. An agent
	// can call what it likes, and each name would be kept for ever.
	others = "(other)"
)

// latencies are the bounds of the histogram of tool calls, in seconds: from a
// call that does nothing to one that takes as long as an agent waits.
var latencies = []float64{0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60}

// A meter counts what happens. note is called on one goroutine, the rest by any.
type meter struct {
	set *vm.Set

	mu     sync.Mutex // guards what follows
	names  map[string]bool
	before string        // the last status
	began  time.Time     // the conversation; zero when there is none
	talked time.Duration // in those that are over
	shown  time.Duration // what was last said of that: it must not become less
}

func newMeter() *meter {
	m := &meter{set: vm.NewSet(), names: make(map[string]bool)}
	for _, name := range []string{ // to be seen before the first of each
		`moonlark_conversations_total`, `moonlark_reconnects_total`, `moonlark_retries_total`, `moonlark_interruptions_total`,
		`moonlark_reloads_total{outcome="ok"}`, `moonlark_reloads_total{outcome="failed"}`, `moonlark_dropped_total{what="output"}`,
	} {
		m.set.NewCounter(name)
	}
	return m
}

func (m *meter) count(format string, args ...any) {
	m.set.GetOrCreateCounter(fmt.Sprintf(format, args...)).Inc()
}

// note counts what an event tells of.
func (m *meter) note(e event.Event) {
	switch e.Type {
	case event.ToolResult:
		name := m.name(e)
		m.count(`moonlark_tool_calls_total{tool=%q,outcome=%q}`, name, outcome(e))
		m.set.GetOrCreatePrometheusHistogramExt(fmt.Sprintf(`moonlark_tool_seconds{tool=%q}`, name), latencies).Update(e.Seconds)
		m.set.GetOrCreateFloatCounter(fmt.Sprintf(`moonlark_tool_lua_seconds_total{tool=%q}`, name)).Add(e.CPU)
	case event.Connected:
		m.count(`moonlark_conversations_total`)
		m.mu.Lock()
		m.began = e.Time
		m.mu.Unlock()
	case event.Disconnected:
		m.count(`moonlark_conversations_ended_total{how=%q}`, ending(e.Code))
		m.mu.Lock()
		if !m.began.IsZero() {
			m.talked += e.Time.Sub(m.began)
		}
		m.began = time.Time{}
		m.mu.Unlock()
	case event.Retrying:
		m.count(`moonlark_retries_total`)
	case event.Reloaded:
		m.count(`moonlark_reloads_total{outcome="ok"}`)
	case event.ReloadFailed:
		m.count(`moonlark_reloads_total{outcome="failed"}`)
	case event.Interruption:
		m.count(`moonlark_interruptions_total`)
	case event.Log:
		m.count(`moonlark_log_lines_total{level=%q}`, e.Level)
	case event.Dropped:
		m.set.GetOrCreateCounter(`moonlark_dropped_total{what="output"}`).Add(e.Count)
	}
}

// status counts the conversations that took the place of another.
func (m *meter) status(status string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.before == "reconnecting" && status == "connected" {
		m.count(`moonlark_reconnects_total`)
	}
	m.before = status
}

// name is what a tool is counted under.
func (m *meter) name(e event.Event) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.names[e.Tool]:
		return e.Tool
	case e.Script == "" || len(m.names) >= mostNames: // no script has it
		return others
	}
	m.names[e.Tool] = true
	return e.Tool
}

// outcome is what became of a call.
func outcome(e event.Event) string {
	switch {
	case e.Orphaned:
		return "orphaned"
	case e.ErrorType == "client_timeout":
		return "timeout"
	case e.IsError:
		return "error"
	}
	return "ok"
}

// ending is how a conversation ended: the close code of the WebSocket, if it is
// one of the standard's, or what else.
func ending(code int) string {
	switch {
	case code == 0:
		return "cut"
	case code >= 1000 && code <= 1015:
		return strconv.Itoa(code)
	}
	return "other"
}

// seconds is how long there has been a conversation, in all.
func (m *meter) seconds() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.talked
	if !m.began.IsZero() {
		now += time.Since(m.began)
	}
	m.shown = max(m.shown, now)
	return m.shown.Seconds()
}

// metrics is GET /metrics.
func (s *server) metrics(w http.ResponseWriter, _ *http.Request) error {
	var text bytes.Buffer
	m := s.control.meter
	m.set.WritePrometheus(&text)
	writeReport(&text, s.agent.Health())
	vm.WriteCounterFloat64(&text, `moonlark_conversation_seconds_total`, m.seconds())
	vm.WriteGaugeFloat64(&text, `moonlark_uptime_seconds`, time.Since(s.control.born).Seconds())
	vm.WriteGaugeUint64(&text, fmt.Sprintf(`moonlark_info{version=%q}`, s.control.opts.Version), 1)
	writeProcess(&text)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Write(text.Bytes())
	return nil
}

// statuses are all there are: who looks at one wants to see it be 0, too.
var statuses = []string{"waiting", "connecting", "connected", "reconnecting", "ended"}

func writeReport(w io.Writer, r health.Report) {
	for _, status := range statuses {
		is := uint64(0)
		if status == r.Status {
			is = 1
		}
		vm.WriteGaugeUint64(w, fmt.Sprintf(`moonlark_status{status=%q}`, status), is)
	}
	vm.WriteGaugeUint64(w, `moonlark_memory_limit_bytes`, r.MemoryLimit)
	vm.WriteGaugeUint64(w, `moonlark_queue_length{queue="output"}`, uint64(r.Showing))
	vm.WriteGaugeUint64(w, `moonlark_queue_length{queue="network"}`, uint64(r.Writing))
	for _, sc := range byName(r.Scripts) {
		with := func(name, more string) string { return fmt.Sprintf("moonlark_%s{%sscript=%q}", name, more, sc.Name) }
		failed := uint64(0)
		if sc.Failed != "" {
			failed = 1
		}
		vm.WriteCounterFloat64(w, with("script_lua_seconds_total", ""), sc.CPU.Seconds())
		vm.WriteCounterUint64(w, with("dropped_total", `what="events",`), uint64(sc.Lost))
		vm.WriteGaugeUint64(w, with("script_reload_failed", ""), failed)
		vm.WriteGaugeUint64(w, with("queue_length", `queue="calls",`), uint64(sc.Calls))
		vm.WriteGaugeUint64(w, with("queue_length", `queue="events",`), uint64(sc.Events))
		vm.WriteGaugeUint64(w, with("queue_length", `queue="starts",`), uint64(sc.Starts))
	}
	if c := r.Sound; c != nil {
		vm.WriteCounterUint64(w, `moonlark_sound_underruns_total`, uint64(c.Underruns))
		vm.WriteCounterUint64(w, `moonlark_sound_overruns_total`, uint64(c.Overruns))
		vm.WriteCounterUint64(w, `moonlark_sound_gaps_total`, uint64(c.Gaps))
		vm.WriteCounterUint64(w, `moonlark_sound_late_total`, uint64(c.Late))
		vm.WriteCounterUint64(w, `moonlark_dropped_total{what="sound"}`, uint64(c.Dropped))
	}
	device := func(what string, d *health.Device) {
		if d != nil {
			ok := uint64(0)
			if d.Err == "" {
				ok = 1
			}
			vm.WriteGaugeUint64(w, fmt.Sprintf(`moonlark_device_ok{device=%q}`, what), ok)
		}
	}
	device("speaker", r.Speaker)
	device("microphone", r.Microphone)
}

// byName adds up scripts of one name, which differ only in their folders: the
// same series must not be written twice.
func byName(all []health.Script) []health.Script {
	var sum []health.Script
	at := make(map[string]int)
	for _, sc := range all {
		i, again := at[sc.Name]
		if !again {
			at[sc.Name] = len(sum)
			sum = append(sum, sc)
			continue
		}
		s := &sum[i]
		s.CPU += sc.CPU
		s.Lost += sc.Lost
		s.Calls += sc.Calls
		s.Events += sc.Events
		s.Starts += sc.Starts
		s.Failed += sc.Failed
	}
	return sum
}

// writeProcess says what the process uses. None of it stops the process to look.
func writeProcess(w io.Writer) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/sched/goroutines:goroutines"},
	}
	metrics.Read(samples)
	for i, name := range []string{"moonlark_memory_heap_bytes", "moonlark_memory_bytes", "moonlark_goroutines"} {
		if v := samples[i].Value; v.Kind() == metrics.KindUint64 {
			vm.WriteGaugeUint64(w, name, v.Uint64())
		}
	}
	vm.WriteFDMetrics(w)
}
