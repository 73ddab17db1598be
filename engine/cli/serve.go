package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/terminal"
	"moonlark/engine/localagent"
	"moonlark/engine/loopback"
	"moonlark/engine/speech/choice"
)

type serveCommand struct {
	Listen          string   `default:"127.0.0.1:8765" placeholder:"HOST:PORT" help:"Address to listen on (${default})."`
	Token           string   `placeholder:"TOKEN" help:"Token that clients must send. Required if --listen is not on this machine and the model or the voice may cost money. $$MOONLARK_SERVE_TOKEN is safer: the list of processes does not show it."`
	Max             int      `name:"max-conversations" default:"100" placeholder:"N" help:"Hold at most so many conversations at a time (${default}). 0: any number."`
	Scripts         []string `arg:"" optional:"" name:"script" help:"Lua files that say which tools there are. The clients run them."`
	llmFlags        `embed:""`
	speechFlags     `embed:""`
	permissionFlags `embed:""`
	pinFlags        `embed:""`
	logFlags        `embed:""`
}

// Run runs the server of the embedded agent until a signal arrives.
func (c *serveCommand) Run(ctx context.Context, con *console) error {
	if strings.TrimSpace(c.Listen) == "" {
		return &usageError{errors.New("--listen is empty: is a variable not set?")}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return &usageError{fmt.Errorf("--listen: %w", err)}
	}
	con.onExit(exitOK, nil)
	ctx, cancel := con.stdout.untilFailed(ctx) // a program that waits for the address has left
	defer cancel()
	screen := terminal.New(c.logFlags.terminal(con))
	defer screen.Close()
	events := new(bus.Bus)
	defer events.Subscribe(nil, screen.Show).Close(stopTimeout)
	opts := engine.Options{Scripts: c.Scripts, Bus: events, Watch: true}
	var err error
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return &usageError{err}
	}
	if opts.Pins, err = c.pinFlags.chip(); err != nil {
		return &usageError{err}
	}
	if err := c.llmFlags.checkSpeech(c.speechFlags); err != nil {
		return &usageError{err}
	}
	if opts.LocalAgent, err = c.speechFlags.localAgent(); err != nil {
		return &usageError{err}
	}
	if err := c.llmFlags.addTo(&opts.LocalAgent); err != nil {
		return &usageError{err}
	}
	if err := c.limitClients(&opts.LocalAgent); err != nil {
		return &usageError{err}
	}
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		return err
	}
	defer endServers()
	warnWithoutVoice(events, c.speechFlags, opts)
	return engine.Serve(ctx, opts, c.Listen, func(url string) {
		fmt.Fprintf(con.stdout, "The embedded agent is at %s\n", url)
	})
}

// serveTokenVariable is the name of the environment variable that can contain the token.
const serveTokenVariable = "MOONLARK_SERVE_TOKEN"

// limitClients sets who may use the agent, and how often. It returns an error if everybody in the
// network could use a model or a voice that costs money.
func (c *serveCommand) limitClients(opts *localagent.Options) error {
	opts.Token = clean(cmp.Or(c.Token, os.Getenv(serveTokenVariable)))
	os.Unsetenv(serveTokenVariable) // scripts, and the programs that we start, must not see the token
	if err := checkWord("the token", opts.Token); err != nil {
		return err
	}
	if c.Token != "" && opts.Token == "" {
		return errors.New("--token contains only white space or quotes")
	}
	if c.Max < 0 {
		return fmt.Errorf("--max-conversations %d: want 0 or more", c.Max)
	}
	opts.MaxConversations = c.Max
	model, err := c.llmFlags.model()
	if err != nil {
		return err
	}
	paid := model != nil && !model.IsNear() || opts.Realtime != nil && !opts.Realtime.IsNear() || choice.IsPaid(c.TTS, os.Getenv) || choice.IsPaid(c.STT, os.Getenv)
	if paid && opts.Token == "" && !loopback.HostPort(c.Listen) {
		return fmt.Errorf("--listen %s: everybody in the network could use a service that costs money: add --token TOKEN", c.Listen)
	}
	return nil
}
