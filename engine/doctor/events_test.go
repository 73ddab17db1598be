package doctor

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"moonlark/audio/pcm"
	"moonlark/engine/agent"
	"moonlark/engine/convai"
	"moonlark/engine/rest/resttest"
)

func TestTheEventsAreThoseOfTheAPI(t *testing.T) {
	for _, name := range switchable {
		if !slices.Contains(convai.KnownServerTypes(), name) {
			t.Errorf("no server sends %s", name)
		}
	}
	for _, n := range needed {
		if !slices.Contains(switchable, n.name) {
			t.Errorf("%s cannot be enabled", n.name)
		}
	}
	if !resttest.Described() {
		t.Skip("there is no rest.openapi.json in ../shared/protocol")
	}
	want := resttest.Enum("ClientEvent")
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(switchable)); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWeSpeakAllFormatsOfTheAPI(t *testing.T) {
	for _, schema := range []string{"ASRInputFormat", "TTSOutputFormat"} {
		names := resttest.Enum(schema)
		if resttest.Described() && len(names) < 5 {
			t.Errorf("found only %q", names)
		}
		for _, name := range names {
			if _, err := pcm.Parse(name); err != nil {
				t.Error(err)
			}
		}
	}
}

// What a script can set is either looked up among the overrides, or needs no
// permission.
func TestEverySettingIsKnown(t *testing.T) {
	others := []string{
		"client_events", "custom_llm_extra_body", "starting_workflow_node_id", // see overrides
		"branch_id", "dynamic_variables", "environment", "user_id",
	}
	settings := reflect.TypeFor[agent.Settings]()
	for i := range settings.NumField() {
		name, _, _ := strings.Cut(settings.Field(i).Tag.Get("json"), ",")
		if (places[name] != nil) == slices.Contains(others, name) {
			t.Errorf("%s is forgotten, or listed twice", name)
		}
	}
	if settings.NumField() != len(places)+len(others) {
		t.Error("there is a place for a setting that does not exist")
	}
}
