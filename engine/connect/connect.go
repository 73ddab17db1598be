// Package connect opens conversations with the agent. It finds the agent's WebSocket URL, if
// necessary by requesting a signed URL, and sends the first message. If the target is the embedded
// agent, it also starts the server of this agent.
package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/apikey"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/localagent"
	"moonlark/engine/rest"
	"moonlark/engine/tool"
)

const (
	signedURLTimeout = 10 * time.Second       // maximum time for the request of a signed URL
	closeTimeout     = 500 * time.Millisecond // maximum time for the embedded agent to shut down
	// delay between two words of text that the embedded agent sends
	wordInterval = 15 * time.Millisecond
)

// A Target names the agent. At most one field is set. The zero value is the embedded agent.
type Target struct {
	Agent string // id of an ElevenLabs agent
	URL   string // WebSocket URL of an agent, used unchanged
	// HTTP URL whose response is a WebSocket URL; requested again for each conversation
	SignedURLFrom string
}

// IsLocal reports whether the target is the embedded agent.
func (t Target) IsLocal() bool { return t == Target{} }

// A Connection says how to reach an ElevenLabs agent. The zero value reaches a public agent in any
// region.
type Connection struct {
	Host string // host of the API, as rest.Host returns it; empty means rest.DefaultHost
	// API key of the account, which is needed for the signed URLs of private agents
	Key    apikey.Key
	Origin string // Origin header of the WebSocket handshake; some agents require it

	// ServerTimeout ends a conversation when nothing was received for this long, not even a reply
	// to a ping. Zero means 12 s. If it is negative, there is no limit.
	ServerTimeout time.Duration

	// Enclave is a JSON object that is sent before the first message. An orchestrator that the user
	// runs in place of ElevenLabs reads it. elevenlabs-python calls it enclave_setup_config. Nil
	// sends nothing.
	Enclave json.RawMessage
}

// enclaveMessage returns the message that contains c.Enclave, nil when c.Enclave is nil. It returns
// an error when c.Enclave has fields that the protocol does not know.
func (c Connection) enclaveMessage() (*convai.EnclaveSetupConfig, error) {
	if c.Enclave == nil {
		return nil, nil
	}
	var fields struct {
		Type string `json:"type"`
		convai.EnclaveSetupConfig
	}
	d := json.NewDecoder(bytes.NewReader(c.Enclave))
	d.DisallowUnknownFields() // otherwise unknown fields would be dropped silently
	if err := d.Decode(&fields); err != nil {
		return nil, fmt.Errorf("enclave: %w", err)
	}
	return &fields.EnclaveSetupConfig, nil
}

// Options select the agent and say how to reach it.
type Options struct {
	Target     Target
	Connection Connection
	Bus        *bus.Bus // receives the log; must be set

	// TextOnly asks the agent for text instead of speech. Settings.TextOnly of a conversation has
	// priority over it.
	TextOnly bool

	// Local configures the embedded agent. New sets its fields Tools, Log,
	// Report and WordDelay.
	Local localagent.Options

	// Tools returns the tools that the embedded agent can call. Other agents do not need it.
	Tools func() []*tool.Spec
}

// Check returns an error when the options contain a mistake, so that every attempt to connect would
// fail.
func (o Options) Check() error {
	named := 0
	for _, name := range []string{o.Target.Agent, o.Target.URL, o.Target.SignedURLFrom} {
		if name != "" {
			named++
		}
	}
	if named > 1 {
		return errors.New("an agent, a WebSocket URL and a signed-URL source exclude each other")
	}
	if o.Target.URL != "" {
		if err := convai.CheckURL(o.Target.URL); err != nil {
			return err
		}
	}
	if o.Connection.Host != "" {
		if err := rest.CheckHost(o.Connection.Host); err != nil {
			return err
		}
	}
	if _, err := o.Connection.enclaveMessage(); err != nil {
		return err
	}
	if o.Target.SignedURLFrom != "" {
		return rest.CheckSource(o.Target.SignedURLFrom)
	}
	return nil
}

// A Connector opens conversations with one agent. Any goroutine may use it.
type Connector struct {
	opts Options
	kind string // kind of the target: "local", "agent" or "url"
	// URL of the agent; if Target.SignedURLFrom is set, only the scheme and host of that URL
	url    string
	server *localagent.Server // server of the embedded agent; nil for all other agents
}

// New makes a connector. If the target is the embedded agent, New starts its server; Close stops
// that server.
func New(opts Options) (*Connector, error) {
	c := &Connector{opts: opts}
	switch target := opts.Target; {
	case target.URL != "":
		c.kind, c.url = "url", target.URL
	case target.SignedURLFrom != "":
		c.kind, c.url = "url", hostOf(target.SignedURLFrom)
	case target.Agent != "":
		base, err := (&rest.Client{Host: opts.Connection.Host}).BaseURL()
		if err != nil {
			return nil, err
		}
		c.kind, c.url = "agent", convai.AgentURL(base.Host, target.Agent)
		// the API is a test server on this machine, so its WebSocket is not encrypted either
		if base.Scheme == "http" {
			c.url = "ws" + strings.TrimPrefix(c.url, "wss")
		}
	default:
		server, err := Listen("127.0.0.1:0", opts.Local, opts.Tools, opts.Bus)
		if err != nil {
			return nil, fmt.Errorf("the embedded agent: %w", err)
		}
		c.kind, c.url, c.server = "local", server.URL(), server
	}
	return c, nil
}

// Listen starts the server of an embedded agent on addr. tools returns the tools that the agent can
// call. The agent's log becomes events of b.
func Listen(addr string, opts localagent.Options, tools func() []*tool.Spec, b *bus.Bus) (*localagent.Server, error) {
	opts.Tools = tools
	opts.Log = b.Logger("embedded agent: ")
	opts.Asking = func(round int, r llm.Request) {
		if b.Wants(bus.Activity, "") {
			b.Publish(promptEvent(round, r))
		}
	}
	price := opts.Price
	opts.Report = func(r llm.Round) {
		r.Cost = price.Of(r)
		b.Publish(bus.Event{Type: bus.ModelRound, Round: &r})
	}
	opts.FirstSound = func(delay time.Duration) { b.Publish(bus.Event{Type: bus.FirstSound, Seconds: delay.Seconds()}) }
	opts.WordDelay = wordInterval
	return localagent.Listen(addr, opts)
}

// CloseServer stops the server of an embedded agent.
func CloseServer(s *localagent.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return s.Close(ctx)
}

// Close stops the server of the embedded agent if New started one.
func (c *Connector) Close() error {
	if c.server == nil {
		return nil
	}
	return CloseServer(c.server)
}

// Target returns the kind of the target ("local", "agent" or "url") and the target's URL without
// secret parts.
func (c *Connector) Target() (kind, url string) { return c.kind, redact(c.url) }

// Open opens a conversation with the settings s. It returns after the agent has accepted the
// conversation.
func (c *Connector) Open(ctx context.Context, s agentsettings.Settings) (*convai.Conversation, error) {
	address, err := c.address(ctx, s)
	if err != nil {
		return nil, err
	}
	if c.opts.TextOnly && s.TextOnly == nil {
		s.TextOnly = new(true)
	}
	opts := convai.Options{URL: address, Initiation: Initiation(s), Log: c.opts.Bus.Logger(""), ServerTimeout: c.opts.Connection.ServerTimeout}
	if origin := c.opts.Connection.Origin; origin != "" {
		opts.Header = http.Header{"Origin": {origin}}
	}
	if opts.Enclave, err = c.opts.Connection.enclaveMessage(); err != nil {
		return nil, err
	}
	return convai.Dial(ctx, opts)
}

// address returns the WebSocket URL for the next conversation. It requests a signed URL if the
// target needs one, because a signed URL works only once.
func (c *Connector) address(ctx context.Context, s agentsettings.Settings) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, signedURLTimeout)
	defer cancel()
	client := rest.Client{Host: c.opts.Connection.Host, Key: c.opts.Connection.Key}
	switch target := c.opts.Target; {
	case target.SignedURLFrom != "":
		return client.FetchSignedURL(ctx, target.SignedURLFrom)
	case target.Agent == "" || client.Key.IsZero():
		if s.Environment != "" && target.Agent != "" {
			return c.url + "&environment=" + url.QueryEscape(s.Environment), nil
		}
		return c.url, nil
	default:
		return client.SignedURL(ctx, target.Agent, rest.SignedURLOptions{Branch: s.BranchID, Environment: s.Environment})
	}
}

// hostOf returns the scheme and host of a URL. The other parts of the URL can be secret. It returns
// "" when text is not a URL.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// redact returns a URL without its secret parts: signature, token and password. It returns "" when
// text is not a URL.
func redact(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.User = nil
	if q := u.Query(); q.Has("conversation_signature") || q.Has("token") {
		q.Del("conversation_signature")
		q.Del("token")
		u.RawQuery = q.Encode()
	}
	return u.String()
}
