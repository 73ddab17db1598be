package web

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/health"
	"moonlark/engine/tool"
)

// silentTimeout is how long a snapshot waits for the scripts to show that they can still run.
const silentTimeout = 300 * time.Millisecond

// An Agent is the running agent whose state a Stream shows. Outside tests it is a *remote.Remote. Any
// goroutine may call the methods. Only Silent waits.
type Agent interface {
	Health() health.Report
	// Silent returns the scripts that did not respond before ctx ended.
	Silent(ctx context.Context) (scripts []string)
	Tools() []*tool.Spec
	// Listening reports whether the agent hears the microphone.
	Listening() bool
}

// A snapshot is the state of an agent. docs/http.md documents its JSON names, so they must not change.
type snapshot struct {
	Boot    string    `json:"boot"`
	Seq     uint64    `json:"seq"` // the number of the newest event that the snapshot takes into account
	Version string    `json:"version"`
	Now     time.Time `json:"now"`

	Status         string    `json:"status"`
	Since          time.Time `json:"since,omitzero"`
	Reason         string    `json:"reason,omitempty"`
	Target         string    `json:"target,omitempty"`
	ConversationID string    `json:"conversation_id,omitempty"`
	Phase          string    `json:"phase"`
	Listening      bool      `json:"listening"`
	RoundTrip      float64   `json:"round_trip,omitempty"` // in seconds; see health.Report

	Scripts    []scriptState `json:"scripts"`
	Tools      []toolState   `json:"tools"`
	Speaker    *deviceState  `json:"speaker,omitempty"`
	Microphone *deviceState  `json:"microphone,omitempty"`

	Sound *health.SoundCounts `json:"sound,omitempty"`

	// Activities are the tabs in which modules have shown something.
	Activities []string `json:"activities"`
}

type scriptState struct {
	Name       string       `json:"name"`
	Tools      int          `json:"tools"`
	Alive      bool         `json:"alive"`
	Generation int          `json:"generation"` // how often the script has been loaded
	Loaded     time.Time    `json:"loaded,omitzero"`
	Failed     *failedState `json:"failed,omitempty"` // the last reload
	Rests      string       `json:"rests,omitempty"`  // why the script waits before it is loaded again, after a crash
}

type failedState struct {
	Text string    `json:"text"`
	At   string    `json:"at,omitempty"` // the file and line that the text begins with
	Time time.Time `json:"time,omitzero"`
}

type toolState struct {
	Name        string       `json:"name"`
	At          string       `json:"at,omitempty"` // the file and line that registered the tool
	Description string       `json:"description,omitempty"`
	Parameters  *tool.Schema `json:"parameters,omitempty"`
	Timeout     float64      `json:"timeout"` // in seconds
	ReadOnly    bool         `json:"read_only,omitempty"`
	Calls       int          `json:"calls"`
	Errors      int          `json:"errors"`
	Median      float64      `json:"median"` // median duration of the newest calls, in seconds
	Last        float64      `json:"last"`   // duration of the newest call, in seconds
}

type deviceState struct {
	OK    bool   `json:"ok"`
	Name  string `json:"name,omitempty"`
	Error string `json:"error,omitempty"`
}

// snapshot returns the state of the agent as a JSON object, and the number of the newest event that
// it takes into account. It waits for scripts that do not respond, for at most silentTimeout.
func (s *Stream) snapshot(ctx context.Context) (text []byte, seq uint64, err error) {
	s.mu.Lock()
	agent, fields := s.agent, maps.Clone(s.fields)
	snap := snapshot{
		Boot: s.boot, Seq: s.ring.last, Version: s.opts.Version, Now: time.Now(), Status: "starting", Phase: s.phase.Phase(),
		Target: s.state.target, ConversationID: s.state.conversation, Scripts: []scriptState{}, Tools: []toolState{},
		Activities: s.activities.names(),
	}
	s.mu.Unlock()
	if agent != nil {
		ctx, cancel := context.WithTimeout(ctx, silentTimeout)
		defer cancel()
		silent, report, tools := agent.Silent(ctx), agent.Health(), agent.Tools()
		snap.Listening = agent.Listening()
		s.mu.Lock()
		s.state.describe(&snap, report, silent, tools)
		s.mu.Unlock()
	}
	if text, err = json.Marshal(snap); err != nil {
		return nil, 0, err
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]()
		if value == nil {
			continue
		}
		field, err := json.Marshal(map[string]any{name: value})
		if err != nil {
			return nil, 0, err
		}
		text = append(append(text[:len(text)-1], ','), field[1:]...)
	}
	return text, snap.Seq, nil
}

// roundTrip returns health.Report.RoundTrip of the agent in seconds.
func (s *Stream) roundTrip() float64 {
	s.mu.Lock()
	agent := s.agent
	s.mu.Unlock()
	if agent == nil {
		return 0
	}
	return agent.Health().RoundTrip.Seconds()
}

// describe adds the state of the agent, and what has been counted, to a snapshot.
func (c *counts) describe(snap *snapshot, r health.Report, silent []string, tools []*tool.Spec) {
	if r.Status != "" {
		snap.Status, snap.Since, snap.Reason = r.Status, r.Since, r.Reason
	}
	for _, script := range r.Scripts {
		state := scriptState{Name: script.Name, Tools: script.Tools, Alive: !slices.Contains(silent, script.Name), Rests: script.Rests}
		counted := c.scripts[script.Name]
		if counted != nil {
			state.Generation, state.Loaded = counted.generation, counted.loaded
		}
		if script.Failed != "" {
			state.Failed = &failedState{Text: script.Failed, At: bus.Place(script.Failed)}
			if counted != nil {
				state.Failed.Time = counted.failed
			}
		}
		snap.Scripts = append(snap.Scripts, state)
	}
	for _, spec := range tools {
		state := toolState{
			Name: spec.Name, At: spec.Source, Description: spec.Description, Parameters: spec.Parameters,
			Timeout: spec.Deadline().Seconds(), ReadOnly: spec.Hints != nil && spec.Hints.ReadOnly,
		}
		if counted := c.tools[spec.Name]; counted != nil {
			state.Calls, state.Errors, state.Median, state.Last = counted.calls, counted.errors, counted.median(), counted.last
		}
		snap.Tools = append(snap.Tools, state)
	}
	device := func(d *health.Device) *deviceState {
		if d == nil {
			return nil
		}
		return &deviceState{OK: d.Err == "", Name: d.Name, Error: d.Err}
	}
	snap.RoundTrip = r.RoundTrip.Seconds()
	snap.Speaker, snap.Microphone, snap.Sound = device(r.Speaker), device(r.Microphone), r.Sound
}

// ServeSnapshot serves GET /snapshot, which returns the state of the agent as JSON.
func (s *Stream) ServeSnapshot(w http.ResponseWriter, r *http.Request) {
	if !HasMethod(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	text, _, err := s.snapshot(r.Context())
	if err != nil {
		Fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(append(text, '\n')) // an error means that the client has gone away
}
