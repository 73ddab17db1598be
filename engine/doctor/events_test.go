package doctor

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"moonlark/audio/pcm"
	"moonlark/engine/agentsettings"
	"moonlark/engine/convai"
	"moonlark/engine/rest/resttest"
)

func TestListsOfEventsMatchTheAPI(t *testing.T) {
	for _, name := range optionalEvents {
		if !slices.Contains(convai.KnownServerTypes(), name) {
			t.Errorf("no server sends %s", name)
		}
	}
	for _, n := range neededEvents {
		if !slices.Contains(optionalEvents, n.name) {
			t.Errorf("%s cannot be enabled", n.name)
		}
	}
	if !resttest.Described() {
		t.Skip("there is no rest.openapi.json in ../shared/protocol")
	}
	want := resttest.Enum("ClientEvent")
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(optionalEvents)); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAllAudioFormatsOfTheAPIAreSupported(t *testing.T) {
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

// The test checks that the doctor handles every setting that a conversation can override: the
// setting is in overridePaths, or checkOverrides has a case for it, or it needs no permission.
func TestEverySettingIsKnown(t *testing.T) {
	others := []string{
		// checkOverrides has a case for each of these settings.
		"client_events", "custom_llm_extra_body", "starting_workflow_node_id",

		"branch_id", "dynamic_variables", "environment", "user_id",
	}
	settings := reflect.TypeFor[agentsettings.Settings]()
	for i := range settings.NumField() {
		name, _, _ := strings.Cut(settings.Field(i).Tag.Get("json"), ",")
		if (overridePaths[name] != nil) == slices.Contains(others, name) {
			t.Errorf("%s is missing, or listed twice", name)
		}
	}
	if settings.NumField() != len(overridePaths)+len(others) {
		t.Error("overridePaths has a setting that does not exist")
	}
}
