package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
)

// An Agent has the settings of an ElevenLabs agent that a client needs. A field that is missing in
// the API's response has the default that the API documents. A missing pointer or slice is nil.
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
			// Timeout is how long the user may be silent before the agent speaks, in seconds.
			Timeout float64 `json:"turn_timeout"`
			// SilenceEndCall is how long the user may be silent before the conversation ends, in
			// seconds. Negative means that silence does not end it.
			SilenceEndCall float64 `json:"silence_end_call_timeout"`
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
				Prompt  string   `json:"prompt"`
				LLM     string   `json:"llm"`
				ToolIDs []string `json:"tool_ids"`
				// Tools are definitions of tools that are part of the agent. Older agents have
				// them.
				Tools        []Tool                     `json:"tools"`
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

// Auth says which clients may start a conversation with the agent.
type Auth struct {
	Enabled   bool `json:"enable_auth"` // whether clients need a signed URL
	Allowlist []struct {
		Hostname string `json:"hostname"`
	} `json:"allowlist"`
	RequireOrigin bool `json:"require_origin_header"`
}

// Variables has the agent's own values of dynamic variables. They are used if a client sets none.
type Variables struct {
	Placeholders map[string]any `json:"dynamic_variable_placeholders"`
}

// Overrides says which of the agent's settings a client may override for its conversation.
type Overrides struct {
	// Conversation mirrors the structure of the settings. It has true where a setting may be
	// overridden.
	Conversation       map[string]any `json:"conversation_config_override"`
	CustomLLMExtraBody bool           `json:"custom_llm_extra_body"`
	StartNode          bool           `json:"enable_starting_workflow_node_id_from_client"`
}

// Allows reports whether a client may override a setting. path is the path of the setting within
// the conversation settings, such as "agent", "prompt", "llm".
func (o Overrides) Allows(path ...string) bool {
	var value any = o.Conversation
	for _, key := range path {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value == true
}

// newAgent returns an Agent whose fields have the defaults that the API documents.
func newAgent() *Agent {
	a := new(Agent)
	a.Conversation.ASR.Format = "pcm_16000"
	a.Conversation.TTS.Format = "pcm_16000"
	a.Conversation.Turn.Timeout = 7
	a.Conversation.Turn.SilenceEndCall = -1
	a.Conversation.Conversation.MaxDuration = 600
	return a
}

// Agent requests the settings of the agent with this id. branch is the branch of the agent; empty
// means the main branch. If the request fails, the error is an *Error or the cause of ctx.
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

// ToolIDs returns the ids of all tools that the agent can use. They include the tools that only one
// node of the agent's workflow can use. No id is repeated.
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

// BuiltIn returns the names of the agent's system tools, such as "end_call", sorted.
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
