package center

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"moonlark/engine/fleet/message"
)

// The limits of the metrics that WriteMetrics takes from devices.
const (
	maxSamples    = 10_000    // of one device
	maxAllSamples = 1_000_000 // of all devices
	maxSampleLine = 2_000     // bytes of a line
	maxLabels     = 20        // of a sample
)

// The metrics about the devices themselves. The metrics of devices cannot have these names.
const (
	upMetric      = "moonlark_fleet_device_up"
	heardMetric   = "moonlark_fleet_last_heard_seconds"
	droppedMetric = "moonlark_fleet_dropped_samples"
)

// deviceLabel is the label with the name of the device. Devices cannot set it.
const deviceLabel = "device"

// WriteMetrics writes the newest metrics of all devices that the hub has, in the text format of Prometheus.
// Each line has a label with the name of the device, and the lines of a metric follow each other. For each
// device that has ever reported a state there is also whether it is online, and how long ago the hub has
// heard of it. Of the text of a device, only lines that have the right form are used: how many are not, is a
// metric too.
func WriteMetrics(ctx context.Context, hub Hub, w io.Writer) error {
	f, err := Look(ctx, hub)
	if err != nil {
		return err
	}
	e := exporter{lines: make(map[string][]string)}
	slices.SortFunc(f.Reports, func(a, b Report) int { return strings.Compare(a.Device, b.Device) })
	for _, r := range f.Reports {
		up := 0
		if f.isOnline(r) {
			up = 1
		}
		e.own(upMetric, r.Device, up)
		e.own(heardMetric, r.Device, int(max(0, f.Now.Sub(r.Received).Seconds())))
	}
	var all []message.Metrics
	if err := hub.Metrics(ctx, func(m message.Metrics) { all = append(all, m) }); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b message.Metrics) int { return strings.Compare(a.Device, b.Device) })
	for _, m := range all {
		e.add(m)
	}
	out := bufio.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(e.lines)) {
		if isOwnMetric(name) {
			fmt.Fprintf(out, "# TYPE %s gauge\n", name)
		}
		for _, line := range e.lines[name] {
			out.WriteString(line)
			out.WriteByte('\n')
		}
	}
	return out.Flush()
}

func isOwnMetric(name string) bool {
	return name == upMetric || name == heardMetric || name == droppedMetric
}

// An exporter collects lines by the names of their metrics.
type exporter struct {
	lines   map[string][]string
	samples int // of the devices
}

// own adds a metric about a device.
func (e *exporter) own(name, device string, value int) {
	e.lines[name] = append(e.lines[name], fmt.Sprintf(`%s{%s="%s"} %d`, name, deviceLabel, device, value))
}

// add adds the metrics of a device.
func (e *exporter) add(m message.Metrics) {
	seen := make(map[string]bool)
	dropped := 0
	for line := range strings.Lines(m.Text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		s, ok := parseSample(line)
		if !ok || seen[s.series()] || len(seen) == maxSamples || e.samples == maxAllSamples {
			dropped++
			continue
		}
		seen[s.series()] = true
		e.samples++
		e.lines[s.name] = append(e.lines[s.name], s.text(m.Device))
	}
	e.own(droppedMetric, m.Device, dropped)
}

// A sample is one line of metrics.
type sample struct {
	name   string
	labels []string // such as tool="opening_hours", sorted
	value  string
}

var (
	sampleName  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}`)
	sampleLabel = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]{0,99})="((?:[^"\\\n]|\\[\\"n])*)"`)
	sampleValue = regexp.MustCompile(`^(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?|[+-]?Inf|NaN)$`)
)

// parseSample reads a line without its line end. It accepts the form that Moonlark writes: without spaces in
// the list of labels, and without a time. A line with the label of deviceLabel, and one with the name of a
// metric of the centre, is not accepted.
func parseSample(line string) (s sample, ok bool) {
	if len(line) > maxSampleLine || !utf8.ValidString(line) {
		return s, false
	}
	s.name = sampleName.FindString(line)
	rest := line[len(s.name):]
	if s.name == "" || isOwnMetric(s.name) {
		return s, false
	}
	if list, has := strings.CutPrefix(rest, "{"); has {
		if s.labels, rest, ok = parseLabels(list); !ok {
			return s, false
		}
	}
	s.value, ok = strings.CutPrefix(rest, " ")
	return s, ok && sampleValue.MatchString(s.value)
}

// parseLabels reads labels up to the brace that ends them.
func parseLabels(text string) (labels []string, rest string, ok bool) {
	names := map[string]bool{deviceLabel: true}
	for first := true; ; first = false {
		if rest, ended := strings.CutPrefix(text, "}"); ended {
			slices.Sort(labels)
			return labels, rest, true
		}
		if !first {
			if text, ok = strings.CutPrefix(text, ","); !ok {
				return nil, "", false
			}
		}
		found := sampleLabel.FindStringSubmatch(text)
		if found == nil || names[found[1]] || strings.HasPrefix(found[1], "__") || len(labels) == maxLabels {
			return nil, "", false
		}
		names[found[1]] = true
		labels = append(labels, found[0])
		text = text[len(found[0]):]
	}
}

// series returns a text that two samples have in common if they would be the same time series.
func (s sample) series() string { return s.name + "{" + strings.Join(s.labels, ",") }

// text returns the line of the sample with the name of the device.
func (s sample) text(device string) string {
	labels := append([]string{deviceLabel + `="` + device + `"`}, s.labels...)
	return s.name + "{" + strings.Join(labels, ",") + "} " + s.value
}
