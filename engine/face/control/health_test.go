package control

import (
	"context"
	"slices"
	"testing"
	"time"

	"moonlark/engine/health"
)

// screenAgent is an agent whose kiosk has had no page for a while. It is a fake because a test cannot wait
// for minutes.
type screenAgent struct {
	fakeAgent
	noPage time.Duration
}

func (a screenAgent) Health() health.Report {
	return health.Report{Status: "waiting", NoPage: a.noPage}
}

func TestAKioskWithoutAPageIsATroubleAfterThreeMinutes(t *testing.T) {
	for noPage, want := range map[time.Duration][]string{0: nil, 2 * time.Minute: nil, 3*time.Minute + time.Second: {"screen: no page for 3 min"}} {
		a := screenAgent{fakeAgent{silent: func(context.Context) []string { return nil }}, noPage}
		if s := stateOf(t.Context(), a); !s.OK || !slices.Equal(s.Troubles, want) {
			t.Errorf("after %v: %+v, want the troubles %q", noPage, s, want)
		}
	}
}
