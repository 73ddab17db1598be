package resttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sources lists the fields that say where a value comes from. The schema of a value that is not an
// object or an array must set exactly one of them. The API enforces this rule, although its OpenAPI
// document does not contain it.
var sources = []string{"description", "dynamic_variable", "is_system_provided", "constant_value", "is_omitted"}

// known are the fields that the schema of a value may have, by its type.
var known = map[string][]string{
	"object":  {"type", "description", "properties", "required", "required_constraints", "dynamic_variable", "constant_value", "is_omitted", "property_kind"},
	"array":   {"type", "description", "items", "dynamic_variable", "constant_value", "is_omitted", "property_kind"},
	"literal": {"type", "description", "enum", "dynamic_variable", "allowed_values_dynamic_variable", "constant_value", "is_system_provided", "is_omitted"},
}

// A mistake is an element of the body of a response with the status 422.
type mistake struct {
	Kind string `json:"type"`
	Loc  []any  `json:"loc"`
	Text string `json:"msg"`
}

// checkTool returns what is wrong with the definition of a client tool.
func checkTool(config object) (all []mistake) {
	place := []any{"body", "tool_config"}
	for _, name := range []string{"name", "description"} {
		if _, ok := config[name].(string); !ok {
			all = append(all, mistake{"missing", slices.Concat(place, []any{name}), "Field required"})
		}
	}
	if parameters, ok := config["parameters"].(object); ok {
		checkSchema(&all, slices.Concat(place, []any{"parameters"}), parameters)
	}
	return all
}

// checkSchema appends to all the mistakes in the schema of a value. place is the path of the schema
// in the body of the request.
func checkSchema(all *[]mistake, place []any, schema object) {
	add := func(name, text string) {
		*all = append(*all, mistake{"value_error", slices.Concat(place, []any{name}), text})
	}
	kind, _ := schema["type"].(string)
	fields := known[kind]
	if fields == nil {
		fields = known["literal"]
	}
	for _, name := range slices.Sorted(maps.Keys(schema)) {
		if !slices.Contains(fields, name) {
			add(name, "Extra inputs are not permitted")
		}
	}
	switch kind {
	case "object":
		properties, _ := schema["properties"].(object)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			inner, _ := properties[name].(object)
			checkSchema(all, slices.Concat(place, []any{"properties", name}), inner)
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := properties[fmt.Sprint(name)]; !ok {
				add("required", fmt.Sprintf("%v is not a property", name))
			}
		}
	case "array":
		items, ok := schema["items"].(object)
		if !ok {
			add("items", "Field required")
			return
		}
		checkSchema(all, slices.Concat(place, []any{"items"}), items)
	default:
		checkLeaf(add, schema)
	}
}

// checkLeaf reports what is wrong with the schema of a value that is no object or array.
func checkLeaf(add func(name, text string), schema object) {
	var set []string
	for _, name := range sources {
		if v := schema[name]; v != nil && v != "" && (v != false || name == "constant_value") {
			set = append(set, name)
		}
	}
	switch {
	case len(set) == 0:
		add("description", "Must set one of: description, dynamic_variable, is_system_provided, constant_value, or is_omitted")
	case len(set) > 1:
		add(set[1], "Can only set one of: "+strings.Join(set, ", "))
	}
	values, _ := schema["enum"].([]any)
	for _, v := range values {
		if _, ok := v.(string); !ok {
			add("enum", "Input should be a valid string")
		}
	}
}

// setDefaults adds the defaults of the API to the definition of a client tool.
func setDefaults(config object) {
	set(config, object{
		"type": "client", "response_timeout_secs": 20, "disable_interruptions": false, "interruption_mode": "allow", "force_pre_tool_speech": false,
		"pre_tool_speech": "auto", "assignments": []any{}, "tool_call_sound": nil, "tool_call_sound_behavior": "auto", "tool_error_handling_mode": "auto",
		"parameters": nil, "expects_response": false, "dynamic_variables": object{"dynamic_variable_placeholders": object{}}, "execution_mode": "immediate",
	})
	if parameters, ok := config["parameters"].(object); ok {
		setSchemaDefaults(parameters)
	}
}

func setSchemaDefaults(schema object) {
	set(schema, object{"description": "", "dynamic_variable": "", "is_omitted": false})
	switch schema["type"] {
	case "object":
		set(schema, object{"properties": object{}, "required": []any{}, "required_constraints": nil, "constant_value": nil})
		for _, inner := range schema["properties"].(object) {
			setSchemaDefaults(inner.(object))
		}
	case "array":
		set(schema, object{"constant_value": nil})
		setSchemaDefaults(schema["items"].(object))
	default:
		set(schema, object{"enum": nil, "is_system_provided": false, "allowed_values_dynamic_variable": "", "constant_value": ""})
	}
}

// set copies the fields that are missing in the object to, from the object fields.
func set(to, fields object) {
	for name, value := range fields {
		if _, ok := to[name]; !ok {
			to[name] = value
		}
	}
}
