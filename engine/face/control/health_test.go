package control

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/health"
)

// reportAgent is an agent with a health report that tests choose.
type reportAgent struct {
	fakeAgent
	report health.Report
}

func (a reportAgent) Health() health.Report { return a.report }

// agentWith returns an agent that waits and whose scripts answer, with this report.
func agentWith(report health.Report) reportAgent {
	report.Status = "waiting"
	return reportAgent{fakeAgent{silent: func(context.Context) []string { return nil }}, report}
}

func TestAKioskWithoutAPageIsATroubleAfterThreeMinutes(t *testing.T) {
	for noPage, want := range map[time.Duration][]string{0: nil, 2 * time.Minute: nil, 3*time.Minute + time.Second: {"screen: no page for 3 min"}} {
		if s := stateOf(t.Context(), agentWith(health.Report{NoPage: noPage})); !s.OK || !slices.Equal(s.Troubles, want) {
			t.Errorf("after %v: %+v, want the troubles %q", noPage, s, want)
		}
	}
}

func TestTheConnectionWithTheFleetIsShown(t *testing.T) {
	heard := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		fleet    health.Fleet
		json     string
		metrics  []string
		troubles []string
	}{
		"without a hub": {fleet: health.Fleet{Status: "local", Phase: "factory"}, json: `{"status":"local","bundle":"","phase":"factory"}`},
		"connected": {
			fleet:   health.Fleet{Status: "connected", LastHeard: heard, Bundle: "shop 17", Version: 17, Phase: "good", Next: "shop 18", Waiting: "for the end of the conversation"},
			json:    `{"status":"connected","last_heard":"2026-12-01T12:00:00Z","bundle":"shop 17","version":17,"phase":"good","next":"shop 18","waiting":"for the end of the conversation"}`,
			metrics: []string{"moonlark_fleet_connected 1", "moonlark_fleet_dropped_total 0"},
		},
		"not connected yet": {fleet: health.Fleet{Status: "offline", Phase: "good"}, json: `{"status":"offline","bundle":"","phase":"good"}`, metrics: []string{"moonlark_fleet_connected 0"}},
		"offline": {
			fleet:    health.Fleet{Status: "offline", Reason: "no route to host", LastHeard: heard, Dropped: 3, Phase: "good"},
			json:     `{"status":"offline","reason":"no route to host","last_heard":"2026-12-01T12:00:00Z","dropped":3,"bundle":"","phase":"good"}`,
			metrics:  []string{"moonlark_fleet_connected 0", "moonlark_fleet_dropped_total 3"},
			troubles: []string{"there is no connection with the fleet: no route to host"},
		},
	} {
		a := agentWith(health.Report{Fleet: &row.fleet})
		s := stateOf(t.Context(), a)
		text, err := json.Marshal(s.Fleet)
		if err != nil || string(text) != row.json {
			t.Errorf("%s: %s, %v", name, text, err)
		}
		if !s.OK || !slices.Equal(s.Troubles, row.troubles) {
			t.Errorf("%s: ok %v, the troubles are %q", name, s.OK, s.Troubles)
		}
		var metrics bytes.Buffer
		writeReport(&metrics, a.Health())
		for _, line := range row.metrics {
			if !strings.Contains(metrics.String(), line+"\n") {
				t.Errorf("%s: there is no %s in\n%s", name, line, metrics.String())
			}
		}
		if row.metrics == nil && strings.Contains(metrics.String(), "moonlark_fleet_connected") {
			t.Errorf("%s: there is a metric of the connection", name)
		}
	}
}
