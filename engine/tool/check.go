package tool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"moonlark/engine/safetext"
)

// A Kind is one of the six kinds of JSON values.
type Kind uint8

const (
	Null Kind = iota // null, or a field that is missing
	Boolean
	Number
	String
	Array
	Object
)

// Values reads and replaces values of type V, for example Lua values, as if they were JSON values.
// With it, Fit can use the values where they are and need not convert them to JSON first.
type Values[V any] interface {
	Kind(V) Kind
	Text(V) string    // returns the text of a value of kind String
	Number(V) float64 // returns the number in a value of kind Number
	Len(V) int        // returns the length of a value of kind Array
	Item(V, int) V    // returns the array's item with this index, counted from 0
	// Field returns the object's field with this name. A missing field has the kind Null.
	Field(V, string) V
	Show(V) string // returns the value as JSON, for an error message

	SetItem(array V, i int, item V)          // replaces the array's item with the index i
	SetField(object V, name string, field V) // replaces the object's field with this name
	NewBoolean(bool) V                       // returns a new value of kind Boolean
	NewNumber(float64) V                     // returns a new value of kind Number
	NewString(string) V                      // returns a new value of kind String
	// Parse returns the value of a JSON text. It returns false if the text is not JSON.
	Parse(text string) (V, bool)
}

// Fit returns an error if the arguments of a tool call do not fit the parameters that the tool
// declares. The error is a sentence that tells the agent what to correct. args must be an object; for
// a call without arguments, an empty one. Fit accepts properties that the tool does not declare, and
// null for properties that are not required. A property that is missing and has a default gets the
// default.
//
// Agents sometimes send a value of the wrong type that can mean only one thing, such as "3" for an
// integer, "true" for a boolean, "[1,2]" for an array, or "Kitchen" where the enum has kitchen. Fit
// replaces such a value in args by the right one. For each replaced value, changes has a sentence for the log.
func Fit[V any](s *Spec, args V, values Values[V]) (changes []string, err error) {
	if values.Kind(args) != Object {
		return nil, fmt.Errorf("the arguments must be a JSON object, not %s", shorten(values.Show(args)))
	}
	if s.Parameters == nil {
		return nil, nil
	}
	f := fitter[V]{Values: values}
	err = f.fields("", args, s.Parameters)
	return f.changes, err
}

// CheckArguments returns the same error as Fit, for arguments that are JSON text. Empty text counts
// as null.
func (s *Spec) CheckArguments(args []byte) error {
	var v any
	if len(bytes.TrimSpace(args)) > 0 {
		if err := json.Unmarshal(args, &v); err != nil {
			return fmt.Errorf("the arguments are not JSON: %w", err)
		}
	}
	if v == nil {
		v = map[string]any{}
	}
	_, err := Fit(s, v, jsonValues{})
	return err
}

// CheckResult returns an error if the text of a result of the tool is not a JSON object that fits
// Returns. It returns nil if the tool does not declare its results.
func (s *Spec) CheckResult(text string) error {
	if s.Returns == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		v = text
	}
	if _, ok := v.(map[string]any); !ok {
		return fmt.Errorf("the result must be an object, not %s", shorten(jsonValues{}.Show(v)))
	}
	f := fitter[any]{Values: jsonValues{}, strict: true}
	return f.fields("", v, s.Returns)
}

// A fitter checks and replaces the arguments of one tool call.
type fitter[V any] struct {
	Values[V]
	strict  bool     // values are neither replaced nor given their defaults
	changes []string // a sentence for each value that was replaced
}

// value returns an error if v does not fit the schema s. path names v in the error, for example
// "rooms[2].name". If v must be replaced by another value, value calls replace with that value,
// unless the fitter is strict.
func (f *fitter[V]) value(path string, v V, s *Schema, replace func(V)) error {
	if right, ok := f.onlyMeaning(v, s); ok && !f.strict {
		f.changes = append(f.changes, fmt.Sprintf("%s is %s, taken as %s", path, shorten(f.Show(v)), shorten(f.Show(right))))
		replace(right)
		v = right
	}
	must := func(want string) error {
		return fmt.Errorf("%s must %s, not %s", path, want, shorten(f.Show(v)))
	}
	wrong := func(want string) error { return must("be " + want) }
	kind := f.Kind(v)
	switch s.Type {
	case "string":
		if kind != String {
			return wrong("a string")
		}
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, f.Text(v)) {
			return wrong("one of " + strings.Join(s.Enum, ", "))
		}
		if want := s.unfitText(f.Text(v)); want != "" {
			return must(want)
		}
	case "boolean":
		if kind != Boolean {
			return wrong("true or false")
		}
	case "number", "integer":
		if kind != Number {
			return wrong("a number")
		}
		x := f.Number(v)
		if s.Type == "integer" && x != math.Trunc(x) {
			return wrong("a whole number")
		}
		if want := s.unfitNumber(x); want != "" {
			return must(want)
		}
	case "array":
		if kind != Array {
			return wrong("an array")
		}
		if n := f.Len(v); outside(n, s.MinItems, s.MaxItems) {
			return fmt.Errorf("%s must have %s, not %d", path, have(s.MinItems, s.MaxItems, "item"), n)
		}
		for i := 0; s.Items != nil && i < f.Len(v); i++ {
			err := f.value(fmt.Sprintf("%s[%d]", path, i), f.Item(v, i), s.Items, func(item V) { f.SetItem(v, i, item) })
			if err != nil {
				return err
			}
		}
	case "object":
		if kind != Object {
			return wrong("an object")
		}
		return f.fields(path+".", v, s)
	}
	return nil
}

// fields returns an error if the fields of the object v do not fit the schema s. The error shows
// the name of the wrong field after prefix, for example "rooms[2]." and "name".
func (f *fitter[V]) fields(prefix string, v V, s *Schema) error {
	for _, name := range s.Required {
		if f.Kind(f.Field(v, name)) == Null {
			return missing(prefix, name, s)
		}
	}
	for _, p := range s.Properties {
		field := f.Field(v, p.Name)
		if f.Kind(field) == Null {
			var ok bool
			if p.Default == nil || f.strict {
				continue
			} else if field, ok = f.Parse(string(p.Default)); !ok {
				continue
			}
			f.SetField(v, p.Name, field)
		}
		err := f.value(prefix+p.Name, field, p.Schema, func(right V) { f.SetField(v, p.Name, right) })
		if err != nil {
			return err
		}
	}
	return nil
}

// onlyMeaning returns the value that v must mean, if v does not fit the schema s and only one other
// value can be meant. Otherwise it returns false.
func (f *fitter[V]) onlyMeaning(v V, s *Schema) (right V, ok bool) {
	switch kind := f.Kind(v); {
	case kind == String && (s.Type == "integer" || s.Type == "number"):
		x, err := strconv.ParseFloat(strings.TrimSpace(f.Text(v)), 64)
		decimal := !strings.ContainsAny(f.Text(v), "xXpP_iInN") // neither hexadecimal nor infinite
		if err != nil || !decimal || s.Type == "integer" && x != math.Trunc(x) {
			return right, false
		}
		return f.NewNumber(x), true
	case kind == String && (s.Type == "array" || s.Type == "object"):
		// some models send lists and objects as JSON in a string
		want := Array
		if s.Type == "object" {
			want = Object
		}
		parsed, ok := f.Parse(f.Text(v))
		return parsed, ok && f.Kind(parsed) == want
	case kind == String && s.Type == "boolean":
		switch strings.ToLower(strings.TrimSpace(f.Text(v))) {
		case "true":
			return f.NewBoolean(true), true
		case "false":
			return f.NewBoolean(false), true
		}
	case s.Type == "string" && len(s.Enum) > 0:
		var text string
		switch kind {
		case String:
			text = f.Text(v)
		case Number, Boolean:
			text = f.Show(v)
		default:
			return right, false
		}
		if kind == String && slices.Contains(s.Enum, text) {
			return right, false
		}
		text = strings.TrimSpace(text)
		found := -1
		for i, word := range s.Enum {
			if !strings.EqualFold(word, text) {
				continue
			}
			if found >= 0 {
				return right, false
			}
			found = i
		}
		if found >= 0 {
			return f.NewString(s.Enum[found]), true
		}
	}
	return right, false
}

// missing returns the error for the required property name of the schema s, which has no value. The
// error shows the name after prefix.
func missing(prefix, name string, s *Schema) error {
	return fmt.Errorf("%s%s is missing (%s)", prefix, name, s.Property(name).Describe())
}

// shorten cuts the text of a value to at most 60 bytes, so that it fits into an error message.
func shorten(text string) string { return safetext.Cut(text, 60, "…") }

// jsonValues implements Values for the Go values that encoding/json produces from JSON.
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

func (jsonValues) Text(v any) string                      { return v.(string) }
func (jsonValues) Number(v any) float64                   { return v.(float64) }
func (jsonValues) Len(v any) int                          { return len(v.([]any)) }
func (jsonValues) Item(v any, i int) any                  { return v.([]any)[i] }
func (jsonValues) Field(v any, name string) any           { return v.(map[string]any)[name] }
func (jsonValues) SetField(v any, name string, field any) { v.(map[string]any)[name] = field }
func (jsonValues) SetItem(v any, i int, item any)         { v.([]any)[i] = item }
func (jsonValues) NewBoolean(b bool) any                  { return b }
func (jsonValues) NewNumber(x float64) any                { return x }
func (jsonValues) NewString(s string) any                 { return s }
func (jsonValues) Parse(text string) (v any, ok bool) {
	err := json.Unmarshal([]byte(text), &v)
	return v, err == nil
}

func (jsonValues) Show(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
