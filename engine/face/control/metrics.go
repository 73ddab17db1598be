package control

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	runtimemetrics "runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"time"

	prometheus "github.com/VictoriaMetrics/metrics"

	"moonlark/engine/bus"
	"moonlark/engine/health"
)

const (
	// maxToolNames is the maximum number of tools that have metrics of their own. It is more than
	// any user's scripts have. The limit is needed because a script could register tools with new
	// names at each reload.
	maxToolNames = 256

	// otherTools is the name under which calls are counted if their tool has no metrics of its own.
	// This includes calls of tools that no script has. An agent can call any name, and each name
	// with its own metrics would use memory until the process ends. No real tool can have the name
	// otherTools.
	otherTools = "(other)"
)

// toolSecondsBuckets are the upper bounds of the buckets in the histogram of the duration of tool
// calls, in seconds.
var toolSecondsBuckets = []float64{0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60}

// latencyBuckets are the upper bounds of the buckets in the histogram of the time until the first word of
// a reply, in seconds.
var latencyBuckets = []float64{0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20}

// metrics counts events for Prometheus. Any goroutine may call its methods.
type metrics struct {
	set *prometheus.Set

	mu           sync.Mutex      // guards the fields below
	tools        map[string]bool // the tools that have metrics of their own
	lastStatus   string
	connectedAt  time.Time     // when the current conversation began; zero if there is none
	pastTime     time.Duration // the total length of the conversations that have ended
	reportedTime time.Duration // the last result of conversationSeconds
}

func newMetrics() *metrics {
	m := &metrics{set: prometheus.NewSet(), tools: make(map[string]bool)}
	// Prometheus gets these counters with the value 0 before they are incremented for the first
	// time.
	for _, name := range []string{
		`moonlark_conversations_total`, `moonlark_reconnects_total`, `moonlark_retries_total`, `moonlark_interruptions_total`,
		`moonlark_reloads_total{outcome="ok"}`, `moonlark_reloads_total{outcome="failed"}`, `moonlark_dropped_total{what="output"}`,
	} {
		m.set.NewCounter(name)
	}
	return m
}

func (m *metrics) count(format string, args ...any) {
	m.set.GetOrCreateCounter(fmt.Sprintf(format, args...)).Inc()
}

// Gauge adds a metric of another package. read returns its value; it is called on the goroutine of the
// request for the metrics. name is the whole name of the metric, which no other metric may have.
func (c *Control) Gauge(name string, read func() float64) { c.metrics.set.NewGauge(name, read) }

// note updates the counters for an event.
func (m *metrics) note(e bus.Event) {
	switch e.Type {
	case bus.LatencyKnown:
		m.set.GetOrCreatePrometheusHistogramExt(`moonlark_latency_seconds`, latencyBuckets).Update(e.Latency.Total)
	case bus.ToolResult:
		if e.Source != "" {
			return // a person has tried the tool
		}
		name := m.toolName(e)
		via := ""
		if e.Via != "" {
			via = fmt.Sprintf(`,via=%q`, e.Via)
		}
		m.count(`moonlark_tool_calls_total{tool=%q,outcome=%q%s}`, name, outcomeOf(e), via)
		m.set.GetOrCreatePrometheusHistogramExt(fmt.Sprintf(`moonlark_tool_seconds{tool=%q}`, name), toolSecondsBuckets).Update(e.Seconds)
		m.set.GetOrCreateFloatCounter(fmt.Sprintf(`moonlark_tool_lua_seconds_total{tool=%q}`, name)).Add(e.CPU)
	case bus.Connected:
		m.count(`moonlark_conversations_total`)
		m.mu.Lock()
		m.connectedAt = e.Time
		m.mu.Unlock()
	case bus.Disconnected:
		m.count(`moonlark_conversations_ended_total{how=%q}`, endingOf(e.Code))
		m.mu.Lock()
		if !m.connectedAt.IsZero() {
			m.pastTime += e.Time.Sub(m.connectedAt)
		}
		m.connectedAt = time.Time{}
		m.mu.Unlock()
	case bus.Retrying:
		m.count(`moonlark_retries_total`)
	case bus.Reloaded:
		m.count(`moonlark_reloads_total{outcome="ok"}`)
	case bus.ReloadFailed:
		m.count(`moonlark_reloads_total{outcome="failed"}`)
	case bus.Interruption:
		m.count(`moonlark_interruptions_total`)
	case bus.Log:
		m.count(`moonlark_log_lines_total{level=%q}`, e.Level)
	case bus.Dropped:
		m.set.GetOrCreateCounter(`moonlark_dropped_total{what="output"}`).Add(e.Count)
	}
}

// status stores the new status of the agent. If the agent has connected again after it had lost a
// conversation, status counts a reconnection.
func (m *metrics) status(status string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lastStatus == "reconnecting" && status == "connected" {
		m.count(`moonlark_reconnects_total`)
	}
	m.lastStatus = status
}

// toolName returns the name under which the tool call of the event e is counted. e is a ToolResult.
func (m *metrics) toolName(e bus.Event) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.tools[e.Tool]:
		return e.Tool
	// The event has no script if no script has the tool.
	case e.Script == "" || len(m.tools) >= maxToolNames:
		return otherTools
	}
	m.tools[e.Tool] = true
	return e.Tool
}

// outcomeOf returns the value of the label "outcome" for a tool call. e is a ToolResult.
func outcomeOf(e bus.Event) string {
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

// endingOf returns the value of the label "how" for a conversation that ended with this close code.
// It returns the code itself if it is standardised, "cut" if code is 0 (there was none), and
// otherwise "other".
func endingOf(code int) string {
	switch {
	case code == 0:
		return "cut"
	case code >= 1000 && code <= 1015:
		return strconv.Itoa(code)
	}
	return "other"
}

// conversationSeconds returns the total length of all conversations, in seconds. The result never
// decreases, even if the clock is set back, because Prometheus would take a decrease for a restart
// of the program.
func (m *metrics) conversationSeconds() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.pastTime
	if !m.connectedAt.IsZero() {
		now += time.Since(m.connectedAt)
	}
	m.reportedTime = max(m.reportedTime, now)
	return m.reportedTime.Seconds()
}

// serveMetrics serves GET /metrics, which returns all metrics in the format of Prometheus.
func (s *server) serveMetrics(w http.ResponseWriter, _ *http.Request) error {
	var text bytes.Buffer
	m := s.control.metrics
	m.set.WritePrometheus(&text)
	writeReport(&text, s.agent.Health())
	writeMounts(&text, s.control.mounts)
	prometheus.WriteCounterFloat64(&text, `moonlark_conversation_seconds_total`, m.conversationSeconds())
	prometheus.WriteGaugeFloat64(&text, `moonlark_uptime_seconds`, time.Since(s.control.started).Seconds())
	prometheus.WriteGaugeUint64(&text, fmt.Sprintf(`moonlark_info{version=%q}`, s.control.opts.Version), 1)
	writeProcess(&text)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Write(text.Bytes())
	return nil
}

// statuses are all statuses that an agent can have. There is one metric for each: 1 for the current
// status and 0 for the others.
var statuses = []string{"waiting", "connecting", "connected", "reconnecting", "ended"}

// writeReport writes the metrics whose values are in a health report.
func writeReport(w io.Writer, r health.Report) {
	for _, status := range statuses {
		prometheus.WriteGaugeUint64(w, fmt.Sprintf(`moonlark_status{status=%q}`, status), oneIf(status == r.Status))
	}
	if f := r.Fleet; f != nil {
		prometheus.WriteGaugeUint64(w, fmt.Sprintf(`moonlark_fleet_bundle{version="%d",phase=%q}`, f.Version, f.Phase), 1)
		if f.Status != "local" {
			prometheus.WriteGaugeUint64(w, `moonlark_fleet_connected`, oneIf(f.Status == "connected"))
			prometheus.WriteCounterUint64(w, `moonlark_fleet_dropped_total`, uint64(f.Dropped))
		}
	}
	prometheus.WriteGaugeUint64(w, `moonlark_memory_limit_bytes`, r.MemoryLimit)
	prometheus.WriteGaugeUint64(w, `moonlark_queue_length{queue="output"}`, uint64(r.Showing))
	prometheus.WriteGaugeUint64(w, `moonlark_queue_length{queue="network"}`, uint64(r.Writing))
	for _, sc := range mergeByName(r.Scripts) {
		series := func(name, labels string) string {
			return fmt.Sprintf("moonlark_%s{%sscript=%q}", name, labels, sc.Name)
		}
		prometheus.WriteCounterFloat64(w, series("script_lua_seconds_total", ""), sc.CPU.Seconds())
		prometheus.WriteCounterUint64(w, series("dropped_total", `what="events",`), uint64(sc.DroppedEvents))
		for _, module := range slices.Sorted(maps.Keys(sc.Dropped)) {
			prometheus.WriteCounterUint64(w, series("module_dropped_total", fmt.Sprintf(`module=%q,`, module)), uint64(sc.Dropped[module]))
		}
		prometheus.WriteGaugeUint64(w, series("script_reload_failed", ""), oneIf(sc.Failed != ""))
		prometheus.WriteGaugeUint64(w, series("queue_length", `queue="calls",`), uint64(sc.Calls))
		prometheus.WriteGaugeUint64(w, series("queue_length", `queue="events",`), uint64(sc.Events))
		prometheus.WriteGaugeUint64(w, series("queue_length", `queue="starts",`), uint64(sc.Starts))
	}
	if c := r.Sound; c != nil {
		prometheus.WriteCounterUint64(w, `moonlark_sound_underruns_total`, uint64(c.Underruns))
		prometheus.WriteCounterUint64(w, `moonlark_sound_overruns_total`, uint64(c.Overruns))
		prometheus.WriteCounterUint64(w, `moonlark_sound_gaps_total`, uint64(c.Gaps))
		prometheus.WriteCounterUint64(w, `moonlark_sound_late_total`, uint64(c.Late))
		prometheus.WriteCounterUint64(w, `moonlark_dropped_total{what="sound"}`, uint64(c.Dropped))
	}
	device := func(what string, d *health.Device) {
		if d != nil {
			prometheus.WriteGaugeUint64(w, fmt.Sprintf(`moonlark_device_ok{device=%q}`, what), oneIf(d.Err == ""))
		}
	}
	device("speaker", r.Speaker)
	device("microphone", r.Microphone)
}

func oneIf(condition bool) uint64 {
	if condition {
		return 1
	}
	return 0
}

// mergeByName returns the scripts with one element for each file name. If several scripts in
// different folders have the same file name, their numbers are added up, because a metric with the
// same labels must not be written twice.
func mergeByName(all []health.Script) []health.Script {
	var merged []health.Script
	index := make(map[string]int)
	for _, sc := range all {
		i, seen := index[sc.Name]
		if !seen {
			index[sc.Name] = len(merged)
			merged = append(merged, sc)
			continue
		}
		s := &merged[i]
		s.CPU += sc.CPU
		s.DroppedEvents += sc.DroppedEvents
		s.Dropped = addCounts(s.Dropped, sc.Dropped)
		s.Calls += sc.Calls
		s.Events += sc.Events
		s.Starts += sc.Starts
		s.Failed += sc.Failed
	}
	return merged
}

// addCounts returns a map with the sums of a and b.
func addCounts(a, b map[string]int) map[string]int {
	sum := make(map[string]int, len(a))
	maps.Copy(sum, a)
	for key, n := range b {
		sum[key] += n
	}
	return sum
}

// writeProcess writes metrics about the process: its memory, goroutines and file descriptors. It
// does not stop the other goroutines while it reads them.
func writeProcess(w io.Writer) {
	samples := []runtimemetrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/sched/goroutines:goroutines"},
	}
	runtimemetrics.Read(samples)
	for i, name := range []string{"moonlark_memory_heap_bytes", "moonlark_memory_bytes", "moonlark_goroutines"} {
		if v := samples[i].Value; v.Kind() == runtimemetrics.KindUint64 {
			prometheus.WriteGaugeUint64(w, name, v.Uint64())
		}
	}
	prometheus.WriteFDMetrics(w)
}
