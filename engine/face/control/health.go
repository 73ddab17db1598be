package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"moonlark/engine/face/web"
	"moonlark/engine/health"
)

// answerTimeout is how long all scripts together may take to show that they can still run.
const answerTimeout = 2 * time.Second

// noPageTime is how long the screen of a kiosk may be without a page before that is a trouble.
const noPageTime = 3 * time.Minute

// A healthState is the body of the response to /healthz. docs/http.md documents its JSON names,
// so they must not change.
type healthState struct {
	OK       bool     `json:"ok"`
	Troubles []string `json:"troubles"` // the problems of the agent, each as a sentence

	Status string    `json:"status"`
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"`

	Fleet      *health.Fleet `json:"fleet,omitempty"`
	Scripts    []scriptState `json:"scripts"`
	Speaker    *deviceState  `json:"speaker,omitempty"`
	Microphone *deviceState  `json:"microphone,omitempty"`

	Version string  `json:"version"`
	Uptime  float64 `json:"uptime"` // how long the program has been running, in seconds
}

type scriptState struct {
	Name   string `json:"name"`
	Tools  int    `json:"tools"`
	Alive  bool   `json:"alive"`
	Failed string `json:"failed,omitempty"` // why the script's last reload failed
	Rests  string `json:"rests,omitempty"`  // why the script cannot run for a while, after a crash
}

type deviceState struct {
	OK    bool   `json:"ok"`
	Name  string `json:"name,omitempty"`
	Error string `json:"error,omitempty"`
}

// stateOf returns the state of the agent, after waiting for the scripts for at most answerTimeout.
// The field OK is false only for problems that a restart of the process may solve. If the network
// or the microphone is lost, that is one of the Troubles, but OK is true.
func stateOf(ctx context.Context, a Agent) healthState {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	silent, r := a.Silent(ctx), a.Health()
	s := healthState{OK: true, Status: r.Status, Since: r.Since, Reason: r.Reason, Fleet: r.Fleet, Scripts: []scriptState{}, Troubles: []string{}}
	trouble := func(ok bool, text string) {
		s.OK = s.OK && ok
		s.Troubles = append(s.Troubles, text)
	}
	switch {
	case r.Status == "":
		trouble(false, "the scripts are being loaded")
		s.Status = "starting"
	case r.Status == "ended":
		trouble(false, "the program is about to end")
	case r.Stuck != "":
		trouble(false, r.Stuck)
	case r.Status == "reconnecting":
		trouble(true, "there is no connection: "+r.Reason)
	}
	if f := r.Fleet; f != nil {
		if f.Trouble != "" {
			trouble(true, f.Trouble)
		}
		if f.Status == "offline" && f.Reason != "" {
			trouble(true, "there is no connection with the fleet: "+f.Reason)
		}
	}
	if r.NoPage >= noPageTime {
		trouble(true, fmt.Sprintf("screen: no page for %d min", int(r.NoPage.Minutes())))
	}
	for _, sc := range r.Scripts {
		alive := !slices.Contains(silent, sc.Name)
		s.Scripts = append(s.Scripts, scriptState{Name: sc.Name, Tools: sc.Tools, Alive: alive, Failed: sc.Failed, Rests: sc.Rests})
		if !alive {
			trouble(false, sc.Name+" does not answer: a Go function that it called does not return")
		}
		if sc.Failed != "" {
			trouble(true, sc.Name+" was not reloaded: "+sc.Failed)
		}
		if sc.Rests != "" {
			trouble(true, sc.Name+" cannot be used at the moment: "+sc.Rests)
		}
	}
	device := func(what string, d *health.Device) *deviceState {
		if d == nil {
			return nil
		}
		if d.Err != "" {
			trouble(true, what+": "+d.Err)
		}
		return &deviceState{OK: d.Err == "", Name: d.Name, Error: d.Err}
	}
	s.Speaker, s.Microphone = device("speaker", r.Speaker), device("microphone", r.Microphone)
	return s
}

// serveHealth serves GET /healthz, which returns the state of the agent as JSON.
func (s *server) serveHealth(w http.ResponseWriter, r *http.Request) error {
	if r.Context().Err() != nil {
		return &httpError{http.StatusServiceUnavailable, "the program is about to end"}
	}
	state := stateOf(r.Context(), s.agent)
	state.Version, state.Uptime = s.control.opts.Version, time.Since(s.control.started).Seconds()
	status := http.StatusOK
	if !state.OK {
		status = http.StatusServiceUnavailable
	}
	web.Reply(w, status, state)
	return nil
}
