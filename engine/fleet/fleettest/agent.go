package fleettest

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"

	"moonlark/engine/health"
)

// An Agent is a fleet.Agent that runs scripts by reading them. A script whose source contains "broken"
// does not load. The fields can be changed with Set while a Device uses the Agent.
type Agent struct {
	mu sync.Mutex // guards the fields below

	Running      string        // the source of the scripts that run
	Conversation string        // what Status returns
	Report       health.Report // what Health returns
	Hanging      []string      // what Silent returns
	Refused      string        // Switch refuses scripts that contain it; "" refuses none
}

// NewAgent returns an Agent without a conversation.
func NewAgent() *Agent { return &Agent{Conversation: "waiting"} }

// Set calls change, which may change the fields.
func (a *Agent) Set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

// Runs returns the source of the scripts that run.
func (a *Agent) Runs() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.Running
}

// Status returns Conversation.
func (a *Agent) Status() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.Conversation
}

// Health returns Report.
func (a *Agent) Health() health.Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.Report
}

// Silent returns Hanging.
func (a *Agent) Silent(context.Context) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.Hanging
}

// Check returns an error if a script cannot be read.
func (a *Agent) Check(paths []string) error {
	_, err := readScripts(paths)
	return err
}

// Switch makes the source of the scripts that of Runs. It returns an error if the source contains Refused.
func (a *Agent) Switch(paths []string) error {
	text, err := readScripts(paths)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil && a.Refused != "" && strings.Contains(text, a.Refused) {
		err = errors.New("kiosk.lua: refused")
	}
	if err == nil {
		a.Running = text
	}
	return err
}

// readScripts returns the text of scripts.
func readScripts(paths []string) (string, error) {
	var all string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if strings.Contains(string(text), "broken") {
			return "", errors.New("kiosk.lua:1: attempt to index 'printer' (a nil value)")
		}
		all += string(text)
	}
	return all, nil
}

// Boot starts the scripts of a Device with the Agent. It returns an error if none load.
func Boot(d interface {
	Boot() []string
	Failed(error) ([]string, bool)
	Loaded()
}, agent *Agent) error {
	paths, ok := d.Boot(), true
	for err := agent.Switch(paths); err != nil; err = agent.Switch(paths) {
		if paths, ok = d.Failed(err); !ok {
			return err
		}
	}
	d.Loaded()
	return nil
}
