// Package agentsettings defines the settings of an agent that a script or the user can override for
// one conversation. It is independent of Lua and of the ElevenLabs protocol.
package agentsettings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"moonlark/engine/guess"
)

// Settings are the settings of an agent that a conversation overrides. Only fields that are set are
// sent to the server, because the server closes the conversation if the agent does not allow one of
// the overrides. Scripts use the JSON names of the fields.
type Settings struct {
	Prompt *string `json:"prompt,omitempty"`
	// FirstMessage is what the agent says first. If it is an empty text, the user speaks first.
	FirstMessage *string `json:"first_message,omitempty"`
	// Language is a language code, such as "en" or "pt-br".
	Language string   `json:"language,omitempty"`
	LLM      string   `json:"llm,omitempty"`
	ToolIDs  []string `json:"tool_ids,omitempty"`
	VoiceID  string   `json:"voice_id,omitempty"`
	// ModelID is the text-to-speech model of the agent's voice.
	ModelID         string   `json:"model_id,omitempty"`
	Stability       *float64 `json:"stability,omitempty"`
	Speed           *float64 `json:"speed,omitempty"`
	SimilarityBoost *float64 `json:"similarity_boost,omitempty"`
	// Keywords are words that speech recognition should expect from the user.
	Keywords           []string `json:"keywords,omitempty"`
	SoftTimeoutMessage *string  `json:"soft_timeout_message,omitempty"`
	MaxDurationMessage *string  `json:"max_duration_message,omitempty"`
	TextOnly           *bool    `json:"text_only,omitempty"`
	MaxDurationSeconds int      `json:"max_duration_seconds,omitempty"`
	ClientEvents       []string `json:"client_events,omitempty"`
	UserID             string   `json:"user_id,omitempty"`
	BranchID           string   `json:"branch_id,omitempty"`
	Environment        string   `json:"environment,omitempty"`
	StartNode          string   `json:"starting_workflow_node_id,omitempty"`

	// DynamicVariables are the values that the server inserts for {{name}} in the agent's texts and
	// tools. Each value is a string, a json.Number, a boolean or a list of these. ExtraBody is
	// passed to a custom LLM.
	DynamicVariables map[string]any `json:"dynamic_variables,omitempty"`
	ExtraBody        map[string]any `json:"custom_llm_extra_body,omitempty"`
}

// Parse reads settings from a JSON object. It returns an error that names the field if a field is
// unknown or has a wrong type or value.
func Parse(text []byte) (Settings, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return Settings{}, errors.New("the settings must be a table")
	}
	known := names()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return Settings{}, fmt.Errorf("unknown setting '%s'%s", name, guess.DidYouMean(name, known))
		}
	}
	var s Settings
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // a float64 would lose digits of large numbers
	err := d.Decode(&s)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return Settings{}, fmt.Errorf("%s: got %s, want %s", wrongType.Field, wrongType.Value, luaType(wrongType.Type))
	}
	if err != nil {
		return Settings{}, err
	}
	return s, s.check()
}

// check returns an error if a setting has a value that the server would refuse or misunderstand.
func (s Settings) check() error {
	within := func(name string, v *float64, min, max float64) error {
		if v != nil && !(*v >= min && *v <= max) {
			return fmt.Errorf("%s: %v is not between %v and %v", name, *v, min, max)
		}
		return nil
	}
	for name, v := range s.DynamicVariables {
		if err := checkVariable(name, v, true); err != nil {
			return err
		}
	}
	if s.MaxDurationSeconds < 0 {
		return errors.New("max_duration_seconds: must not be negative")
	}
	return errors.Join(within("stability", s.Stability, 0, 1), within("similarity_boost", s.SimilarityBoost, 0, 1), within("speed", s.Speed, 0.5, 5))
}

// checkVariable returns an error if v is not a valid value for the dynamic variable name, or if the
// name is reserved. allowList says whether v may be a list.
func checkVariable(name string, v any, allowList bool) error {
	if strings.HasPrefix(name, "system__") {
		return fmt.Errorf("dynamic_variables: %s: names that begin with system__ are reserved for the server", name)
	}
	switch v := v.(type) {
	case nil, string, json.Number, bool:
		return nil
	case []any:
		if !allowList {
			break
		}
		for _, item := range v {
			if err := checkVariable(name, item, false); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("dynamic_variables: %s is not a string, a number, a boolean or a list of them", name)
}

// names returns the names of all settings, as they are in JSON.
func names() []string {
	t := reflect.TypeFor[Settings]()
	var all []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		all = append(all, name)
	}
	return all
}

// IsText reports whether the value of the setting with this name is a text. It returns false for an
// unknown setting.
func IsText(name string) bool {
	t := reflect.TypeFor[Settings]()
	for i, known := range names() {
		if known != name {
			continue
		}
		field := t.Field(i).Type
		return field.Kind() == reflect.String || field.Kind() == reflect.Pointer && field.Elem().Kind() == reflect.String
	}
	return false
}

// luaType returns the Lua name of a Go type, such as "list" for a slice, for error messages.
func luaType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return luaType(t.Elem())
	case reflect.Slice:
		return "list"
	case reflect.Map:
		return "table"
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	}
	return "number"
}

// Over returns a copy of base in which the fields that are set in s replace those of base. Maps are
// merged: the copy has the keys of both maps. If both have a key, the copy has the value of s.
func (s Settings) Over(base Settings) Settings {
	into, from := reflect.ValueOf(&base).Elem(), reflect.ValueOf(s)
	for i := range from.NumField() {
		switch v := from.Field(i); {
		case v.IsZero():
		case v.Kind() == reflect.Map:
			both := maps.Clone(into.Field(i).Interface().(map[string]any))
			if both == nil {
				both = make(map[string]any)
			}
			maps.Copy(both, v.Interface().(map[string]any))
			into.Field(i).Set(reflect.ValueOf(both))
		default:
			into.Field(i).Set(v)
		}
	}
	return base
}
