package speech_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"moonlark/audio"
	"moonlark/engine/speech"
)

func TestSoundIsReadInTheFormatOfTheWire(t *testing.T) {
	reads := 0
	read := func(context.Context) ([]float32, error) {
		switch reads++; {
		case reads == 3:
			return nil, nil // a pause
		case reads > 10:
			return nil, io.EOF
		}
		return make([]float32, audio.Rate/10), nil
	}
	bytes, largest := 0, 0
	err := speech.ReadWire(t.Context(), read, 1000, func(wire []byte) error {
		bytes, largest = bytes+len(wire), max(largest, len(wire))
		return nil
	})
	if err != nil || bytes != 28800 || largest != 1000 {
		t.Errorf("got %d bytes, at most %d at a time, %v; want 0.9 s", bytes, largest, err)
	}
	stop := errors.New("stop")
	for name, row := range map[string]struct {
		read  func(context.Context) ([]float32, error)
		write func([]byte) error
	}{
		"read":  {func(context.Context) ([]float32, error) { return nil, stop }, func([]byte) error { return nil }},
		"write": {speech.Whole(make([]float32, audio.Rate)), func([]byte) error { return stop }},
	} {
		if err := speech.ReadWire(t.Context(), row.read, 1000, row.write); err != stop {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTheWholeSoundIsReadOnce(t *testing.T) {
	read := speech.Whole([]float32{1})
	if got, err := read(t.Context()); !slices.Equal(got, []float32{1}) || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	for range 2 {
		if got, err := read(t.Context()); got != nil || err != io.EOF {
			t.Errorf("got %v, %v", got, err)
		}
	}
	if _, err := speech.Whole(nil)(t.Context()); err != io.EOF {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := speech.Whole([]float32{1})(ctx); err != stop {
		t.Errorf("got %v", err)
	}
}

func TestTheRegionOfALanguageIsCutOff(t *testing.T) {
	for code, want := range map[string]string{"pt-br": "pt", "EN_us": "en", "de": "de", "": ""} {
		if got := speech.BaseLanguage(code); got != want {
			t.Errorf("%q: got %q", code, got)
		}
	}
}

func TestWhatOnlyElevenLabsKnowsIsLeftOut(t *testing.T) {
	for _, row := range []struct{ name, model, wantName, wantModel string }{
		{"JBFqnCBsd6RMkjVDRZzb", "eleven_turbo_v2", "", ""}, {"amy", "tts-1", "amy", "tts-1"}, {"en_US-lessac-medium", "", "en_US-lessac-medium", ""},
	} {
		v := speech.Voice{Name: row.name, Model: row.model, Language: "de"}.Portable()
		if v.Name != row.wantName || v.Model != row.wantModel || v.Language != "de" {
			t.Errorf("got %+v", v)
		}
	}
}
