package brain

import (
	"fmt"
	"strings"

	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

const (
	defaultPrompt = "You are a helpful assistant."

	// SpokenRules and TextRules tell a language model how to answer, if its answers are spoken and
	// if they are written.
	SpokenRules = "What you answer is spoken aloud. Answer in one or two short sentences of plain text, without markdown, lists, emoji or links."
	TextRules   = "Answer briefly, in plain text without markdown."

	toolRules = "To do something or to look something up, call a tool. Never say that you have done something unless a tool has done it."
)

// ModelGreeting is the text with which a language model opens a conversation, if the settings of
// the agent contain no first message.
const ModelGreeting = "Hello! How can I help?"

// Instructions returns the system text for a language model: the prompt, the rules and the
// language. It does not change during the conversation, so that the server's prompt cache stays
// valid.
func (s Start) Instructions() string {
	prompt, rules, language := defaultPrompt, SpokenRules, ""
	var settings convai.ConversationInitiationClientData
	if s.Settings != nil {
		settings = *s.Settings
	}
	if o := settings.Override; o != nil {
		if o.Agent != nil {
			language = o.Agent.Language
			if o.Agent.Prompt != nil && o.Agent.Prompt.Prompt != nil {
				prompt = *o.Agent.Prompt.Prompt
			}
		}
		if o.Conversation != nil && o.Conversation.TextOnly != nil && *o.Conversation.TextOnly {
			rules = TextRules
		}
	}
	lines := []string{fillIn(prompt, settings.DynamicVariables), rules, toolRules}
	if language != "" {
		lines = append(lines, fmt.Sprintf("Speak the language with the code %q.", language))
	}
	if s.FirstMessage != "" {
		lines = append(lines, fmt.Sprintf("You have opened the conversation with the words: %q", s.FirstMessage))
	}
	return strings.Join(lines, "\n\n")
}

// fillIn replaces {{name}} in a prompt by the dynamic variable of that name, as ElevenLabs does.
func fillIn(prompt string, variables map[string]any) string {
	var pairs []string
	for name, value := range variables {
		pairs = append(pairs, "{{"+name+"}}", fmt.Sprint(value))
	}
	return strings.NewReplacer(pairs...).Replace(prompt)
}

// EndCall is the tool with which a language model ends the conversation, as ElevenLabs names it.
var EndCall = &tool.Spec{
	Name:        convai.EndCall,
	Description: "Ends the conversation. Call it when the user says goodbye, after you have said goodbye.",
}

// WithEndCall returns the tools and EndCall, unless a script has a tool of that name.
func WithEndCall(tools []*tool.Spec) []*tool.Spec {
	for _, spec := range tools {
		if spec.Name == EndCall.Name {
			return tools
		}
	}
	return append(tools[:len(tools):len(tools)], EndCall)
}
