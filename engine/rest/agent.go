package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
)

// An Agent is the settings of an ElevenLabs agent, as far as they matter to
// whoever talks to it. What the API left out has the value that it documents as
// the default; a pointer or a slice is nil then.
type Agent struct {
	ID   string `json:"agent_id"`
	Name string `json:"name"`

	Conversation struct {
		ASR struct {
			Format string `json:"user_input_audio_format"`
		} `json:"asr"`
		TTS struct {
			Format string `json:"agent_output_audio_format"`
		} `json:"tts"`
		Turn struct {
			Timeout        float64 `json:"turn_timeout"`             // seconds
			SilenceEndCall float64 `json:"silence_end_call_timeout"` // seconds; below 0 never
		} `json:"turn"`
		Conversation struct {
			TextOnly    bool     `json:"text_only"`
			MaxDuration float64  `json:"max_duration_seconds"`
			Events      []string `json:"client_events"`
		} `json:"conversation"`
		Agent struct {
			FirstMessage     string    `json:"first_message"`
			Language         string    `json:"language"`
			DynamicVariables Variables `json:"dynamic_variables"`
			Prompt           struct {
				Prompt       string                     `json:"prompt"`
				LLM          string                     `json:"llm"`
				ToolIDs      []string                   `json:"tool_ids"`
				Tools        []Tool                     `json:"tools"` // inline ones, as they used to be
				BuiltInTools map[string]json.RawMessage `json:"built_in_tools"`
			} `json:"prompt"`
		} `json:"agent"`
	} `json:"conversation_config"`

	Platform *struct {
		Archived  bool      `json:"archived"`
		Overrides Overrides `json:"overrides"`
		Auth      *Auth     `json:"auth"`
	} `json:"platform_settings"`

	Workflow struct {
		Nodes map[string]struct {
			AdditionalToolIDs []string `json:"additional_tool_ids"`
			Tools             []struct {
				ID string `json:"tool_id"`
			} `json:"tools"`
		} `json:"nodes"`
	} `json:"workflow"`
}

// Auth says who may talk to the agent.
type Auth struct {
	Enabled   bool `json:"enable_auth"` // only with a signed URL
	Allowlist []struct {
		Hostname string `json:"hostname"`
	} `json:"allowlist"`
	RequireOrigin bool `json:"require_origin_header"`
}

// Variables are values for {{name}} in texts, for want of others.
type Variables struct {
	Placeholders map[string]any `json:"dynamic_variable_placeholders"`
}

// Overrides say which of the agent's settings a client may change for its
// conversation.
type Overrides struct {
	Conversation       map[string]any `json:"conversation_config_override"` // objects in objects, with booleans at the end
	CustomLLMExtraBody bool           `json:"custom_llm_extra_body"`
	StartNode          bool           `json:"enable_starting_workflow_node_id_from_client"`
}

// Allows says whether the field at a path may be overridden, as "agent",
// "prompt", "llm".
func (o Overrides) Allows(path ...string) bool {
	var value any = o.Conversation
	for _, key := range path {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value == true
}

func newAgent() *Agent {
	a := new(Agent)
	a.Conversation.ASR.Format = "pcm_16000"
	a.Conversation.TTS.Format = "pcm_16000"
	a.Conversation.Turn.Timeout = 7
	a.Conversation.Turn.SilenceEndCall = -1
	a.Conversation.Conversation.MaxDuration = 600
	return a
}

// Agent reads the settings of an agent; an empty branch is its main one. The
// error is an *Error, or the context's.
func (c *Client) Agent(ctx context.Context, id, branch string) (*Agent, error) {
	query := url.Values{}
	if branch != "" {
		query.Set("branch_id", branch)
	}
	a := newAgent()
	if err := c.get(ctx, "agent", "/v1/convai/agents/"+url.PathEscape(id), query, checkAgent, a); err != nil {
		return nil, err
	}
	return a, nil
}

// ToolIDs are those of all tools that the agent can use, somewhere in its
// workflow at least; each once, in the order of the settings.
func (a *Agent) ToolIDs() []string {
	var all []string
	add := func(id string) {
		if id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	for _, id := range a.Conversation.Agent.Prompt.ToolIDs {
		add(id)
	}
	var names []string
	for name := range a.Workflow.Nodes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, id := range a.Workflow.Nodes[name].AdditionalToolIDs {
			add(id)
		}
		for _, t := range a.Workflow.Nodes[name].Tools {
			add(t.ID)
		}
	}
	return all
}

// BuiltIn are the names of the system tools that the agent has, sorted.
func (a *Agent) BuiltIn() []string {
	var names []string
	for name, settings := range a.Conversation.Agent.Prompt.BuiltInTools {
		if !bytes.Equal(settings, []byte("null")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
