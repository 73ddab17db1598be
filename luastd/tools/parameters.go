package tools

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// maxDepth is the maximal depth of nested parameters.
const maxDepth = 16

var (
	// itemFields are the names that a script may use in the table "items", which describes the items
	// of an array.
	itemFields = append([]string{"type", "description", "items", "properties", "required"}, limitFields()...)
	// parameterFields are the names that a script may use in the table of a parameter.
	parameterFields = append(itemFields[:len(itemFields):len(itemFields)], "optional")
)

// readParameters returns the schema of the parameters of a tool. properties is the table of the
// parameters, and spec is the table of the tool.
func readParameters(properties, spec *lua.LTable) (*tool.Schema, error) {
	_, nested := properties.RawGetString("properties").(*lua.LTable)
	if nested && properties.RawGetString("type") == lua.LString("object") {
		return nil, fmt.Errorf("write the parameters themselves, { city = ... }, without type = \"object\" and properties around them")
	}
	return readObject(properties, spec, 0)
}

// readObject returns the schema of an object. properties is the table of its properties: for each
// property a type, or a table that describes it. The field "required" of the table holder lists the
// properties that must be there. If this field is missing, all properties must be there, except
// those that are optional or have a default. depth is the number of objects and arrays around it.
func readObject(properties, holder *lua.LTable, depth int) (*tool.Schema, error) {
	object := &tool.Schema{Type: "object"}
	var names, optional []string
	for k, v := properties.Next(lua.LNil); k != lua.LNil; k, v = properties.Next(k) {
		name, ok := k.(lua.LString)
		if !ok {
			return nil, fmt.Errorf("[%s] has no name: write name = { type = ... }", k.String())
		}
		schema, err := readParameter(v, parameterFields, depth)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		names = append(names, string(name))
		if fields, ok := v.(*lua.LTable); ok {
			isOptional, err := value.OptionalBool(fields, "optional")
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if isOptional || schema.Default != nil {
				optional = append(optional, string(name))
			}
		}
		object.Properties = append(object.Properties, tool.Property{Name: string(name), Schema: schema})
	}
	required, err := value.StringList(holder, "required")
	if err != nil {
		return nil, err
	}
	for _, name := range required {
		switch {
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("required: there is no '%s'%s", name, guess.DidYouMean(name, names))
		case slices.Contains(optional, name):
			return nil, fmt.Errorf("required has %s, which is optional or has a default", name)
		}
	}
	if object.Required = required; required == nil {
		object.Required = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(optional, name) })
	}
	return object, nil
}

// readParameter returns the schema of the parameter that v describes. v is the name of a type, or a
// table, which may have the fields known. depth is the number of objects and arrays around the
// parameter.
func readParameter(v lua.LValue, known []string, depth int) (*tool.Schema, error) {
	if depth == maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	fields, ok := v.(*lua.LTable)
	if name, isName := v.(lua.LString); isName {
		fields = &lua.LTable{Metatable: lua.LNil}
		fields.RawSetString("type", name)
	} else if !ok {
		return nil, fmt.Errorf("must be a type such as \"string\", or a table such as { type = \"string\" }, not %s", value.TypeName(v))
	}
	if err := value.CheckFields(fields, known); err != nil {
		return nil, err
	}
	kind, err := value.OptionalString(fields, "type")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(tool.Types, kind) {
		return nil, fmt.Errorf("type must be one of %s, not '%s'%s", strings.Join(tool.Types, ", "), kind, guess.DidYouMean(kind, tool.Types))
	}
	schema := &tool.Schema{Type: kind}
	switch properties := fields.RawGetString("properties").(type) {
	case *lua.LNilType:
		if fields.RawGetString("required") != lua.LNil {
			return nil, fmt.Errorf("required is allowed only beside properties")
		}
	case *lua.LTable:
		if kind != "object" {
			return nil, fmt.Errorf("properties is allowed only with type = \"object\"")
		}
		if schema, err = readObject(properties, fields, depth+1); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("properties must be a table, not %s", value.TypeName(properties))
	}
	if schema.Description, err = value.OptionalString(fields, "description"); err != nil {
		return nil, err
	}
	switch items := fields.RawGetString("items"); {
	case items == lua.LNil && kind == "array":
		return nil, fmt.Errorf("an array needs the type of its items: items = \"string\", or items = { type = ... }")
	case items == lua.LNil:
	case kind != "array":
		return nil, fmt.Errorf("items is allowed only with type = \"array\"")
	default:
		if schema.Items, err = readParameter(items, itemFields, depth+1); err != nil {
			return nil, fmt.Errorf("items: %w", err)
		}
	}
	if err := readLimits(schema, fields); err != nil {
		return nil, err
	}
	return schema, schema.CheckLimits()
}
