package center_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

// measure stores the metrics of a device.
func (s *shop) measure(device, text string) {
	s.hub.Measure(message.Metrics{Header: message.Header{Device: device}, Text: text})
}

// metrics returns what WriteMetrics writes.
func (s *shop) metrics() string {
	s.Helper()
	var text strings.Builder
	if err := center.WriteMetrics(s.Context(), s.hub, &text); err != nil {
		s.Fatal(err)
	}
	return text.String()
}

func TestMetricsOfAllDevicesAreOneText(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		s.devices.Each[1].Away = true
		s.devices.Pass(t.Context(), 10*time.Minute)
		s.measure("kiosk-0000", "# HELP moonlark_tool_calls_total Calls.\nmoonlark_tool_calls_total{tool=\"hours\",outcome=\"ok\"} 12\r\nmoonlark_connected 1\n")
		s.measure("kiosk-0001", "moonlark_connected 0\nmoonlark_seconds_bucket{le=\"+Inf\"} 1.5e3\n\nmoonlark_x NaN")
		const want = `moonlark_connected{device="kiosk-0000"} 1
moonlark_connected{device="kiosk-0001"} 0
# TYPE moonlark_fleet_device_up gauge
moonlark_fleet_device_up{device="kiosk-0000"} 1
moonlark_fleet_device_up{device="kiosk-0001"} 0
# TYPE moonlark_fleet_dropped_samples gauge
moonlark_fleet_dropped_samples{device="kiosk-0000"} 0
moonlark_fleet_dropped_samples{device="kiosk-0001"} 0
# TYPE moonlark_fleet_last_heard_seconds gauge
moonlark_fleet_last_heard_seconds{device="kiosk-0000"} 30
moonlark_fleet_last_heard_seconds{device="kiosk-0001"} 600
moonlark_seconds_bucket{device="kiosk-0001",le="+Inf"} 1.5e3
moonlark_tool_calls_total{device="kiosk-0000",outcome="ok",tool="hours"} 12
moonlark_x{device="kiosk-0001"} NaN
`
		if got := s.metrics(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		s.hub.Fail(errors.New("the hub is full"))
		if err := center.WriteMetrics(t.Context(), s.hub, &strings.Builder{}); err == nil {
			t.Error("the failure of the hub is not an error")
		}
	})
}

// A device may hand in any text: none of these lines is passed on.
func TestHostileMetricsAreDropped(t *testing.T) {
	for name, line := range map[string]string{
		"the name of another device":        `moonlark_connected{device="kiosk-0001"} 1`,
		"the name in a second place":        `moonlark_connected{a="b",device="kiosk-0001"} 1`,
		"the metrics of the centre":         `moonlark_fleet_device_up 1`,
		"the metrics of the centre, dated":  `moonlark_fleet_last_heard_seconds{a="b"} 1`,
		"the dropped samples":               `moonlark_fleet_dropped_samples 0`,
		"no value":                          `moonlark_connected`,
		"no value after labels":             `moonlark_connected{a="b"}`,
		"a time":                            `moonlark_connected 1 1700000000000`,
		"two spaces":                        `moonlark_connected  1`,
		"no number":                         `moonlark_connected one`,
		"a number in hexadecimal":           `moonlark_connected 0x10`,
		"a number of another language":      "moonlark_connected \u0661",
		"a name with a space":               `moonlark connected 1`,
		"a name that begins with a digit":   `1up 1`,
		"no name":                           `{a="b"} 1`,
		"a name that is too long":           strings.Repeat("a", 300) + " 1",
		"labels that do not end":            `a{b="c" 1`,
		"a label that does not end":         `a{b="c} 1`,
		"a label that ends after an escape": `a{b="c\"} 1`,
		"an escape that does not exist":     `a{b="\x41"} 1`,
		"a label without quotes":            `a{b=c} 1`,
		"a label without a name":            `a{="c"} 1`,
		"a label given twice":               `a{b="c",b="d"} 1`,
		"an internal label":                 `a{__name__="up"} 1`,
		"a comma without a label":           `a{,} 1`,
		"a comma at the end":                `a{b="c",} 1`,
		"a second list of labels":           `a{b="c"}{device="kiosk-0001"} 1`,
		"bytes that are no text":            "a{b=\"\xff\"} 1",
		"a very long line":                  `a{b="` + strings.Repeat("c", 5000) + `"} 1`,
		"many labels":                       "a{" + manyLabels() + "} 1",
		"an exemplar":                       `a 1 # {device="x"} 1`,
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, 1, func(t *testing.T, s *shop) {
				s.measure("kiosk-0000", line+"\n")
				got := s.metrics()
				if strings.Count(got, "\n") != 6 || !strings.Contains(got, `moonlark_fleet_dropped_samples{device="kiosk-0000"} 1`) {
					t.Errorf("got\n%s", got)
				}
			})
		})
	}
}

func TestMetricsOfADeviceAreLimited(t *testing.T) {
	inShop(t, 1, func(t *testing.T, s *shop) {
		var text strings.Builder
		for i := range 12_000 {
			text.WriteString("a")
			text.WriteString(strings.Repeat("_", i%5))
			text.WriteString(`{n="` + strings.Repeat("x", i/5%7) + string(rune('A'+i/35%26)) + strings.Repeat("y", i/910) + "\"} 1\n")
		}
		text.WriteString("a{n=\"A\"} 2\n") // the same series as the first one
		s.measure("kiosk-0000", text.String())
		got := s.metrics()
		if n := strings.Count("\n"+got, "\na"); n != 10_000 {
			t.Errorf("%d samples are left", n)
		}
		if !strings.Contains(got, `moonlark_fleet_dropped_samples{device="kiosk-0000"} 2001`) {
			t.Errorf("the dropped samples are wrong: %s", got[strings.Index(got, "moonlark_fleet_dropped"):])
		}
	})
}

// manyLabels returns 30 different labels.
func manyLabels() string {
	var labels []string
	for i := range 30 {
		labels = append(labels, fmt.Sprintf(`l%d="v"`, i))
	}
	return strings.Join(labels, ",")
}
