package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
)

// A Tool is one that an agent can call: what ElevenLabs was told about it.
type Tool struct {
	Type            string    `json:"type"` // "client" for those that Moonlark runs; "webhook", "system", "mcp", ...
	Name            string    `json:"name"`
	Description     string    `json:"description"`
	ResponseTimeout float64   `json:"response_timeout_secs"`
	ExpectsResponse bool      `json:"expects_response"` // else the agent does not wait, and never sees the result
	ErrorHandling   string    `json:"tool_error_handling_mode"`
	Parameters      *Schema   `json:"parameters"`
	Variables       Variables `json:"dynamic_variables"`
}

// Client says whether the tool is one that the client runs.
func (t *Tool) Client() bool { return t.Type == "client" }

// UnmarshalJSON fills in what the API leaves out.
func (t *Tool) UnmarshalJSON(text []byte) error {
	type plain Tool
	*t = Tool{ResponseTimeout: 20, ErrorHandling: "auto"}
	return decodePart(text, (*plain)(t))
}

// Tool reads a tool by its id. The error is an *Error, or the context's.
func (c *Client) Tool(ctx context.Context, id string) (*Tool, error) {
	var answer struct {
		Config *Tool `json:"tool_config"`
	}
	const gone = "the tool was deleted: take it out of the agent's tools"
	if err := c.get(ctx, "tool "+id, "/v1/convai/tools/"+url.PathEscape(id), nil, gone, &answer); err != nil {
		return nil, err
	}
	if answer.Config == nil {
		return nil, &Error{Op: "tool " + id, Text: "the answer has no tool_config"}
	}
	return answer.Config, nil
}

// A Schema is the shape of a parameter, in the dialect of JSON Schema that the
// API has for tools.
type Schema struct {
	Types       []string // one, or two of which one is "null"
	Description string
	Enum        []string
	Items       *Schema
	Properties  map[string]*Schema
	Required    []string

	Fixed    bool   // it is not the agent's LLM that chooses the value
	Variable string // the dynamic variable that has it then, if one does
	Omitted  bool   // it never comes
}

// UnmarshalJSON reads the schema as far as it makes sense.
func (s *Schema) UnmarshalJSON(text []byte) error {
	var wire struct {
		Type            json.RawMessage    `json:"type"`
		Description     string             `json:"description"`
		Enum            []any              `json:"enum"`
		Items           *Schema            `json:"items"`
		Properties      map[string]*Schema `json:"properties"`
		Required        []string           `json:"required"`
		DynamicVariable string             `json:"dynamic_variable"`
		System          bool               `json:"is_system_provided"`
		Constant        json.RawMessage    `json:"constant_value"`
		Omitted         bool               `json:"is_omitted"`
	}
	if err := decodePart(text, &wire); err != nil {
		return err
	}
	*s = Schema{
		Description: wire.Description,
		Items:       wire.Items,
		Properties:  wire.Properties,
		Required:    wire.Required,
		Omitted:     wire.Omitted,
	}
	var one string
	if json.Unmarshal(wire.Type, &one) == nil && one != "" {
		s.Types = []string{one}
	} else {
		json.Unmarshal(wire.Type, &s.Types)
	}
	for _, v := range wire.Enum {
		if text, ok := v.(string); ok {
			s.Enum = append(s.Enum, text)
		}
	}
	constant := string(bytes.TrimSpace(wire.Constant))
	s.Variable = wire.DynamicVariable
	s.Fixed = wire.DynamicVariable != "" || wire.System || constant != "" && constant != "null" && constant != `""`
	return nil
}

// Type is the type of the value, "" when it is not known.
func (s *Schema) Type() string {
	for _, t := range s.Types {
		if t != "null" {
			return t
		}
	}
	return ""
}

// Nullable says whether the value can be null.
func (s *Schema) Nullable() bool { return slices.Contains(s.Types, "null") }
