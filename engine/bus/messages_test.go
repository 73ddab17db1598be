package bus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/convai"
)

func TestEveryMessageOfTheProtocolIsDescribed(t *testing.T) {
	var names []string
	for _, m := range Messages {
		names = append(names, m.Name)
		if m.About == "" {
			t.Errorf("%s is not explained", m.Name)
		}
	}
	slices.Sort(names)
	if want := convai.KnownServerTypes(); !slices.Equal(names, want) {
		t.Errorf("got %q\nwant %q", names, want)
	}
	for _, own := range ScriptNames() {
		if slices.Contains(names, own) {
			t.Errorf("two events are called %s", own)
		}
	}
}

// The fields of a message are those of its Go type. Scripts get two of them under other names.
func TestTheFieldsOfMessagesAreThoseOfTheirTypes(t *testing.T) {
	types, optional := messageTypes(t)
	for _, m := range Messages {
		if types[m.Name] == nil {
			if m.Fields != nil {
				t.Errorf("%s: the fields of a message without a Go type are not known", m.Name)
			}
			continue
		}
		want := fieldsOf(types[m.Name])
		got := make(map[string]string)
		for _, f := range m.Fields {
			got[f.Name] = f.Type
			kind, known := want[f.Name]
			switch {
			case !known:
				t.Errorf("%s has no field %s", m.Name, f.Name)
			case !fits(f.Type, kind):
				t.Errorf("%s: %s is %s, the Go type has %s", m.Name, f.Name, f.Type, kind)
			case optional[m.Name][f.Name] && !mayBeMissing(f.Type):
				t.Errorf("%s: %s is missing in some messages, so its type must be %s?", m.Name, f.Name, f.Type)
			}
		}
		for name := range want {
			if got[name] == "" && m.Fields != nil {
				t.Errorf("%s: the field %s is not described", m.Name, name)
			}
		}
	}
}

// messageTypes returns the Go types of the messages of which package convai has an example, by their
// names. It also returns the fields that some of the examples do not have.
func messageTypes(t *testing.T) (types map[string]reflect.Type, optional map[string]map[string]bool) {
	t.Helper()
	examples, err := filepath.Glob("../convai/testdata/frames/server_*.json")
	if err != nil || len(examples) < 30 {
		t.Fatalf("%d examples, %v", len(examples), err)
	}
	types, optional = make(map[string]reflect.Type), make(map[string]map[string]bool)
	for _, path := range examples {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		frame, err := convai.Parse(text)
		if err != nil || frame.Message == nil {
			continue // an example of a message that is wrong, or has no Go type
		}
		goType := reflect.TypeOf(frame.Message).Elem()
		types[frame.Type] = goType
		if optional[frame.Type] == nil {
			optional[frame.Type] = make(map[string]bool)
		}
		var present map[string]json.RawMessage
		if len(frame.Inner) > 0 {
			if err := json.Unmarshal(frame.Inner, &present); err != nil {
				t.Fatal(err)
			}
		}
		for name := range fieldsOf(goType) {
			original := map[string]string{"audio": "audio_base_64", "part": "type"}[name]
			if present[name] == nil && present[original] == nil && name != "is_final" { // which scripts always get
				optional[frame.Type][name] = true
			}
		}
	}
	return types, optional
}

// fieldsOf returns the kinds of the fields of a message by the names under which scripts get them.
func fieldsOf(goType reflect.Type) map[string]reflect.Kind {
	fields := make(map[string]reflect.Kind)
	for _, f := range reflect.VisibleFields(goType) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch name {
		case "":
			continue // an embedded struct
		case "audio_base_64":
			name = "audio"
		case "type":
			name = "part"
		}
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		fields[name] = inner.Kind()
		if f.Type == reflect.TypeFor[[]byte]() {
			fields[name] = reflect.String // as scripts get it
		}
	}
	return fields
}

// fits reports whether values of the type luaType can come from a Go value of this kind.
func fits(luaType string, kind reflect.Kind) bool {
	luaType = strings.TrimSuffix(luaType, "?")
	switch kind {
	case reflect.String:
		return luaType == "string" || strings.HasPrefix(luaType, `"`)
	case reflect.Int:
		return luaType == "integer"
	case reflect.Float64:
		return luaType == "number"
	case reflect.Bool:
		return luaType == "boolean"
	}
	return luaType == "table" || strings.HasSuffix(luaType, "[]") || strings.HasPrefix(luaType, "{")
}

func mayBeMissing(luaType string) bool {
	return strings.HasSuffix(luaType, "?") || strings.HasSuffix(luaType, "|nil")
}
