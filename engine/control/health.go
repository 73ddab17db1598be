package control

import (
	"context"
	"net/http"
	"slices"
	"time"

	"moonlark/engine/health"
)

// answerTime is how long a script may take to answer that it is there.
const answerTime = 2 * time.Second

// A state is what /healthz says. Its names are interface: docs/device.md.
type state struct {
	OK       bool     `json:"ok"`
	Troubles []string `json:"troubles"` // what is not as it should be, in sentences

	Status string    `json:"status"`
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason,omitempty"`

	Scripts    []scriptState `json:"scripts"`
	Speaker    *deviceState  `json:"speaker,omitempty"`
	Microphone *deviceState  `json:"microphone,omitempty"`

	Version string  `json:"version"`
	Uptime  float64 `json:"uptime"` // seconds
}

type scriptState struct {
	Name   string `json:"name"`
	Tools  int    `json:"tools"`
	Alive  bool   `json:"alive"`
	Failed string `json:"failed,omitempty"`
	Rests  string `json:"rests,omitempty"`
}

type deviceState struct {
	OK    bool   `json:"ok"`
	Name  string `json:"name,omitempty"`
	Error string `json:"error,omitempty"`
}

// stateOf asks an agent how it is, for answerTime at most. It is ok when the
// process does what it can: that the network is away, or a microphone, is a
// trouble that another start would not mend.
func stateOf(ctx context.Context, a Agent) state {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	silent, r := a.Silent(ctx), a.Health()
	s := state{OK: true, Status: r.Status, Since: r.Since, Reason: r.Reason, Scripts: []scriptState{}, Troubles: []string{}}
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
	for _, sc := range r.Scripts {
		alive := !slices.Contains(silent, sc.Name)
		s.Scripts = append(s.Scripts, scriptState{Name: sc.Name, Tools: sc.Tools, Alive: alive, Failed: sc.Failed, Rests: sc.Rests})
		if !alive {
			trouble(false, sc.Name+" does not answer: a Go function that it has called does not come back")
		}
		if sc.Failed != "" {
			trouble(true, sc.Name+" was not loaded again: "+sc.Failed)
		}
		if sc.Rests != "" {
			trouble(true, sc.Name+" cannot be used for now: "+sc.Rests)
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

// health is GET /healthz.
func (s *server) health(w http.ResponseWriter, r *http.Request) error {
	if r.Context().Err() != nil {
		return &problem{http.StatusServiceUnavailable, "the program is about to end"}
	}
	state := stateOf(r.Context(), s.agent)
	state.Version, state.Uptime = s.control.opts.Version, time.Since(s.control.born).Seconds()
	status := http.StatusOK
	if !state.OK {
		status = http.StatusServiceUnavailable
	}
	reply(w, status, state)
	return nil
}
