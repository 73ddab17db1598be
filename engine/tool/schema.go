package tool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
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

// CheckArguments says what is wrong with the arguments of a call, in a
// sentence that an agent can act on, or nil. They must be a JSON object, or
// null or nothing for none. Properties that the tool does not declare are left
// alone, and so is a null where the property is not required.
func (s *Spec) CheckArguments(args []byte) error {
	args = bytes.TrimSpace(args)
	if len(args) == 0 || string(args) == "null" {
		args = []byte("{}")
	}
	if args[0] != '{' {
		return fmt.Errorf("the arguments must be a JSON object, not %s", short(args))
	}
	if s.Parameters == nil {
		return nil
	}
	return s.Parameters.check("", args)
}

// check compares value, which is called at ("" for the arguments themselves),
// with the schema.
func (s *Schema) check(at string, value json.RawMessage) error {
	wrong := func(want string) error {
		return fmt.Errorf("%s must be %s, not %s", at, want, short(value))
	}
	switch s.Type {
	case "string":
		var text string
		if kind(value) != '"' || json.Unmarshal(value, &text) != nil {
			return wrong("a string")
		}
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
			return wrong("one of " + strings.Join(s.Enum, ", "))
		}
	case "boolean":
		if k := kind(value); k != 't' && k != 'f' {
			return wrong("true or false")
		}
	case "number", "integer":
		var x float64
		if kind(value) != '0' || json.Unmarshal(value, &x) != nil {
			return wrong("a number")
		}
		if s.Type == "integer" && x != math.Trunc(x) {
			return wrong("a whole number")
		}
	case "array":
		var items []json.RawMessage
		if kind(value) != '[' || json.Unmarshal(value, &items) != nil {
			return wrong("an array")
		}
		for i, item := range items {
			if s.Items == nil {
				break
			}
			if err := s.Items.check(fmt.Sprintf("%s[%d]", at, i), item); err != nil {
				return err
			}
		}
	case "object":
		var fields map[string]json.RawMessage
		if kind(value) != '{' || json.Unmarshal(value, &fields) != nil {
			return wrong("an object")
		}
		return s.checkFields(at, fields)
	}
	return nil
}

func (s *Schema) checkFields(at string, fields map[string]json.RawMessage) error {
	if at != "" {
		at += "."
	}
	for _, name := range s.Required {
		if value, ok := fields[name]; !ok || kind(value) == 'n' {
			return fmt.Errorf("%s%s is missing (%s)", at, name, s.Property(name).Describe())
		}
	}
	for _, p := range s.Properties {
		value, ok := fields[p.Name]
		if !ok || kind(value) == 'n' {
			continue
		}
		if err := p.check(at+p.Name, value); err != nil {
			return err
		}
	}
	return nil
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

// kind is the first letter of a JSON value, with 0 for every number.
func kind(value []byte) byte {
	value = bytes.TrimLeft(value, " \t\r\n")
	if len(value) == 0 {
		return 0
	}
	if c := value[0]; c != '-' && (c < '0' || c > '9') {
		return c
	}
	return '0'
}

func short(value []byte) string {
	const most = 60
	if len(value) > most {
		return strings.ToValidUTF8(string(value[:most]), "") + "…"
	}
	return string(value)
}
