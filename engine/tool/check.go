package tool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Kind is one of the six that JSON has.
type Kind uint8

const (
	Null Kind = iota // also what is not there
	Boolean
	Number
	String
	Array
	Object
)

// Values reads values of some other representation as JSON values, so that
// they can be checked as they are. Text, Number, Len, Item and Field are only
// asked of a value of the kind that has them; Field of one that is not there
// has kind Null.
type Values[V any] interface {
	Kind(V) Kind
	Text(V) string
	Number(V) float64
	Len(V) int
	Item(V, int) V // from 0
	Field(V, string) V
	Show(V) string // for a person, as JSON
}

// Check says what is wrong with the arguments of a call, in a sentence that an
// agent can act on, or nil. They must be an object, or null for none.
// Properties that the tool does not declare are left alone, and so is a null
// where the property is not required.
func Check[V any](s *Spec, args V, read Values[V]) error {
	switch read.Kind(args) {
	case Object:
	case Null:
		if s.Parameters != nil && len(s.Parameters.Required) > 0 {
			return missing("", s.Parameters.Required[0], s.Parameters)
		}
		return nil
	default:
		return fmt.Errorf("the arguments must be a JSON object, not %s", short(read.Show(args)))
	}
	if s.Parameters == nil {
		return nil
	}
	c := checker[V]{read}
	return c.fields("", args, s.Parameters)
}

// CheckArguments is Check for the JSON text of a call's arguments; nothing
// counts as null.
func (s *Spec) CheckArguments(args []byte) error {
	var v any
	if len(bytes.TrimSpace(args)) > 0 {
		if err := json.Unmarshal(args, &v); err != nil {
			return fmt.Errorf("the arguments are not JSON: %w", err)
		}
	}
	return Check(s, v, jsonValues{})
}

type checker[V any] struct{ read Values[V] }

// value compares v, which is called at, with the schema.
func (c checker[V]) value(at string, v V, s *Schema) error {
	wrong := func(want string) error {
		return fmt.Errorf("%s must be %s, not %s", at, want, short(c.read.Show(v)))
	}
	kind := c.read.Kind(v)
	switch s.Type {
	case "string":
		if kind != String {
			return wrong("a string")
		}
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, c.read.Text(v)) {
			return wrong("one of " + strings.Join(s.Enum, ", "))
		}
	case "boolean":
		if kind != Boolean {
			return wrong("true or false")
		}
	case "number", "integer":
		if kind != Number {
			return wrong("a number")
		}
		if x := c.read.Number(v); s.Type == "integer" && x != math.Trunc(x) {
			return wrong("a whole number")
		}
	case "array":
		if kind != Array {
			return wrong("an array")
		}
		for i := 0; s.Items != nil && i < c.read.Len(v); i++ {
			if err := c.value(fmt.Sprintf("%s[%d]", at, i), c.read.Item(v, i), s.Items); err != nil {
				return err
			}
		}
	case "object":
		if kind != Object {
			return wrong("an object")
		}
		return c.fields(at+".", v, s)
	}
	return nil
}

// fields compares an object with its schema. prefix is what its fields' names
// begin with in an error.
func (c checker[V]) fields(prefix string, v V, s *Schema) error {
	for _, name := range s.Required {
		if c.read.Kind(c.read.Field(v, name)) == Null {
			return missing(prefix, name, s)
		}
	}
	for _, p := range s.Properties {
		field := c.read.Field(v, p.Name)
		if c.read.Kind(field) == Null {
			continue
		}
		if err := c.value(prefix+p.Name, field, p.Schema); err != nil {
			return err
		}
	}
	return nil
}

func missing(prefix, name string, s *Schema) error {
	return fmt.Errorf("%s%s is missing (%s)", prefix, name, s.Property(name).Describe())
}

func short(text string) string {
	const most = 60
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// jsonValues reads what encoding/json makes of JSON.
type jsonValues struct{}

func (jsonValues) Kind(v any) Kind {
	switch v.(type) {
	case bool:
		return Boolean
	case float64:
		return Number
	case string:
		return String
	case []any:
		return Array
	case map[string]any:
		return Object
	}
	return Null
}

func (jsonValues) Text(v any) string            { return v.(string) }
func (jsonValues) Number(v any) float64         { return v.(float64) }
func (jsonValues) Len(v any) int                { return len(v.([]any)) }
func (jsonValues) Item(v any, i int) any        { return v.([]any)[i] }
func (jsonValues) Field(v any, name string) any { return v.(map[string]any)[name] }
func (jsonValues) Show(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
