package toolexport

import (
	"encoding/json"

	"moonlark/engine/tool"
)

// dialect is the version of JSON Schema that the schemas are written in.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// schemaDocument returns one JSON Schema whose $defs have the parameters of each tool.
func schemaDocument(specs []*tool.Spec) any {
	definitions := map[string]any{}
	for _, spec := range specs {
		definitions[spec.Name] = describedSchema(spec)
	}
	return struct {
		Schema      string         `json:"$schema"`
		Definitions map[string]any `json:"$defs"`
	}{dialect, definitions}
}

// schemaFile returns the JSON Schema of the parameters of one tool.
func schemaFile(spec *tool.Spec) any {
	return withFields{[]field{{"$schema", dialect}, {"title", title(spec)}}, describedParameters(spec)}
}

// describedSchema returns the JSON Schema of the parameters of one tool, as a part of another schema.
func describedSchema(spec *tool.Spec) any {
	return withFields{[]field{{"title", title(spec)}}, describedParameters(spec)}
}

// describedParameters returns the parameters of the tool, with the description of the tool.
func describedParameters(spec *tool.Spec) *tool.Schema {
	schema := *parameters(spec)
	schema.Description = spec.Description
	return &schema
}

func title(spec *tool.Spec) string {
	if spec.Title != "" {
		return spec.Title
	}
	return spec.Name
}

// withFields is a schema with more fields in front of its own.
type withFields struct {
	fields []field
	schema *tool.Schema
}

type field struct{ name, value string }

// MarshalJSON implements [json.Marshaler].
func (w withFields) MarshalJSON() ([]byte, error) {
	text, err := w.schema.MarshalJSON()
	if err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for _, f := range w.fields {
		name, _ := json.Marshal(f.name) // strings can always be marshalled
		value, _ := json.Marshal(f.value)
		out = append(append(append(append(out, name...), ':'), value...), ',')
	}
	return append(out, text[1:]...), nil // a schema has at least the field type
}
