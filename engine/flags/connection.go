package flags

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"moonlark/engine"
	"moonlark/engine/agent"
	"moonlark/engine/rest"
)

// Target is where conversations are held.
type Target struct {
	Agent *string `xor:"target" placeholder:"ID" help:"Talk to this ElevenLabs agent ($$ELEVENLABS_AGENT_ID)."`
	URL   *string `xor:"target" placeholder:"URL" help:"Connect to this WebSocket URL as it stands."`
	From  *string `xor:"target" name:"signed-url-from" placeholder:"URL" help:"Ask this HTTP URL where to connect, each time: so that a device holds no key."`
	Local bool    `xor:"target" help:"Talk to the embedded agent; the default with none of these."`
}

// Apply sets what a flag says in opts, or the environment.
func (t Target) Apply(opts *engine.Options) error {
	for name, value := range map[string]*string{"--agent": t.Agent, "--url": t.URL, "--signed-url-from": t.From} {
		if value != nil && *value == "" {
			return fmt.Errorf("%s is empty: is a variable not set?", name)
		}
	}
	switch {
	case t.Agent != nil:
		opts.Target = engine.Target{Agent: *t.Agent}
	case t.URL != nil:
		opts.Target = engine.Target{URL: *t.URL}
	case t.From != nil:
		opts.Target = engine.Target{SignedURLFrom: *t.From}
	case !t.Local:
		opts.Target = engine.Target{Agent: os.Getenv("ELEVENLABS_AGENT_ID")}
	}
	return nil
}

// Connection is how an agent of ElevenLabs is reached, and how it is to be.
type Connection struct {
	Region      string            `placeholder:"REGION" help:"Where the agent lives: us, eu, in or sg; anywhere, if left out."`
	Host        string            `placeholder:"HOST" help:"The same, by the name of the host."`
	Origin      string            `placeholder:"ORIGIN" help:"The web page to be taken for, as https://example.com: an agent can demand one."`
	Environment string            `placeholder:"NAME" help:"The environment of the agent."`
	Branch      string            `placeholder:"ID" help:"The branch of the agent."`
	UserID      string            `name:"user-id" placeholder:"ID" help:"Who talks, for the agent's records."`
	Set         map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Override a setting of the agent, such as first_message or voice_id; again for more."`
	Var         map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Set a dynamic variable of the agent; again for more."`
	Enclave     string            `type:"existingfile" placeholder:"FILE" help:"JSON that an orchestrator of your own wants first (enclave_setup_config)."`
}

// Apply sets what there is in opts.
func (c Connection) Apply(opts *engine.Options) error {
	host := c.Host
	if c.Region != "" {
		if host != "" {
			return errors.New("--region and --host exclude each other")
		}
		var err error
		if host, err = rest.Host(c.Region); err != nil {
			return fmt.Errorf("--region: %w", err)
		}
	}
	opts.Connection = engine.Connection{Host: host, Origin: c.Origin, Key: rest.NewKey(os.Getenv("ELEVENLABS_API_KEY"))}
	if c.Enclave != "" {
		text, err := os.ReadFile(c.Enclave)
		if err == nil && !json.Valid(text) {
			err = fmt.Errorf("%s: not JSON", c.Enclave)
		}
		if err != nil {
			return fmt.Errorf("--enclave: %w", err)
		}
		opts.Connection.Enclave = text
	}
	var err error
	opts.Agent, err = c.settings()
	return err
}

// settings are how the agent is to be.
func (c Connection) settings() (agent.Settings, error) {
	settings := make(map[string]any)
	for name, value := range c.Set {
		settings[name] = setting(value)
	}
	if len(c.Var) > 0 {
		vars := make(map[string]any)
		for name, value := range c.Var {
			vars[name] = setting(value)
		}
		settings["dynamic_variables"] = vars
	}
	for name, value := range map[string]string{"environment": c.Environment, "branch_id": c.Branch, "user_id": c.UserID} {
		if value != "" {
			settings[name] = value
		}
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return agent.Settings{}, err
	}
	parsed, err := agent.Parse(text)
	if err != nil {
		return agent.Settings{}, fmt.Errorf("--set: %w", err)
	}
	return parsed, nil
}

// setting is a value as a person writes it: JSON, if it is a number, a boolean,
// a list or a table, and else text.
func setting(text string) any {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil || value == nil {
		return text
	}
	return value
}
