package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"moonlark/engine"
	"moonlark/engine/doctor"
	"moonlark/engine/face/terminal"
	"moonlark/engine/permit"
	"moonlark/engine/rest"
	"moonlark/engine/script"
	"moonlark/engine/script/vm"
)

type doctorCommand struct {
	Scripts []string `arg:"" optional:"" name:"script" help:"Lua files that the agent is to use."`

	Agent       *string `placeholder:"ID" help:"The ElevenLabs agent ($$ELEVENLABS_AGENT_ID). It is read with $$ELEVENLABS_API_KEY."`
	From        *string `name:"signed-url-from" placeholder:"URL" help:"Check that this HTTP URL answers with a place to connect to."`
	llmFlags    `embed:""`
	speechFlags `embed:""`
	hostFlags   `embed:""`
	agentFlags  `embed:""`

	deviceFlags `embed:""`

	MCP             bool `name:"mcp" help:"Check whether MCP clients such as Claude and VS Code accept the tools."`
	JSON            bool `name:"json" help:"Print one JSON object per finding on stdout."`
	permissionFlags `embed:""`
	logFlags        `embed:""`
}

// Run examines the machine, the scripts and the agent, and prints the problems that it finds.
func (c *doctorCommand) Run(ctx context.Context, con *console) error {
	opts, err := c.options()
	permissions, permissionErr := c.permissionFlags.settings()
	var fleetErr error
	opts.Fleet, fleetErr = c.deviceFlags.toCheck()
	if err := errors.Join(err, permissionErr, fleetErr); err != nil {
		return &usageError{err}
	}
	heap := vm.NewHeap(0)
	defer heap.Close()
	opts.Memory = heap.Limit()
	events, end := c.logFlags.showOnStderr(con)
	servers, err := c.mcpServersFlag.open(events)
	if err != nil {
		end()
		return err
	}
	defer servers.Close()
	opts.Servers = startServers(ctx, servers) // before Check, which finds the tools that scripts offer then
	loaded, err := engine.Check(ctx, engine.Options{Scripts: c.Scripts, Bus: events, Heap: heap, Permissions: permissions, MCPServers: servers})
	for _, s := range loaded {
		opts.Scripts = append(opts.Scripts, doctor.Script{Name: s.Name(), Tools: s.Tools, Events: s.On, Agent: s.Agent})
	}
	opts.LoadError, opts.LoadHint = err, engine.Hint(err)
	if err := addPermissions(&opts, loaded, permissions); err != nil && opts.LoadError == nil {
		opts.LoadError = err
	}
	end()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}

	report, lines := terminal.NewReport(terminal.Options{Stdout: con.stdout}), json.NewEncoder(con.stdout)
	found := map[doctor.Level]int{}
	err = doctor.Run(ctx, opts, func(f doctor.Finding) {
		found[f.Level]++
		if c.JSON {
			lines.Encode(f)
			return
		}
		report.Add(f.Group, terminal.Line{Mark: string(f.Level), Subject: f.Subject, Text: f.Text, Fix: f.Fix})
	})
	verdict := doctor.Verdict(found)
	if err != nil {
		verdict = "not everything was examined"
	}
	if !c.JSON {
		report.Close(verdict)
	}
	if err == nil && found[doctor.Error] > 0 {
		return &shownError{errors.New(verdict)}
	}
	return err
}

// options returns what to examine, according to the flags and the environment.
func (c *doctorCommand) options() (doctor.Options, error) {
	fromEnvironment := os.Getenv("ELEVENLABS_AGENT_ID")
	if c.llmFlags.isSet() || c.speechFlags.isSet() {
		fromEnvironment = ""
	}
	target, err := targetFlags{Agent: c.Agent}.target(fromEnvironment)
	model, modelErr := c.llmFlags.model()
	tts, stt, speechErr := c.speechFlags.backends()
	service, serviceErr := c.llmFlags.realtime()
	signed, signedErr := targetFlags{From: c.From, Local: true}.target("")
	connection, connectionErr := c.hostFlags.connection(os.Getenv("ELEVENLABS_API_KEY"))
	settings, settingsErr := c.agentFlags.settings()
	err = errors.Join(err, modelErr, speechErr, serviceErr, c.llmFlags.checkSpeech(c.speechFlags), signedErr, connectionErr, settingsErr)
	if err == nil {
		err = rest.CheckHost(connection.Host)
	}
	return doctor.Options{
		Client:        &rest.Client{Host: connection.Host, Key: connection.Key},
		Agent:         target.Agent,
		Model:         model,
		TTS:           tts,
		STT:           stt,
		Realtime:      service,
		Origin:        connection.Origin,
		SignedURLFrom: signed.SignedURLFrom,
		Settings:      settings,
		MCP:           c.MCP,
	}, err
}

// toCheck returns what to examine about the fleet, or nil without the flags.
func (f deviceFlags) toCheck() (*doctor.Fleet, error) {
	if f.Fleet == "" && (f.FleetCreds != "" || f.FleetCA != "") {
		return nil, errors.New("--fleet-creds and --fleet-ca need --fleet")
	}
	if !f.isSet() {
		return nil, nil
	}
	store, err := f.folder()
	if err != nil {
		return nil, err
	}
	check := &doctor.Fleet{Store: store, Creds: f.credsPath(store)}
	if f.Fleet == "" {
		return check, nil
	}
	hub, err := f.connection(nil)
	if err != nil {
		check.HubError = err
		return check, nil
	}
	check.Hub = &hub
	return check, nil
}

// addPermissions adds to opts what the sources of the scripts say about permissions.
func addPermissions(opts *doctor.Options, scripts []script.Summary, p permit.Settings) error {
	opts.DeviceGroups = groupsOf(p.Grants)
	for i, s := range scripts {
		for _, call := range s.Calls {
			opts.DeviceGroups = append(opts.DeviceGroups, groupsOf([]permit.Grant{{Kind: permit.Kind(call.Module)}})...)
		}
		missing, err := s.Missing(p)
		if err != nil {
			return err
		}
		path, err := filepath.Abs(s.Path)
		if err != nil {
			return err
		}
		opts.Scripts[i].DataFolder = p.DataFolder(path)
		for _, m := range missing {
			opts.Scripts[i].Missing = append(opts.Scripts[i].Missing, fmt.Sprintf("%s, for %s at %s:%d", m.Flag, m.Function, m.File, m.Line))
		}
	}
	unused, err := script.Unused(scripts, p)
	for _, g := range unused {
		opts.UnusedGrants = append(opts.UnusedGrants, g.String()+", from "+g.Source)
	}
	return err
}
