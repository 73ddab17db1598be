package convai

import "encoding/json"

// ConversationInitiationClientData is the client's first message. The zero value leaves the agent's
// settings unchanged.
type ConversationInitiationClientData struct {
	// Override changes settings of the agent for this conversation. The agent's own settings say
	// which settings may be overridden. If Override changes a setting that may not be overridden,
	// the server closes the conversation with close code 1008.
	Override *ConversationConfigOverride `json:"conversation_config_override,omitempty"`
	// CustomLLMExtraBody is passed to a custom LLM. The agent's settings must allow clients to send
	// it.
	CustomLLMExtraBody map[string]any `json:"custom_llm_extra_body,omitzero"`
	// DynamicVariables are the values that the server inserts for {{name}} in the agent's texts and
	// tools. A value is a string, a number, a bool, nil or a list of these.
	DynamicVariables       map[string]any `json:"dynamic_variables,omitzero"`
	UserID                 string         `json:"user_id,omitempty"`
	SourceInfo             *SourceInfo    `json:"source_info,omitempty"`
	BranchID               string         `json:"branch_id,omitempty"`
	Environment            string         `json:"environment,omitempty"`
	StartingWorkflowNodeID string         `json:"starting_workflow_node_id,omitempty"`
	// ProcedureIDs are the procedures that the agent may use. Nil means all; an empty list means
	// none.
	ProcedureIDs   []string        `json:"procedure_ids,omitzero"`
	ToolMockConfig *ToolMockConfig `json:"tool_mock_config,omitempty"`
}

// SourceInfo names the program that started the conversation. The server accepts only the sources
// in a list of its own, which includes "unknown".
type SourceInfo struct {
	Source string `json:"source,omitempty"`
	// Version is the version of the program, of at most 50 characters.
	Version string `json:"version,omitempty"`
}

// ToolMockConfig makes the server invent tool results instead of calling tools, for tests of an
// agent.
type ToolMockConfig struct {
	// MockingStrategy says which tools are not called: "none" (the default), "all" or "selected".
	MockingStrategy string   `json:"mocking_strategy,omitempty"`
	MockedToolNames []string `json:"mocked_tool_names,omitzero"`
	// FallbackStrategy is "raise_error" (the default) or "call_real_tool".
	FallbackStrategy string `json:"fallback_strategy,omitempty"`
}

// A ConversationConfigOverride overrides some of an agent's settings. Nil and zero fields override
// nothing. A field whose zero value is a useful setting is a pointer. An empty slice overrides the
// setting; a nil slice does not.
type ConversationConfigOverride struct {
	Agent        *AgentOverride        `json:"agent,omitempty"`
	ASR          *ASROverride          `json:"asr,omitempty"`
	TTS          *TTSOverride          `json:"tts,omitempty"`
	Turn         *TurnOverride         `json:"turn,omitempty"`
	Conversation *ConversationOverride `json:"conversation,omitempty"`
}

// An AgentOverride overrides the agent's prompt, language and first message.
type AgentOverride struct {
	// FirstMessage is what the agent says first. If it is empty, the user speaks first.
	FirstMessage *string `json:"first_message,omitempty"`
	// Language is a language code, such as "en" or "pt-br".
	Language                       string          `json:"language,omitempty"`
	MaxConversationDurationMessage *string         `json:"max_conversation_duration_message,omitempty"`
	Prompt                         *PromptOverride `json:"prompt,omitempty"`
	// The JavaScript SDK has NativeMCPServerIDs in this object, although PromptOverride has the
	// same field.
	NativeMCPServerIDs []string `json:"native_mcp_server_ids,omitzero"`
}

// A PromptOverride overrides the LLM, its prompt, its tools and its documents.
type PromptOverride struct {
	Prompt             *string         `json:"prompt,omitempty"`
	LLM                string          `json:"llm,omitempty"`
	ToolIDs            []string        `json:"tool_ids,omitzero"`
	NativeMCPServerIDs []string        `json:"native_mcp_server_ids,omitzero"`
	KnowledgeBase      []KnowledgeBase `json:"knowledge_base,omitzero"`
}

// A KnowledgeBase names a document that the LLM may use.
type KnowledgeBase struct {
	Type string `json:"type"` // the type of the document: "file", "url", "text" or "folder"
	Name string `json:"name"`
	ID   string `json:"id"`
	// UsageMode says how the LLM uses the document: "auto" (the default) or "prompt".
	UsageMode string `json:"usage_mode,omitempty"`
}

// An ASROverride overrides settings of the speech recognition.
type ASROverride struct {
	// Keywords are words that speech recognition should expect from the user.
	Keywords []string `json:"keywords,omitzero"`
}

// A TTSOverride overrides settings of the agent's voice.
type TTSOverride struct {
	VoiceID string `json:"voice_id,omitempty"`
	ModelID string `json:"model_id,omitempty"`
	// Stability is a number from 0 to 1.
	Stability *float64 `json:"stability,omitempty"`
	// Speed 1 is the normal speed.
	Speed *float64 `json:"speed,omitempty"`
	// SimilarityBoost is a number from 0 to 1.
	SimilarityBoost                 *float64                         `json:"similarity_boost,omitempty"`
	PronunciationDictionaryLocators []PronunciationDictionaryLocator `json:"pronunciation_dictionary_locators,omitzero"`
}

// A PronunciationDictionaryLocator names one version of a pronunciation dictionary.
type PronunciationDictionaryLocator struct {
	DictionaryID string  `json:"pronunciation_dictionary_id"`
	VersionID    *string `json:"version_id"` // nil means the latest version
}

// A TurnOverride overrides settings about when the agent and when the user speaks.
type TurnOverride struct {
	SoftTimeout *SoftTimeoutOverride `json:"soft_timeout_config,omitempty"`
}

// A SoftTimeoutOverride overrides what the agent says when its LLM takes long to respond.
type SoftTimeoutOverride struct {
	Message            *string  `json:"message,omitempty"`
	AdditionalMessages []string `json:"additional_soft_timeout_messages,omitzero"`
}

// A ConversationOverride overrides whether the conversation has sound, how long it may last, and
// which events the server sends.
type ConversationOverride struct {
	TextOnly           *bool `json:"text_only,omitempty"`
	MaxDurationSeconds int   `json:"max_duration_seconds,omitempty"`
	// ClientEvents are the types of the events that the server sends.
	ClientEvents []string `json:"client_events,omitzero"`
}

// EnclaveSetupConfig sends the whole configuration of the agent to an orchestrator that the user
// runs. It is sent before ConversationInitiationClientData. The fields are those in conversation.py
// of ElevenLabs' Python SDK.
type EnclaveSetupConfig struct {
	// AgentConfig is a JSON object. If it is nil, null is sent, as for the lists below.
	AgentConfig               json.RawMessage   `json:"agent_config_dict"`
	OverrideAgentConfigs      []json.RawMessage `json:"override_agent_config_list"`
	ToolsConfigs              []json.RawMessage `json:"tools_config_list"`
	PromptKnowledgeBase       []string          `json:"prompt_knowledge_base"`
	TranscriptionWebhook      *PostCallWebhook  `json:"post_call_transcription_webhook,omitempty"`
	AudioWebhook              *PostCallWebhook  `json:"post_call_audio_webhook,omitempty"`
	LegacyTranscriptionWebURL string            `json:"post_call_transcription_webhook_url,omitempty"`
	LegacyAudioWebURL         string            `json:"post_call_audio_webhook_url,omitempty"`
}

// A PostCallWebhook is a URL that the server calls after a conversation.
type PostCallWebhook struct {
	URL        string `json:"url"`
	HMACSecret string `json:"hmac_secret,omitempty"`
}

func (*ConversationInitiationClientData) MessageType() string {
	return "conversation_initiation_client_data"
}
func (*EnclaveSetupConfig) MessageType() string { return "enclave_setup_config" }
