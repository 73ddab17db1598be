package realtime

import (
	"fmt"
	"maps"

	"moonlark/engine/safetext"
)

// Speech holds the settings of a conversation that are about speech. A zero value means that the
// client has not set it.
type Speech struct {
	Voice    string   // name or id of a voice
	Language string   // such as "en" or "pt-br"
	Speed    *float64 // 1 is the normal speed
	Keywords []string // words to expect from the user
}

// Speech returns the settings of the conversation that are about speech.
func (s Start) Speech() (speech Speech) {
	if s.Settings == nil || s.Settings.Override == nil {
		return speech
	}
	o := s.Settings.Override
	if o.Agent != nil {
		speech.Language = o.Agent.Language
	}
	if o.TTS != nil {
		speech.Voice, speech.Speed = o.TTS.VoiceID, o.TTS.Speed
	}
	if o.ASR != nil {
		speech.Keywords = o.ASR.Keywords
	}
	return speech
}

// Model returns the model that the settings of the conversation ask for, or "".
func (s Start) Model() string {
	if s.Settings == nil {
		return ""
	}
	if o := s.Settings.Override; o != nil && o.Agent != nil && o.Agent.Prompt != nil {
		return o.Agent.Prompt.LLM
	}
	return ""
}

// SystemText returns the system text for the model. Unlike brain.Start.Instructions, it does not
// contain the first message, which is a part of the conversation.
func (s Start) SystemText() string {
	start := s.Start
	start.FirstMessage = ""
	return start.Instructions()
}

// Extra returns the fields that the client wants to add to the settings of the session. It leaves
// out the reserved fields, which clients of serve must not replace.
func (s Start) Extra(reserved ...string) map[string]any {
	if s.Settings == nil {
		return nil
	}
	extra := maps.Clone(s.Settings.CustomLLMExtraBody)
	for _, name := range reserved {
		delete(extra, name)
	}
	return extra
}

// Merge adds the fields of extra to object. If a field is an object in both, the objects are
// merged. If a field of extra is nil, the field is removed from object. Merge does not keep maps of
// extra.
func Merge(object, extra map[string]any) {
	for name, value := range extra {
		switch inner, isObject := value.(map[string]any); {
		case value == nil:
			delete(object, name)
		case isObject:
			merged, ok := object[name].(map[string]any)
			if !ok {
				merged = map[string]any{}
			}
			Merge(merged, inner)
			object[name] = merged
		default:
			object[name] = value
		}
	}
}

// CallNote returns the text that tells a model the result of a tool call that the model has made in
// an earlier session.
func CallNote(tool, result string) string {
	const maxResult = 500 // in bytes
	return fmt.Sprintf("(The tool %s, which you called earlier, has returned: %s)", tool, safetext.Cut(result, maxResult, "…"))
}
