package doctor

import (
	"slices"
	"testing"

	"moonlark/audio/pcm"
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
