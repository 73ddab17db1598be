package i18n_test

import (
	"testing"

	"moonlark/luastd/i18n"
	"moonlark/luastd/json"
	"moonlark/luastd/luastdtest"
)

func TestI18nExamples(t *testing.T) {
	luastdtest.Examples(t, "testdata/*.lua", i18n.Module, json.Module)
}

func TestTheFirstLanguageIsThatOfLANG(t *testing.T) {
	for lang, want := range map[string]string{
		"de_AT.UTF-8": "de-AT", "fr": "fr", "sr_RS@latin": "sr-RS", "C.UTF-8": "en", "C": "en", "POSIX": "en", "": "en", "../x": "en",
	} {
		t.Setenv("LANG", lang)
		s := luastdtest.Open(t, luastdtest.Options{}, i18n.Module)
		if got := s.Run(`return i18n.language()`); got != want {
			t.Errorf("LANG=%s: got %s, want %s", lang, got, want)
		}
	}
}
