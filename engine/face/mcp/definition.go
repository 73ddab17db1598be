package mcp

import (
	"encoding/json"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/tool"
)

// definition returns the tool as clients see it.
func definition(spec *tool.Spec) *sdk.Tool {
	t := &sdk.Tool{
		Name: spec.Name, Title: spec.Title, Description: spec.Description,
		InputSchema: inputSchema(spec),
	}
	if spec.Returns != nil {
		t.OutputSchema = schemaText(spec.Returns)
	}
	if spec.Title != "" || spec.Hints != nil {
		t.Annotations = &sdk.ToolAnnotations{Title: spec.Title} // for clients that do not know the title of the tool itself
	}
	if h := spec.Hints; h != nil {
		// all four, because clients do not agree on the meaning of a missing hint
		t.Annotations.ReadOnlyHint, t.Annotations.DestructiveHint = h.ReadOnly, new(h.Destructive)
		t.Annotations.IdempotentHint, t.Annotations.OpenWorldHint = h.Idempotent, new(h.OpenWorld)
	}
	return t
}

// inputSchema returns the schema of the tool's arguments. Clients want an object even if the tool
// declares none.
func inputSchema(spec *tool.Spec) json.RawMessage {
	if spec.Parameters == nil {
		return json.RawMessage(`{"type":"object","properties":{}}`)
	}
	return schemaText(spec.Parameters)
}

// schemaText returns the schema as JSON Schema. An array without a schema of its items gets one that
// allows any item, because some clients refuse a tool without one.
func schemaText(s *tool.Schema) json.RawMessage {
	text, err := json.Marshal(withItems(s))
	if err != nil { // cannot happen: a schema has only strings, numbers and JSON
		panic(err)
	}
	return text
}

// withItems returns a copy of the schema in which all arrays have a schema of their items.
func withItems(s *tool.Schema) *tool.Schema {
	c := *s
	if s.Type == "array" {
		c.Items = &tool.Schema{}
		if s.Items != nil {
			c.Items = withItems(s.Items)
		}
	}
	c.Properties = nil
	for _, p := range s.Properties {
		c.Properties = append(c.Properties, tool.Property{Name: p.Name, Schema: withItems(p.Schema)})
	}
	return &c
}
