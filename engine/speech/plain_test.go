package speech_test

import (
	"testing"

	"moonlark/engine/speech"
)

func TestPlainTextHasOnlyWhatShouldBeSpoken(t *testing.T) {
	for text, want := range map[string]string{
		"It is 20 °C.":                               "It is 20 °C.",
		"It is **very** warm, *really*.":             "It is very warm, really.",
		"**Note:** it is `on`.":                      "Note: it is on.",
		"## Weather\n- sun\n* rain\n1. snow":         "Weather\nsun\nrain\n1. snow",
		"See [the forecast](https://a.example/x?y).": "See the forecast.",
		"See https://www.a.example/x?y=1 now.":       "See a.example now.",
		"Fine 😀👍🏽 ☀️!":                               "Fine !",
		"42. That is the answer.":                    "42. That is the answer.",
		"_really_ (_yes_)":                           "really (yes)",
		"**Note. It works.":                          "Note. It works.",
		"2 * 3 * 4 = 24, snake_case, a_b":            "2 * 3 * 4 = 24, snake_case, a_b",
		"5 - 3":                                      "5 - 3",
		"```lua\nprint(1)\n```":                      "print(1)",
		"***both***":                                 "both",
		"It costs 3.5. 7 are left.":                  "It costs 3.5. 7 are left.",
		"😀":                                          "",
		"":                                           "",
	} {
		if got := speech.Plain(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
