package llm

import (
	"encoding/json"
	"strings"

	"moonlark/engine/safetext"
	"moonlark/engine/tool"
)

const (
	// maxDescription is the maximum length of a tool's description, in bytes, that OpenAI accepts.
	maxDescription = 1024
	// maxPhrases is the maximum length of the phrases in a tool's description, in bytes.
	maxPhrases = 200
)

// Parameters returns the JSON Schema of the tool's parameters, in a form that every known API
// accepts: an object with properties, also if the tool has none, and arrays that say what their
// items are. Limits that some APIs refuse, such as minimum and format, are in the descriptions.
func Parameters(spec *tool.Spec) json.RawMessage {
	s := spec.Parameters
	if s == nil {
		s = &tool.Schema{Type: "object"}
	}
	text, err := json.Marshal(portable(s))
	if err != nil { // a Schema has only texts and numbers, so this cannot happen
		return json.RawMessage(`{"type":"object","properties":{}}`)
	}
	return text
}

// portable returns a copy of s that has only fields that every known API accepts: the type, the
// description, the enum of a string, the items of an array, which each array gets, and the properties
// of an object. The description has the other limits in words.
func portable(s *tool.Schema) *tool.Schema {
	copied := &tool.Schema{Type: s.Type, Description: s.DescribeLimits(), Enum: s.Enum, Required: s.Required}
	switch {
	case s.Items != nil:
		copied.Items = portable(s.Items)
	case s.Type == "array":
		copied.Items = &tool.Schema{Type: "string"}
	}
	for _, p := range s.Properties {
		copied.Properties = append(copied.Properties, tool.Property{Name: p.Name, Schema: portable(p.Schema)})
	}
	return copied
}

// Description returns the description of the tool for the model. It has some of the tool's phrases
// as examples of what users say.
func Description(spec *tool.Spec) string {
	var phrases strings.Builder
	for _, p := range spec.Phrases {
		if phrases.Len()+len(p) > maxPhrases {
			break
		}
		if phrases.Len() > 0 {
			phrases.WriteString("; ")
		}
		phrases.WriteString(p)
	}
	text := spec.Description
	if phrases.Len() > 0 {
		text = strings.TrimRight(strings.TrimSpace(safetext.Cut(text, maxDescription-maxPhrases-20, "…")), ".")
		if text != "" {
			text += ". "
		}
		text += "Said like: " + phrases.String()
	}
	return safetext.Cut(text, maxDescription, "…")
}
