package tool

import (
	"bytes"
	"encoding/json"
	"regexp"
)

// A Schema describes the values that a parameter may have. It has the part of JSON Schema that is
// useful for the parameters of tools. Its JSON form is plain JSON Schema; what an agent or a language
// model gets is often less, because not all of them accept the limits.
type Schema struct {
	Type        string // one of the words in Types; empty allows any value
	Description string

	Enum                 []string       // for a string: the allowed texts; empty allows any text
	Format               string         // for a string: one of the words in Formats; empty allows any text
	Pattern              *regexp.Regexp // for a string: a part of the text must match; nil allows any text
	MinLength, MaxLength *int           // for a string: the allowed number of characters; nil means no limit

	Numbers          []float64 // for a number or integer: the allowed values; empty allows any value
	Minimum, Maximum *float64  // for a number or integer: the smallest and largest allowed value; nil means no limit

	Items              *Schema // for an array: the schema of each item; nil allows any items
	MinItems, MaxItems *int    // for an array: the allowed number of items; nil means no limit

	// Properties are the properties of an object, in the order in which the script lists them.
	Properties []Property
	Required   []string // for an object: the names of the properties that a call must set

	// Default is the value, as JSON, that a property has if a call does not set it. Nil means none.
	Default json.RawMessage
}

// A Property is one property of an object: its name and the schema of its value.
type Property struct {
	Name string
	*Schema
}

// Types lists the values that the field Type of a Schema can have.
var Types = []string{"string", "number", "integer", "boolean", "object", "array"}

// Property returns the schema of the property with this name, or nil if there is none.
func (s *Schema) Property(name string) *Schema {
	for _, p := range s.Properties {
		if p.Name == name {
			return p.Schema
		}
	}
	return nil
}

// MarshalJSON returns the schema as JSON Schema. The properties keep their order.
func (s *Schema) MarshalJSON() ([]byte, error) {
	o := objectWriter{buf: []byte{'{'}}
	o.field("type", s.Type, s.Type != "")
	o.field("description", s.Description, s.Description != "")
	if len(s.Numbers) > 0 {
		o.field("enum", s.Numbers, true)
	} else {
		o.field("enum", s.Enum, len(s.Enum) > 0)
	}
	o.field("format", s.Format, s.Format != "")
	if s.Pattern != nil {
		o.field("pattern", s.Pattern.String(), true)
	}
	o.field("minLength", s.MinLength, s.MinLength != nil)
	o.field("maxLength", s.MaxLength, s.MaxLength != nil)
	o.field("minimum", s.Minimum, s.Minimum != nil)
	o.field("maximum", s.Maximum, s.Maximum != nil)
	o.field("items", s.Items, s.Items != nil)
	o.field("minItems", s.MinItems, s.MinItems != nil)
	o.field("maxItems", s.MaxItems, s.MaxItems != nil)
	if s.Type == "object" {
		o.field("properties", properties(s.Properties), true)
		o.field("required", s.Required, len(s.Required) > 0)
	}
	o.field("default", s.Default, s.Default != nil)
	return append(o.buf, '}'), o.err
}

// properties marshals a list of properties as one JSON object. The object's fields have the order
// of the list.
type properties []Property

func (ps properties) MarshalJSON() ([]byte, error) {
	o := objectWriter{buf: []byte{'{'}}
	for _, p := range ps {
		o.field(p.Name, p.Schema, true)
	}
	return append(o.buf, '}'), o.err
}

// An objectWriter writes the fields of one JSON object.
type objectWriter struct {
	buf []byte // the object so far, with its opening brace
	err error  // the first error; nothing more is written then
}

// field writes a field of the object, if present is true. Unlike json.Marshal, it writes the
// characters <, > and & as they are.
func (o *objectWriter) field(name string, value any, present bool) {
	if !present || o.err != nil {
		return
	}
	if len(o.buf) > 1 {
		o.buf = append(o.buf, ',')
	}
	for i, v := range []any{name, value} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if o.err = e.Encode(v); o.err != nil {
			return
		}
		if i == 1 {
			o.buf = append(o.buf, ':')
		}
		o.buf = append(o.buf, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
	}
}
