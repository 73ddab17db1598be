package llmtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// toolName is the form of the names of tools.
var toolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// decodeStrictly decodes JSON into value. A field that value does not have is an error.
func decodeStrictly(data []byte, value any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(value)
}

// checkFields returns an error if the body has a field that is not known.
func checkFields(b Body, known string) error {
	for name := range b.Fields {
		if !slices.Contains(strings.Fields(known), name) {
			return fmt.Errorf("unknown field %s", name)
		}
	}
	if b.Model == "" {
		return fmt.Errorf("no model")
	}
	return nil
}

// checkSchema returns an error if the schema of a tool's parameters is not an object.
func checkSchema(name string, schema json.RawMessage) error {
	var s struct {
		Type       string
		Properties map[string]any
	}
	if err := json.Unmarshal(schema, &s); err != nil || s.Type != "object" || s.Properties == nil {
		return fmt.Errorf("tool %s: schema %s", name, schema)
	}
	if !toolName.MatchString(name) {
		return fmt.Errorf("tool %q: wrong name", name)
	}
	return nil
}

// isObject reports whether JSON is an object.
func isObject(data []byte) bool {
	var object map[string]any
	return json.Unmarshal(data, &object) == nil && object != nil
}
