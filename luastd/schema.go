package luastd

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
)

// deepest is how far the parameters of a tool may nest.
const deepest = 16

// schemaFields are what the table of one parameter may hold.
var schemaFields = []string{"type", "description", "enum", "items", "properties", "required"}

// readObject reads the properties of an object, one table each, and which of
// them are required, a list beside them in holder: all, when it is absent.
func readObject(properties, holder *lua.LTable, depth int) (*tool.Schema, error) {
	object := &tool.Schema{Type: "object"}
	for k, v := properties.Next(lua.LNil); k != lua.LNil; k, v = properties.Next(k) {
		name, ok := k.(lua.LString)
		if !ok {
			return nil, fmt.Errorf("[%s] has no name: write name = { type = ... }", k.String())
		}
		fields, ok := v.(*lua.LTable)
		if !ok {
			return nil, fmt.Errorf("%s must be a table such as { type = \"string\" }, not %s", name, a(v))
		}
		schema, err := readSchema(fields, depth)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		object.Properties = append(object.Properties, tool.Property{Name: string(name), Schema: schema})
	}
	required, err := stringList(holder, "required")
	if err != nil {
		return nil, err
	}
	names := make([]string, len(object.Properties))
	for i, p := range object.Properties {
		names[i] = p.Name
	}
	for _, name := range required {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("required: there is no '%s'%s", name, guess.DidYouMean(name, names))
		}
	}
	if object.Required = required; required == nil {
		object.Required = names
	}
	return object, nil
}

// readSchema reads what one value may be.
func readSchema(fields *lua.LTable, depth int) (*tool.Schema, error) {
	if depth == deepest {
		return nil, fmt.Errorf("nested more than %d deep", deepest)
	}
	if err := checkFields(fields, schemaFields); err != nil {
		return nil, err
	}
	kind, err := optionalString(fields, "type")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(tool.Types, kind) {
		return nil, fmt.Errorf("type must be one of %s, not '%s'%s", strings.Join(tool.Types, ", "), kind, guess.DidYouMean(kind, tool.Types))
	}
	schema := &tool.Schema{Type: kind}
	if properties, ok := fields.RawGetString("properties").(*lua.LTable); ok && kind == "object" {
		if schema, err = readObject(properties, fields, depth+1); err != nil {
			return nil, err
		}
	}
	if schema.Description, err = optionalString(fields, "description"); err != nil {
		return nil, err
	}
	if schema.Enum, err = stringList(fields, "enum"); err != nil {
		return nil, err
	}
	if schema.Enum != nil && (kind != "string" || len(schema.Enum) == 0) {
		return nil, fmt.Errorf("enum is a list of what a string may be")
	}
	switch items := fields.RawGetString("items").(type) {
	case *lua.LNilType:
		if kind == "array" {
			return nil, fmt.Errorf("an array says what its items are: items = { type = ... }")
		}
	case *lua.LTable:
		if kind != "array" {
			return nil, fmt.Errorf("items goes with type = \"array\"")
		}
		if schema.Items, err = readSchema(items, depth+1); err != nil {
			return nil, fmt.Errorf("items: %w", err)
		}
	default:
		return nil, fmt.Errorf("items must be a table, not %s", a(items))
	}
	return schema, nil
}
