package mcpclient

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"moonlark/engine/safetext"
	"moonlark/engine/tool"
)

const (
	maxDepth      = 8   // of a schema
	maxProperties = 200 // of a schema, in all
	maxEnum       = 100 // values of an enum
	maxOriginal   = 300 // bytes of a schema that are shown in a description
	maxPattern    = 200 // bytes of a pattern
	maxReferences = 10  // references that follow each other
)

// A converter converts a JSON Schema by a stranger to that of package tool.
type converter struct {
	root       map[string]any
	properties int // number of properties so far
}

// convertParameters returns the parameters of a tool with this input schema, and the names of those
// that may be null: the value says whether the server requires them.
func convertParameters(schema any) (parameters *tool.Schema, nullable map[string]bool) {
	root, _ := schema.(map[string]any)
	c := &converter{root: root}
	parameters = &tool.Schema{Type: "object"}
	nullable = make(map[string]bool)
	root, _, _ = c.resolve(root)
	c.addProperties(parameters, root, 1, nullable)
	return parameters, nullable
}

// addProperties adds the properties of the schema from. nullable gets those that may be null; it may
// be nil.
func (c *converter) addProperties(to *tool.Schema, from map[string]any, depth int, nullable map[string]bool) {
	described, _ := from["properties"].(map[string]any)
	required := texts(from["required"])
	for _, name := range propertyOrder(described, required) {
		if c.properties++; c.properties > maxProperties {
			return
		}
		if name != safetext.Line(name) || name == "" || len(name) > 64 {
			continue
		}
		original, _ := described[name].(map[string]any)
		s, isNullable := c.schema(original, depth)
		isRequired := slices.Contains(required, name)
		if isNullable && nullable != nil {
			nullable[name] = isRequired
		}
		if isRequired && !isNullable {
			to.Required = append(to.Required, name)
		}
		to.Properties = append(to.Properties, tool.Property{Name: name, Schema: s})
	}
}

// propertyOrder returns the names of properties: first those that are required, in their order, and
// then the others, sorted.
func propertyOrder(properties map[string]any, required []string) []string {
	var names []string
	seen := make(map[string]bool, len(properties))
	for _, name := range slices.Concat(required, slices.Sorted(maps.Keys(properties))) {
		if _, ok := properties[name]; ok && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// schema converts a schema. isNullable says that the value may also be null.
func (c *converter) schema(original map[string]any, depth int) (s *tool.Schema, isNullable bool) {
	from, isNullable, exact := c.resolve(original)
	s = &tool.Schema{}
	kind, isNull, single := typeOf(from)
	isNullable = isNullable || isNull
	s.Type = kind
	exact = exact && single
	description, _ := from["description"].(string)
	if own, ok := original["description"].(string); ok {
		description = own
	}
	s.Description = cleanText(description)
	switch {
	case depth >= maxDepth && (kind == "object" || kind == "array"):
		exact = false
	case kind == "object":
		c.addProperties(s, from, depth+1, nil)
		if _, ok := from["properties"]; !ok && len(from) > 0 {
			_, hasRules := from["additionalProperties"].(map[string]any)
			exact = exact && !hasRules
		}
	case kind == "array":
		exact = c.addItems(s, from, depth+1) && exact
	case kind == "string":
		exact = addTextLimits(s, from) && exact
	case kind == "number" || kind == "integer":
		exact = addNumberLimits(s, from) && exact
	}
	if !exact && len(original) > 0 {
		s.Description = withOriginal(s.Description, original)
	}
	addDefault(s, from)
	return s, isNullable
}

// resolve follows the references of a schema into the same document, and takes the only choice out of
// an anyOf, oneOf or allOf. isNullable says that one of the choices is null. exact is false if
// something got lost.
func (c *converter) resolve(s map[string]any) (resolved map[string]any, isNullable, exact bool) {
	exact = true
	for range maxReferences {
		if reference, ok := s["$ref"].(string); ok {
			if s = c.find(reference); s == nil {
				return map[string]any{}, isNullable, false
			}
			continue
		}
		choices, isAll := choicesOf(s)
		if choices == nil {
			return s, isNullable, exact
		}
		var rest []map[string]any
		for _, choice := range choices {
			choice, _ := choice.(map[string]any)
			if choice["type"] == "null" {
				isNullable = true
			} else if choice != nil {
				rest = append(rest, choice)
			}
		}
		switch {
		case len(rest) == 1 && (!isAll || !isNullable):
			s = rest[0]
		case enumOf(rest) != nil:
			return map[string]any{"type": "string", "enum": enumOf(rest)}, isNullable, exact
		case len(rest) > 0 && s["type"] == nil:
			s, exact = rest[0], false
		default:
			return s, isNullable, false
		}
	}
	return map[string]any{}, isNullable, false
}

// choicesOf returns the choices of an anyOf or oneOf, or the parts of an allOf. It returns nil if
// there are none.
func choicesOf(s map[string]any) (choices []any, isAll bool) {
	for _, word := range []string{"anyOf", "oneOf", "allOf"} {
		if choices, ok := s[word].([]any); ok && len(choices) > 0 {
			return choices, word == "allOf"
		}
	}
	return nil, false
}

// enumOf returns the values of choices that are all constant strings, or nil.
func enumOf(choices []map[string]any) []any {
	var values []any
	for _, choice := range choices {
		text, ok := choice["const"].(string)
		if !ok {
			return nil
		}
		values = append(values, text)
	}
	return values
}

// find returns the schema that a reference such as "#/$defs/room" names, or nil. A reference to
// another document is never followed.
func (c *converter) find(reference string) map[string]any {
	path, ok := strings.CutPrefix(reference, "#/")
	if !ok {
		return nil
	}
	at := c.root
	for name := range strings.SplitSeq(path, "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		if at, ok = at[name].(map[string]any); !ok {
			return nil
		}
	}
	return at
}

// typeOf returns the type of a schema, one of tool.Types. isNull says that the value may also be
// null. single is false if the schema allows other types too.
func typeOf(s map[string]any) (kind string, isNull, single bool) {
	var kinds []string
	switch t := s["type"].(type) {
	case string:
		kinds = []string{t}
	case []any:
		for _, v := range t {
			if text, ok := v.(string); ok {
				kinds = append(kinds, text)
			}
		}
	}
	isNull = slices.Contains(kinds, "null")
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return !slices.Contains(tool.Types, kind) })
	if len(kinds) > 0 {
		return kinds[0], isNull, len(kinds) == 1
	}
	switch {
	case s["properties"] != nil:
		return "object", isNull, true
	case s["items"] != nil:
		return "array", isNull, true
	case len(texts(s["enum"])) > 0:
		return "string", isNull, true
	}
	if _, ok := s["const"].(string); ok {
		return "string", isNull, true
	}
	return "string", isNull, false
}

func (c *converter) addItems(s *tool.Schema, from map[string]any, depth int) (exact bool) {
	s.MinItems, s.MaxItems = wholeLimit(from["minItems"]), wholeLimit(from["maxItems"])
	exact = from["prefixItems"] == nil
	if items, ok := from["items"].(map[string]any); ok && len(items) > 0 {
		s.Items, _ = c.schema(items, depth)
	}
	if s.CheckLimits() != nil {
		s.MinItems, s.MaxItems = nil, nil
	}
	return exact
}

func addTextLimits(s *tool.Schema, from map[string]any) (exact bool) {
	exact = true
	if values, ok := from["enum"].([]any); ok {
		s.Enum = texts(values)
		if len(s.Enum) != len(values) || len(s.Enum) > maxEnum {
			s.Enum, exact = nil, false
		}
	}
	if text, ok := from["const"].(string); ok {
		s.Enum = []string{text}
	}
	s.MinLength, s.MaxLength = wholeLimit(from["minLength"]), wholeLimit(from["maxLength"])
	if format, ok := from["format"].(string); ok && slices.Contains(tool.Formats(), format) {
		s.Format = format
	}
	if pattern, ok := from["pattern"].(string); ok && len(pattern) <= maxPattern {
		s.Pattern, _ = regexp.Compile(pattern) // the server checks those that Go does not know
		exact = exact && s.Pattern != nil
	}
	if s.CheckLimits() != nil { // the server knows what it means
		s.MinLength, s.MaxLength, s.Pattern, s.Format, exact = nil, nil, nil, "", false
	}
	return exact
}

func addNumberLimits(s *tool.Schema, from map[string]any) (exact bool) {
	exact = true
	if values, ok := from["enum"].([]any); ok && len(values) <= maxEnum {
		for _, v := range values {
			if x, ok := v.(float64); ok {
				s.Numbers = append(s.Numbers, x)
			}
		}
		if len(s.Numbers) != len(values) {
			s.Numbers, exact = nil, false
		}
	}
	s.Minimum, s.Maximum = numberLimit(from["minimum"]), numberLimit(from["maximum"])
	for _, word := range []string{"exclusiveMinimum", "exclusiveMaximum", "multipleOf"} {
		exact = exact && from[word] == nil
	}
	if s.CheckLimits() != nil {
		s.Minimum, s.Maximum, s.Numbers, exact = nil, nil, nil, false
	}
	return exact
}

// addDefault sets the default, if it fits the schema and is not long.
func addDefault(s *tool.Schema, from map[string]any) {
	v, ok := from["default"]
	if !ok || v == nil {
		return
	}
	text, err := json.Marshal(v)
	if err != nil || len(text) > maxOriginal {
		return
	}
	s.Default = text
	if s.CheckLimits() != nil {
		s.Default = nil
	}
}

// withOriginal returns a description, followed by the JSON of the schema that it describes.
func withOriginal(description string, original map[string]any) string {
	rest := maps.Clone(original)
	delete(rest, "description")
	if len(rest) == 0 {
		return description
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(rest); err != nil {
		return description
	}
	return strings.TrimSpace(description + " JSON Schema: " + safetext.Cut(safetext.Line(text.String()), maxOriginal, "…"))
}

// texts returns the strings in a list.
func texts(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, item := range list {
		if text, ok := item.(string); ok && text == safetext.Line(text) {
			all = append(all, text)
		}
	}
	return all
}

func wholeLimit(v any) *int {
	x, ok := v.(float64)
	if !ok || x < 0 || x != math.Trunc(x) || x > 1<<30 {
		return nil
	}
	return new(int(x))
}

func numberLimit(v any) *float64 {
	x, ok := v.(float64)
	if !ok {
		return nil
	}
	return &x
}
