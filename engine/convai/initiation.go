package convai

import "encoding/json"

// ConversationInitiationClientData opens a conversation. Its zero value asks
// for the agent as it is configured.
type ConversationInitiationClientData struct {
	// Override changes the agent for this conversation. The server closes
	// with 1008 when it sets anything the agent does not allow to be
	// overridden, each field having its own permission.
	Override *ConversationConfigOverride `json:"conversation_config_override,omitempty"`
	// CustomLLMExtraBody is passed to a custom LLM; it too has to be allowed.
	CustomLLMExtraBody map[string]any `json:"custom_llm_extra_body,omitzero"`
	// DynamicVariables fill the {{name}} of the agent's texts and tools. A
	// value is a string, a number, a bool, nil or a list of them.
	DynamicVariables       map[string]any  `json:"dynamic_variables,omitzero"`
	UserID                 string          `json:"user_id,omitempty"`
	SourceInfo             *SourceInfo     `json:"source_info,omitempty"`
	BranchID               string          `json:"branch_id,omitempty"`
	Environment            string          `json:"environment,omitempty"`
	StartingWorkflowNodeID string          `json:"starting_workflow_node_id,omitempty"`
	ProcedureIDs           []string        `json:"procedure_ids,omitzero"` // nil: all; empty: none
	ToolMockConfig         *ToolMockConfig `json:"tool_mock_config,omitempty"`
}

// SourceInfo says which program the conversation comes from. The server knows
// a fixed list of sources, and "unknown".
type SourceInfo struct {
	Source  string `json:"source,omitempty"`
	Version string `json:"version,omitempty"` // up to 50 characters
}

// ToolMockConfig has the server make up the results of its tools.
type ToolMockConfig struct {
	MockingStrategy  string   `json:"mocking_strategy,omitempty"` // "none" (what empty means), "all" or "selected"
	MockedToolNames  []string `json:"mocked_tool_names,omitzero"`
	FallbackStrategy string   `json:"fallback_strategy,omitempty"` // "raise_error" (what empty means) or "call_real_tool"
}

// A ConversationConfigOverride changes parts of an agent's configuration.
// What is nil or empty is left as it is; where an empty or zero value means
// something, the field is a pointer, or a slice that differs from nil.
type ConversationConfigOverride struct {
	Agent        *AgentOverride        `json:"agent,omitempty"`
	ASR          *ASROverride          `json:"asr,omitempty"`
	TTS          *TTSOverride          `json:"tts,omitempty"`
	Turn         *TurnOverride         `json:"turn,omitempty"`
	Conversation *ConversationOverride `json:"conversation,omitempty"`
}

// An AgentOverride changes what the agent says and thinks.
type AgentOverride struct {
	FirstMessage                   *string         `json:"first_message,omitempty"` // empty: the user begins
	Language                       string          `json:"language,omitempty"`      // "en", "pt-br"
	MaxConversationDurationMessage *string         `json:"max_conversation_duration_message,omitempty"`
	Prompt                         *PromptOverride `json:"prompt,omitempty"`
	NativeMCPServerIDs             []string        `json:"native_mcp_server_ids,omitzero"` // where the JavaScript SDK has it; also in Prompt
}

// A PromptOverride changes the LLM and what it is told.
type PromptOverride struct {
	Prompt             *string         `json:"prompt,omitempty"`
	LLM                string          `json:"llm,omitempty"`
	ToolIDs            []string        `json:"tool_ids,omitzero"`
	NativeMCPServerIDs []string        `json:"native_mcp_server_ids,omitzero"`
	KnowledgeBase      []KnowledgeBase `json:"knowledge_base,omitzero"`
}

// A KnowledgeBase points to a document the LLM may use.
type KnowledgeBase struct {
	Type      string `json:"type"` // "file", "url", "text" or "folder"
	Name      string `json:"name"`
	ID        string `json:"id"`
	UsageMode string `json:"usage_mode,omitempty"` // "auto" (what empty means) or "prompt"
}

// An ASROverride changes how speech is recognised.
type ASROverride struct {
	Keywords []string `json:"keywords,omitzero"` // words to expect
}

// A TTSOverride changes the agent's voice.
type TTSOverride struct {
	VoiceID                         string                           `json:"voice_id,omitempty"`
	ModelID                         string                           `json:"model_id,omitempty"`
	Stability                       *float64                         `json:"stability,omitempty"`        // 0 to 1
	Speed                           *float64                         `json:"speed,omitempty"`            // 1 is normal
	SimilarityBoost                 *float64                         `json:"similarity_boost,omitempty"` // 0 to 1
	PronunciationDictionaryLocators []PronunciationDictionaryLocator `json:"pronunciation_dictionary_locators,omitzero"`
}

// A PronunciationDictionaryLocator points to one version of a dictionary.
type PronunciationDictionaryLocator struct {
	DictionaryID string  `json:"pronunciation_dictionary_id"`
	VersionID    *string `json:"version_id"` // nil: the latest
}

// A TurnOverride changes how turns are taken.
type TurnOverride struct {
	SoftTimeout *SoftTimeoutOverride `json:"soft_timeout_config,omitempty"`
}

// A SoftTimeoutOverride changes what the agent says while its LLM is slow.
type SoftTimeoutOverride struct {
	Message            *string  `json:"message,omitempty"`
	AdditionalMessages []string `json:"additional_soft_timeout_messages,omitzero"`
}

// A ConversationOverride changes the conversation itself.
type ConversationOverride struct {
	TextOnly           *bool    `json:"text_only,omitempty"`
	MaxDurationSeconds int      `json:"max_duration_seconds,omitempty"`
	ClientEvents       []string `json:"client_events,omitzero"` // the events to send to the client
}

// EnclaveSetupConfig brings the agent along to an orchestrator that somebody
// runs themselves. It goes before ConversationInitiationClientData. The shape
// is that of elevenlabs-python conversation.py.
type EnclaveSetupConfig struct {
	AgentConfig               json.RawMessage   `json:"agent_config_dict"` // an object; nil is sent as null, here and below
	OverrideAgentConfigs      []json.RawMessage `json:"override_agent_config_list"`
	ToolsConfigs              []json.RawMessage `json:"tools_config_list"`
	PromptKnowledgeBase       []string          `json:"prompt_knowledge_base"`
	TranscriptionWebhook      *PostCallWebhook  `json:"post_call_transcription_webhook,omitempty"`
	AudioWebhook              *PostCallWebhook  `json:"post_call_audio_webhook,omitempty"`
	LegacyTranscriptionWebURL string            `json:"post_call_transcription_webhook_url,omitempty"`
	LegacyAudioWebURL         string            `json:"post_call_audio_webhook_url,omitempty"`
}

// A PostCallWebhook is told when a conversation is over.
type PostCallWebhook struct {
	URL        string `json:"url"`
	HMACSecret string `json:"hmac_secret,omitempty"`
}

func (*ConversationInitiationClientData) MessageType() string {
	return "conversation_initiation_client_data"
}
func (*EnclaveSetupConfig) MessageType() string { return "enclave_setup_config" }
