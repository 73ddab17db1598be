package tool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// A Schema says what shape a value has, in the part of JSON Schema that the
// ElevenLabs API takes for client tools: objects, arrays and four literals,
// with enums of strings only.
type Schema struct {
	Type        string // "string", "number", "integer", "boolean", "object", "array"
	Description string
	Enum        []string   // of a string: the values it may have; empty means any
	Items       *Schema    // of an array
	Properties  []Property // of an object, in the order the script wrote them
	Required    []string   // of an object: the properties a call must have
}

// A Property is one named value of an object.
type Property struct {
	Name string
	*Schema
}

// Types are the words a Schema's Type can be.
var Types = []string{"string", "number", "integer", "boolean", "object", "array"}

// Property finds a property of an object by name, nil when there is none.
func (s *Schema) Property(name string) *Schema {
	for _, p := range s.Properties {
		if p.Name == name {
			return p.Schema
		}
	}
	return nil
}

// MarshalJSON writes the schema as the ElevenLabs API takes it, its properties
// in their order.
func (s *Schema) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	sep := byte('{')
	field := func(key string, value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		b.WriteByte(sep)
		sep = ','
		fmt.Fprintf(&b, "%q:%s", key, text)
		return nil
	}
	err := field("type", s.Type)
	if err == nil && s.Description != "" {
		err = field("description", s.Description)
	}
	if err == nil && len(s.Enum) > 0 {
		err = field("enum", s.Enum)
	}
	if err == nil && s.Items != nil {
		err = field("items", s.Items)
	}
	if err == nil && s.Type == "object" {
		if err = field("properties", properties(s.Properties)); err == nil && len(s.Required) > 0 {
			err = field("required", s.Required)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), err
}

// properties marshals as an object in the order of the list.
type properties []Property

func (ps properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(p.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.Schema)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Describe says in a few words what the value may be: "one of kitchen, hall",
// "boolean", "number: degrees".
func (s *Schema) Describe() string {
	if s == nil {
		return "any value"
	}
	text := s.Type
	if len(s.Enum) > 0 {
		text = "one of " + strings.Join(s.Enum, ", ")
	}
	if s.Description != "" {
		text += ": " + s.Description
	}
	return text
}
