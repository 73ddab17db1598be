package connect

import (
	"moonlark/engine/agentsettings"
	"moonlark/engine/convai"
)

// Initiation returns the first message of a conversation with the settings s. The message contains
// only settings that are set, because the server closes a conversation that overrides a setting
// without the permission of the agent's configuration.
func Initiation(s agentsettings.Settings) *convai.ConversationInitiationClientData {
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
