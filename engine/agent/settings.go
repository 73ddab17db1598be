// Package agent has what a script, or a person, may say about an agent: how it
// is to be different in one conversation from what it is configured to be. It
// knows neither Lua nor the wire.
package agent

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

// Settings are what is to be different. The server closes a conversation that
// overrides what its agent does not allow to be overridden, so nothing is sent
// that is not set. The JSON names are those that scripts use.
type Settings struct {
	Prompt             *string  `json:"prompt,omitempty"`
	FirstMessage       *string  `json:"first_message,omitempty"` // empty: the user begins
	Language           string   `json:"language,omitempty"`      // "en", "pt-br"
	LLM                string   `json:"llm,omitempty"`
	ToolIDs            []string `json:"tool_ids,omitempty"`
	VoiceID            string   `json:"voice_id,omitempty"`
	ModelID            string   `json:"model_id,omitempty"` // of the voice
	Stability          *float64 `json:"stability,omitempty"`
	Speed              *float64 `json:"speed,omitempty"`
	SimilarityBoost    *float64 `json:"similarity_boost,omitempty"`
	Keywords           []string `json:"keywords,omitempty"` // words to expect
	SoftTimeoutMessage *string  `json:"soft_timeout_message,omitempty"`
	MaxDurationMessage *string  `json:"max_duration_message,omitempty"`
	TextOnly           *bool    `json:"text_only,omitempty"`
	MaxDurationSeconds int      `json:"max_duration_seconds,omitempty"`
	ClientEvents       []string `json:"client_events,omitempty"`
	UserID             string   `json:"user_id,omitempty"`
	BranchID           string   `json:"branch_id,omitempty"`
	Environment        string   `json:"environment,omitempty"`
	StartNode          string   `json:"starting_workflow_node_id,omitempty"`

	// DynamicVariables fill the {{name}} of the agent's texts and tools: strings,
	// numbers and booleans, and lists of them. ExtraBody goes to a custom LLM.
	DynamicVariables map[string]any `json:"dynamic_variables,omitempty"`
	ExtraBody        map[string]any `json:"custom_llm_extra_body,omitempty"`
}

// Parse reads settings from a JSON object. The error names the field that is
// misspelt, or of the wrong shape.
func Parse(text []byte) (Settings, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return Settings{}, errors.New("a table of settings is wanted")
	}
	known := names()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return Settings{}, fmt.Errorf("there is no setting '%s'%s", name, guess.DidYouMean(name, known))
		}
	}
	var s Settings
	d := json.NewDecoder(bytes.NewReader(text))
	err := d.Decode(&s)
	var shape *json.UnmarshalTypeError
	if errors.As(err, &shape) {
		return Settings{}, fmt.Errorf("%s: got %s, want %s", shape.Field, shape.Value, kind(shape.Type))
	}
	if err != nil {
		return Settings{}, err
	}
	return s, s.check()
}

// check looks for what the server would close the conversation over, or take for
// something else.
func (s Settings) check() error {
	within := func(name string, v *float64, least, most float64) error {
		if v != nil && !(*v >= least && *v <= most) {
			return fmt.Errorf("%s: %v is not from %v to %v", name, *v, least, most)
		}
		return nil
	}
	for name, v := range s.DynamicVariables {
		if err := variable(name, v, true); err != nil {
			return err
		}
	}
	if s.MaxDurationSeconds < 0 {
		return errors.New("max_duration_seconds: it cannot be negative")
	}
	return errors.Join(within("stability", s.Stability, 0, 1), within("similarity_boost", s.SimilarityBoost, 0, 1), within("speed", s.Speed, 0.5, 5))
}

func variable(name string, v any, lists bool) error {
	if strings.HasPrefix(name, "system__") {
		return fmt.Errorf("dynamic_variables: names that begin with system__ are the server's own: %s", name)
	}
	switch v := v.(type) {
	case nil, string, float64, bool:
		return nil
	case []any:
		if !lists {
			break
		}
		for _, item := range v {
			if err := variable(name, item, false); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("dynamic_variables: %s is not a string, a number, a boolean or a list of them", name)
}

// names are all settings.
func names() []string {
	var all []string
	for field := range fields() {
		all = append(all, field)
	}
	return all
}

func fields() map[string]int {
	t := reflect.TypeFor[Settings]()
	all := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		all[name] = i
	}
	return all
}

func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kind(t.Elem())
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

// Over is s with what is set in it on top of base. Variables, and fields of the
// extra body, are put together.
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
