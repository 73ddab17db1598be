// Package doctor says what will not work before it does not: on this machine,
// on the way to ElevenLabs, and between scripts and the agent that is to use
// them. It only looks: nothing is changed, no conversation is opened, and no
// function of a script is called.
//
// Everything runs on the goroutine that calls [Run], but for the reading of an
// agent's tools, and that has ended when Run returns.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"moonlark/audio/device"
	"moonlark/engine/agent"
	"moonlark/engine/rest"
	"moonlark/engine/script"
)

// A Level is how bad a finding is.
type Level string

const (
	OK      Level = "ok"
	Warning Level = "warning" // it works, but perhaps not as meant
	Error   Level = "error"   // it will not work
	Skipped Level = "skipped" // nobody knows: Text says why
)

// A Finding is one line of what the doctor has to say.
type Finding struct {
	Level   Level  `json:"level"`
	Group   string `json:"group"`             // "scripts", "machine", "network", "agent", "tools", "events"
	Subject string `json:"subject,omitempty"` // what it is about, in its group
	Text    string `json:"text"`
	Mend    string `json:"mend,omitempty"` // one way to put it right
}

// Options say what is looked at. Only Client has no default that works.
type Options struct {
	Client *rest.Client // of the host; without a key no agent is read

	Agent         string // its id; empty when none is known
	Origin        string // that will be shown to it
	SignedURLFrom string // a URL that signed URLs come from; empty when there is none

	// Settings are what will be different about the agent. What the scripts say
	// goes over it.
	Settings agent.Settings

	Scripts   []script.Summary
	LoadError error  // why a script is missing from Scripts
	LoadHint  string // what to do about it

	Memory uint64 // how much scripts may use, in bytes; 0 when it is not known

	// Devices, Lookup, Proxy and Clock ask the machine. Nil means they do.
	Devices func(context.Context) (speakers, microphones []device.Entry, reasons []string)
	Lookup  func(ctx context.Context, host string) ([]string, error)
	Proxy   func(*http.Request) (*url.URL, error)
	// Clock is the time of day, and the time since some moment by a clock that
	// nobody sets.
	Clock func() (wall time.Time, steady time.Duration)
}

func (o Options) withDefaults() Options {
	if o.Devices == nil {
		o.Devices = device.List
	}
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupHost
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.Clock == nil {
		began := time.Now()
		o.Clock = func() (time.Time, time.Duration) {
			now := time.Now()
			return now.Round(0), now.Sub(began)
		}
	}
	return o
}

// Run looks at everything and reports what it finds, group by group, as it
// finds it. The error is the context's, or a mistake in the options.
func Run(ctx context.Context, opts Options, report func(Finding)) error {
	base, err := opts.Client.BaseURL()
	if err != nil {
		return err
	}
	if opts.Client.HTTP == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		defer transport.CloseIdleConnections()
		client := *opts.Client
		client.HTTP = &http.Client{Transport: transport}
		opts.Client = &client
	}
	e := &examination{Options: opts.withDefaults(), host: base, report: func(f Finding) {
		if ctx.Err() == nil { // what fails after that fails for it
			report(f)
		}
	}}
	e.scripts()
	for _, s := range e.Scripts {
		e.Settings = s.Agent.Over(e.Settings)
	}
	began := e.readClocks()
	served := e.network(ctx)
	e.machine(ctx, began, served)
	e.signedURL(ctx)
	e.cloud(ctx)
	return context.Cause(ctx)
}

// An examination is one Run. It belongs to its goroutine.
type examination struct {
	Options
	host   *url.URL
	report func(Finding)
}

func (e *examination) ok(group, subject, text string) {
	e.report(Finding{OK, group, subject, text, ""})
}

func (e *examination) skip(group, subject, why, mend string) {
	e.report(Finding{Skipped, group, subject, "not checked: " + why, mend})
}

func (e *examination) warn(group, subject, text, mend string) {
	e.report(Finding{Warning, group, subject, text, mend})
}

func (e *examination) fail(group, subject, text, mend string) {
	e.report(Finding{Error, group, subject, text, mend})
}

// Verdict sums up how many findings there were of each level.
func Verdict(found map[Level]int) string {
	var parts []string
	if n := found[Error]; n > 0 {
		parts = append(parts, count(n, "error"))
	}
	if n := found[Warning]; n > 0 {
		parts = append(parts, count(n, "warning"))
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing is wrong")
	}
	if n := found[Skipped]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d not checked", n))
	}
	return strings.Join(parts, ", ")
}

// hintOf is what the API's errors say can be done.
func hintOf(err error) string {
	var refused *rest.Error
	if errors.As(err, &refused) {
		return refused.Hint
	}
	return ""
}
