// Package doctor checks the machine, the network, the scripts, the language model, the speech of
// the embedded agent, the ElevenLabs agent and the place of the device in a fleet for problems, and
// suggests fixes. It changes nothing, opens no conversation and calls no function of a script. The model is asked two short questions,
// and one sentence is spoken and recognised.
//
// [Run] runs all checks on the caller's goroutine, with one exception: several goroutines read the
// definitions of the agent's tools. They have ended when Run returns.
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
	"moonlark/engine/agentsettings"
	"moonlark/engine/llm"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/network"
	"moonlark/engine/rest"
	"moonlark/engine/speech"
	"moonlark/engine/tool"
)

// A Level says how serious a finding is.
type Level string

const (
	OK      Level = "ok"
	Warning Level = "warning" // what was checked works, but perhaps not as intended
	Error   Level = "error"   // what was checked will not work
	Skipped Level = "skipped" // the check was not possible; the finding's Text says why
)

// A Finding is one result of a check.
type Finding struct {
	Level Level `json:"level"`
	// Group is "scripts", "mcp servers", "permissions", "mcp", "fleet", "machine", "network", "model",
	// "speech", "agent", "tools" or "events".
	Group string `json:"group"`
	// Subject is what was checked, such as the name of a tool or "speaker".
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
	Fix     string `json:"fix,omitempty"` // a suggestion to the user; empty if there is none
}

// A Script is what the doctor needs to know about one script of the user.
type Script struct {
	Name   string       // the name of the script's file, without its folder
	Tools  []*tool.Spec // the tools that the script registers
	Events []string     // the events that the script handles, sorted
	Agent  agentsettings.Settings

	DataFolder string   // the folder for the data of the script; "" if it has none
	Missing    []string // permissions that the script needs and does not have: the flag, and where
}

// Options say what to check. Client is required. All other fields may have their zero values.
type Options struct {
	// Client sends the requests to the API. Without an API key in the client, the agent is not
	// checked.
	Client *rest.Client

	Agent  string // the id of the agent; empty if it is not known
	Origin string // the Origin header that conversations will send; empty if they send none
	// SignedURLFrom is the URL of the user's server from which conversations will get signed URLs.
	// It is empty if there is no such server.
	SignedURLFrom string

	// Model is the language model of the embedded agent, and TTS and STT are its speech. If one of
	// them is set, and neither Agent nor SignedURLFrom is, the ElevenLabs agent and its host are
	// not checked.
	Model llm.Model
	TTS   speech.TextToSpeech
	STT   speech.SpeechToText

	// Realtime is the speech-to-speech service of the embedded agent. If it is set, and neither
	// Agent nor SignedURLFrom is, the ElevenLabs agent and its host are not checked.
	Realtime realtime.Service

	// Settings are the agent's settings that the user will override for conversations. The settings
	// that scripts override have precedence.
	Settings agentsettings.Settings

	Scripts   []Script // the scripts that load without an error
	LoadError error    // the error of a script that does not load; nil if all scripts load
	LoadHint  string   // a suggestion to the user about LoadError; may be empty

	// DeviceGroups are the usual names of the groups of the devices that the scripts use: "gpio",
	// "i2c", "spi", "dialout" for serial ports, and "input" for keys.
	DeviceGroups []string

	Servers []Server // the MCP servers of other people that scripts can use

	// MCP says that MCP clients will use the tools of the scripts. If it is set, and neither Agent nor
	// SignedURLFrom is, the ElevenLabs agent and its host are not checked.
	MCP bool

	// Fleet says what the device knows of its fleet. Nil means that it belongs to none. If it is set, and
	// neither Agent nor SignedURLFrom is, the ElevenLabs agent and its host are not checked.
	Fleet *Fleet

	// UnusedGrants are permissions that no script needs, as far as the sources of the scripts say.
	UnusedGrants []string

	Memory uint64 // how much memory scripts may use, in bytes; 0 if the limit is not known

	// Devices lists the sound devices, and says why it could not list some. Nil means device.List,
	// which lists the devices of this machine.
	Devices func(context.Context) (speakers, microphones []device.Entry, reasons []string)

	// Lookup finds the IP addresses of a host. Nil means the resolver of this machine.
	Lookup func(ctx context.Context, host string) ([]string, error)

	// Proxy returns the proxy for a request, or nil. If Proxy itself is nil, the environment
	// variables such as HTTPS_PROXY name the proxy.
	Proxy func(*http.Request) (*url.URL, error)

	// Device gives what is read about a small device.
	Device Device

	// Clock returns the time on the machine's clock, which a user can set, and the time since a
	// fixed moment, which nobody can set. Nil means the clocks of this machine.
	Clock func() (wall time.Time, monotonic time.Duration)
}

func (o Options) withDefaults() Options {
	if o.Devices == nil {
		o.Devices = device.List
	}
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupHost
	}
	if o.Proxy == nil {
		o.Proxy = network.ProxyFromEnvironment
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

// checkTimeout is how long one check of the network or of the machine may take. The checks of the
// agent together may take twice as long.
const checkTimeout = 5 * time.Second

// Run runs all checks and calls report for each finding, on the caller's goroutine. The findings of
// one group follow each other. Run returns an error if the Host of opts.Client is not valid, and
// the cause of ctx if ctx has ended. Findings themselves are not errors.
func Run(ctx context.Context, opts Options, report func(Finding)) error {
	base, err := opts.Client.BaseURL()
	if err != nil {
		return err
	}
	if opts.Client.HTTP == nil {
		transport := network.Transport()
		defer transport.CloseIdleConnections()
		client := *opts.Client
		client.HTTP = &http.Client{Transport: transport}
		opts.Client = &client
	}
	c := &checker{Options: opts.withDefaults(), host: base, report: func(f Finding) {
		// When ctx has ended, checks fail for this reason only, so their findings are not reported.
		if ctx.Err() == nil {
			report(f)
		}
	}}
	c.checkScripts()
	c.checkServers()
	c.checkPermissions()
	c.checkMCP()
	c.checkFleet(ctx)
	for _, s := range c.Scripts {
		c.Settings = s.Agent.Over(c.Settings)
	}
	start := c.readClocks()
	local := c.MCP || c.Fleet != nil || c.Model != nil || c.TTS != nil || c.STT != nil || c.Realtime != nil
	if local && c.Agent == "" && c.SignedURLFrom == "" {
		c.checkMachine(ctx, start, hostTime{})
		c.checkEmbeddedAgent(ctx)
		return context.Cause(ctx)
	}
	hostTime := c.checkNetwork(ctx)
	c.checkMachine(ctx, start, hostTime)
	c.checkEmbeddedAgent(ctx)
	c.checkSignedURL(ctx)
	c.checkAgent(ctx)
	return context.Cause(ctx)
}

// checkEmbeddedAgent checks the model, the speech and the speech-to-speech service of the embedded
// agent.
func (c *checker) checkEmbeddedAgent(ctx context.Context) {
	if c.Model != nil {
		c.checkModel(ctx)
	}
	if c.TTS != nil || c.STT != nil {
		c.checkSpeech(ctx)
	}
	c.checkRealtime(ctx)
}

// A checker holds the options and results of one Run. Only the goroutine of Run uses it.
type checker struct {
	Options
	host   *url.URL // the URL of the API's host, without a path
	report func(Finding)
}

func (c *checker) ok(group, subject, text string) {
	c.report(Finding{OK, group, subject, text, ""})
}

func (c *checker) skip(group, subject, reason, fix string) {
	c.report(Finding{Skipped, group, subject, "not checked: " + reason, fix})
}

func (c *checker) warn(group, subject, text, fix string) {
	c.report(Finding{Warning, group, subject, text, fix})
}

func (c *checker) fail(group, subject, text, fix string) {
	c.report(Finding{Error, group, subject, text, fix})
}

// Verdict summarises the findings in one line, such as "1 error, 2 warnings". found says how many
// findings of each level there are.
func Verdict(found map[Level]int) string {
	var parts []string
	if n := found[Error]; n > 0 {
		parts = append(parts, plural(n, "error"))
	}
	if n := found[Warning]; n > 0 {
		parts = append(parts, plural(n, "warning"))
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing is wrong")
	}
	if n := found[Skipped]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d not checked", n))
	}
	return strings.Join(parts, ", ")
}

// hintOf returns the hint in an error of the API, or "" if err has no hint.
func hintOf(err error) string {
	var apiError *rest.Error
	if errors.As(err, &apiError) {
		return apiError.Hint
	}
	return ""
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// formatDuration formats a duration for people, such as "90 s" or "10 min".
func formatDuration(d time.Duration) string {
	if d >= 2*time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%v s", d.Seconds())
}
