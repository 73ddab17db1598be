package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"moonlark/engine/agent"
	"moonlark/engine/convai"
	"moonlark/engine/localagent"
	"moonlark/engine/rest"
	"moonlark/engine/tool"
)

// A Connection says how an agent of ElevenLabs is reached. The zero value is a
// public one's, wherever it lives.
type Connection struct {
	Host   string   // see rest.Host; empty is rest.DefaultHost
	Key    rest.Key // for a private agent: a signed URL is asked for with it
	Origin string   // sent with the handshake: an agent can demand one

	// Enclave goes first to an orchestrator that somebody runs themselves, as it
	// stands: what elevenlabs-python sends as enclave_setup_config. Nil: nothing.
	Enclave json.RawMessage
}

// check says what is wrong with it that no try to connect would mend.
func (c Connection) check() error {
	if c.Host != "" {
		if err := rest.CheckHost(c.Host); err != nil {
			return err
		}
	}
	_, err := c.enclave()
	return err
}

// enclave is the message that Enclave has, nil when there is none.
func (c Connection) enclave() (*convai.EnclaveSetupConfig, error) {
	if c.Enclave == nil {
		return nil, nil
	}
	var fields struct {
		Type string `json:"type"`
		convai.EnclaveSetupConfig
	}
	d := json.NewDecoder(bytes.NewReader(c.Enclave))
	d.DisallowUnknownFields() // or they would be lost without a word
	if err := d.Decode(&fields); err != nil {
		return nil, fmt.Errorf("enclave: %w", err)
	}
	return &fields.EnclaveSetupConfig, nil
}

// A destination is where conversations are held.
type destination struct {
	kind   string             // "local", "agent" or "url"
	url    string             // of an agent the public one, for people; "" where it has to be asked for
	server *localagent.Server // the embedded agent, if that is it
}

func (e *Engine) destination() (destination, error) {
	switch target := e.opts.Target; {
	case target.URL != "":
		return destination{kind: "url", url: target.URL}, nil
	case target.SignedURLFrom != "":
		return destination{kind: "url", url: hostOf(target.SignedURLFrom)}, nil
	case target.Agent != "":
		base, err := (&rest.Client{Host: e.opts.Connection.Host}).BaseURL()
		if err != nil {
			return destination{}, err
		}
		address := convai.AgentURL(base.Host, target.Agent)
		if base.Scheme == "http" { // of this machine
			address = "ws" + strings.TrimPrefix(address, "wss")
		}
		return destination{kind: "agent", url: address}, nil
	}
	server, err := e.listen("127.0.0.1:0", e.scripts.Tools)
	if err != nil {
		return destination{}, fmt.Errorf("the embedded agent: %w", err)
	}
	return destination{kind: "local", url: server.URL(), server: server}, nil
}

// dial opens one conversation.
func (e *Engine) dial(ctx context.Context, to destination, s agent.Settings) (*convai.Conversation, error) {
	address, err := e.address(ctx, to, s)
	if err != nil {
		return nil, err
	}
	opts := convai.Options{URL: address, Initiation: e.initiation(s), Log: slog.New(logHandler{e: e})}
	if origin := e.opts.Connection.Origin; origin != "" {
		opts.Header = http.Header{"Origin": {origin}}
	}
	if opts.Enclave, err = e.opts.Connection.enclave(); err != nil {
		return nil, err
	}
	return convai.Dial(ctx, opts)
}

// askTime is how long a signed URL may take to come.
const askTime = 10 * time.Second

// address is where to open a conversation: a signed URL is good for one.
func (e *Engine) address(ctx context.Context, to destination, s agent.Settings) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	c := e.opts.Connection
	client := rest.Client{Host: c.Host, Key: c.Key}
	switch target := e.opts.Target; {
	case target.SignedURLFrom != "":
		return client.FetchSignedURL(ctx, target.SignedURLFrom)
	case target.Agent == "" || c.Key.IsZero():
		if s.Environment != "" && target.Agent != "" {
			return to.url + "&environment=" + url.QueryEscape(s.Environment), nil
		}
		return to.url, nil
	default:
		return client.SignedURL(ctx, target.Agent, rest.SignedURLOptions{Branch: s.BranchID, Environment: s.Environment})
	}
}

// initiation is the first message of a conversation.
func (e *Engine) initiation(s agent.Settings) *convai.ConversationInitiationClientData {
	if e.opts.TextOnly && s.TextOnly == nil {
		s.TextOnly = new(true)
	}
	m := &convai.ConversationInitiationClientData{
		CustomLLMExtraBody: s.ExtraBody, DynamicVariables: s.DynamicVariables, UserID: s.UserID,
		BranchID: s.BranchID, Environment: s.Environment, StartingWorkflowNodeID: s.StartNode,
	}
	var o convai.ConversationConfigOverride
	if s.Prompt != nil || s.LLM != "" || s.ToolIDs != nil {
		o.Agent = &convai.AgentOverride{Prompt: &convai.PromptOverride{Prompt: s.Prompt, LLM: s.LLM, ToolIDs: s.ToolIDs}}
	}
	if s.FirstMessage != nil || s.Language != "" || s.MaxDurationMessage != nil {
		if o.Agent == nil {
			o.Agent = new(convai.AgentOverride)
		}
		o.Agent.FirstMessage, o.Agent.Language, o.Agent.MaxConversationDurationMessage = s.FirstMessage, s.Language, s.MaxDurationMessage
	}
	if s.VoiceID != "" || s.ModelID != "" || s.Stability != nil || s.Speed != nil || s.SimilarityBoost != nil {
		o.TTS = &convai.TTSOverride{VoiceID: s.VoiceID, ModelID: s.ModelID, Stability: s.Stability, Speed: s.Speed, SimilarityBoost: s.SimilarityBoost}
	}
	if s.Keywords != nil {
		o.ASR = &convai.ASROverride{Keywords: s.Keywords}
	}
	if s.SoftTimeoutMessage != nil {
		o.Turn = &convai.TurnOverride{SoftTimeout: &convai.SoftTimeoutOverride{Message: s.SoftTimeoutMessage}}
	}
	if s.TextOnly != nil || s.MaxDurationSeconds != 0 || s.ClientEvents != nil {
		o.Conversation = &convai.ConversationOverride{TextOnly: s.TextOnly, MaxDurationSeconds: s.MaxDurationSeconds, ClientEvents: s.ClientEvents}
	}
	if o != (convai.ConversationConfigOverride{}) {
		m.Override = &o
	}
	return m
}

// hostOf is as much of a URL as may be shown when anything in it can be secret.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// listen starts the embedded agent with these tools.
func (e *Engine) listen(addr string, tools func() []*tool.Spec) (*localagent.Server, error) {
	opts := e.opts.LocalAgent
	opts.Tools = tools
	opts.Log = slog.New(logHandler{e: e, part: "embedded agent: "})
	opts.WordPace = wordPace
	return localagent.Listen(addr, opts)
}

func closeServer(s *localagent.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	return s.Close(ctx)
}

// wordPace is how fast the embedded agent writes.
const wordPace = 15 * time.Millisecond

// redact leaves out of a URL what must not be shown: a signature, a password.
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
