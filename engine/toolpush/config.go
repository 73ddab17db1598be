package toolpush

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"moonlark/engine/rest"
	"moonlark/engine/tool"
	"moonlark/engine/toolexport"
)

// managed lists the fields of a tool's definition that Moonlark sets. An update of a tool does not
// change the other fields, which users edit on the ElevenLabs site.
var managed = []string{"name", "description", "response_timeout_secs", "expects_response", "tool_error_handling_mode", "parameters"}

// marker is the dynamic variable whose placeholder marks the tools that Moonlark has made. The API has
// no other field for this. Its value is the name of the script.
const marker = "moonlark_script"

// mark marks the definition of a new tool as made by Moonlark.
func mark(config map[string]any, spec *tool.Spec) {
	script, _, _ := strings.Cut(spec.Source, ":")
	config["dynamic_variables"] = map[string]any{"dynamic_variable_placeholders": map[string]any{marker: filepath.Base(script)}}
}

// isMade reports whether Moonlark has made the tool.
func isMade(t *rest.StoredTool) bool {
	_, marked := t.Tool.Variables.Placeholders[marker]
	return marked
}

// merge returns the definition to send to the API: the present one with the managed fields of the
// wanted one. present is nil if the tool does not exist yet. A parameter whose value was fixed on
// the ElevenLabs site, for example to a dynamic variable, keeps its present schema.
func merge(present *rest.StoredTool, wanted *toolexport.ClientTool) (map[string]any, error) {
	text, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}
	config, err := decodeConfig(text)
	if err != nil || present == nil {
		return config, err
	}
	merged, err := decodeConfig(present.Config)
	if err != nil {
		return nil, fmt.Errorf("tool %s: %w", present.ID, err)
	}
	keepFixed(config["parameters"], merged["parameters"])
	for _, name := range managed {
		merged[name] = config[name]
	}
	return merged, nil
}

func decodeConfig(text []byte) (map[string]any, error) {
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	if config == nil {
		config = map[string]any{}
	}
	return config, nil
}

// fixing lists the fields of a schema that fix the value, so that the language model does not
// choose it: to a dynamic variable, a constant or a value of the system.
var fixing = []string{"dynamic_variable", "constant_value", "is_system_provided"}

// allowedValues is the field of a schema that names the dynamic variable with the values that the
// language model may choose from.
const allowedValues = "allowed_values_dynamic_variable"

// keepFixed changes the schema wanted: each value that the schema present fixes gets its schema
// from present, and each value for which present sets allowedValues gets this field.
func keepFixed(wanted, present any) {
	want, _ := wanted.(map[string]any)
	have, _ := present.(map[string]any)
	if want == nil || have == nil || want["type"] != have["type"] {
		return
	}
	if slices.ContainsFunc(fixing, func(name string) bool { return !isAbsent(name, have[name]) }) {
		clear(want)
		maps.Copy(want, have)
		return
	}
	if !isAbsent(allowedValues, have[allowedValues]) {
		want[allowedValues] = have[allowedValues]
	}
	keepFixed(want["items"], have["items"])
	wantAll, _ := want["properties"].(map[string]any)
	haveAll, _ := have["properties"].(map[string]any)
	for name, property := range wantAll {
		keepFixed(property, haveAll[name])
	}
}

// diffConfigs returns the differences between the normal forms of two definitions of a tool (see
// normalText), as lines that begin with "-", "+" or a space. It returns "" if the managed fields do
// not differ. before is nil if the tool does not exist yet.
func diffConfigs(before, after map[string]any) string {
	text := string(diff.Diff("agent", normalText(before), "script", normalText(after)))
	_, lines, _ := strings.Cut(text, "\n+++ script\n") // without the header
	return lines
}

// normalText returns the managed fields of a definition as JSON, with a line for each field. Two
// definitions that mean the same have the same text: fields with the default of the API are left out,
// and the order of fields and of required properties does not matter.
func normalText(config map[string]any) []byte {
	if config == nil {
		return nil
	}
	normal := map[string]any{"response_timeout_secs": 20.0, "expects_response": false, "tool_error_handling_mode": "auto"}
	for _, name := range managed {
		if value := config[name]; value != nil && name != "parameters" {
			normal[name] = value
		}
	}
	if parameters := normalSchema(config["parameters"]); len(parameters) > 1 { // more than the type
		normal["parameters"] = parameters
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	e.Encode(normal) // cannot fail: the values come from JSON
	return []byte(b.String())
}

// normalSchema returns the normal form of the schema of a value: see normalText.
func normalSchema(schema any) map[string]any {
	fields, _ := schema.(map[string]any)
	normal := map[string]any{}
	for name, value := range fields {
		switch {
		case isAbsent(name, value) || name == "property_kind":
		case name == "items":
			normal[name] = normalSchema(value)
		case name == "properties":
			properties, _ := value.(map[string]any)
			all := map[string]any{}
			for name, property := range properties {
				all[name] = normalSchema(property)
			}
			normal[name] = all
		case name == "required":
			normal[name] = sortedTexts(value)
		default:
			normal[name] = value
		}
	}
	return normal
}

// isAbsent reports whether the field name with this value means the same as no field.
func isAbsent(name string, value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v && name != "constant_value"
	case []any:
		return len(v) == 0 && name != "constant_value"
	case map[string]any:
		return len(v) == 0 && name != "constant_value"
	}
	return false
}

func sortedTexts(list any) []string {
	all := map[string]bool{}
	items, _ := list.([]any)
	for _, item := range items {
		if text, ok := item.(string); ok {
			all[text] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
