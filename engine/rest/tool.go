package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
)

// A Tool is the definition of a tool that an agent can call, as ElevenLabs stores it.
type Tool struct {
	// Type is "client" for tools that Moonlark runs. Other types are "webhook", "system" and "mcp".
	Type            string  `json:"type"`
	Name            string  `json:"name"`
	Description     string  `json:"description"`
	ResponseTimeout float64 `json:"response_timeout_secs"`
	// ExpectsResponse says whether the agent waits for the result. If not, the agent never sees the
	// result.
	ExpectsResponse bool      `json:"expects_response"`
	ErrorHandling   string    `json:"tool_error_handling_mode"`
	Parameters      *Schema   `json:"parameters"`
	Variables       Variables `json:"dynamic_variables"`
}

// Client reports whether t is a client tool, which Moonlark runs.
func (t *Tool) Client() bool { return t.Type == "client" }

// UnmarshalJSON decodes the tool from JSON. Missing fields get the API's defaults.
func (t *Tool) UnmarshalJSON(text []byte) error {
	type plain Tool
	*t = Tool{ResponseTimeout: 20, ErrorHandling: "auto"}
	return decodePart(text, (*plain)(t))
}

// Tool requests the definition of the tool with this id. If the request fails, the error is an
// *Error or the cause of ctx.
func (c *Client) Tool(ctx context.Context, id string) (*Tool, error) {
	var answer struct {
		Config *Tool `json:"tool_config"`
	}
	const notFound = "the tool was deleted: remove it from the agent's tools"
	if err := c.get(ctx, "tool "+id, "/v1/convai/tools/"+url.PathEscape(id), nil, notFound, &answer); err != nil {
		return nil, err
	}
	if answer.Config == nil {
		return nil, &Error{Op: "tool " + id, Text: "the answer has no tool_config"}
	}
	return answer.Config, nil
}

// A Schema describes the values that a parameter may have. It is the variant of JSON Schema that
// the API uses for tools.
type Schema struct {
	Types       []string // the type of the value, and also "null" if the value may be null
	Description string
	Enum        []string
	Items       *Schema
	Properties  map[string]*Schema
	Required    []string

	Fixed    bool   // whether the agent's settings determine the value instead of its LLM
	Variable string // the dynamic variable whose value the parameter gets; may be empty
	Omitted  bool   // whether the agent never sends the parameter
}

// UnmarshalJSON decodes the schema from JSON. It ignores fields of an unexpected type.
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

// Type returns the type of the value, such as "string", or "" if the type is not known.
func (s *Schema) Type() string {
	for _, t := range s.Types {
		if t != "null" {
			return t
		}
	}
	return ""
}

// Nullable reports whether the value may be null.
func (s *Schema) Nullable() bool { return slices.Contains(s.Types, "null") }
