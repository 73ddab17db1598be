package agentsettings

import (
	"encoding/json"
	"testing"
)

func TestParseNamesTheWrongSetting(t *testing.T) {
	for text, want := range map[string]string{
		`{"first_mesage":"hi"}`:                    "unknown setting 'first_mesage' (did you mean 'first_message'?)",
		`{"speed":"fast"}`:                         "speed: got string, want number",
		`{"keywords":"moon"}`:                      "keywords: got string, want list",
		`{"dynamic_variables":[1]}`:                "dynamic_variables: got array, want table",
		`{"dynamic_variables":{"a":{}}}`:           "dynamic_variables: a is not a string, a number, a boolean or a list of them",
		`{"dynamic_variables":{"a":[[1]]}}`:        "dynamic_variables: a is not a string, a number, a boolean or a list of them",
		`{"dynamic_variables":{"system__time":1}}`: "dynamic_variables: system__time: names that begin with system__ are reserved for the server",
		`{"stability":2}`:                          "stability: 2 is not between 0 and 1",
		`[]`:                                       "the settings must be a table",
		`"hi"`:                                     "the settings must be a table",
	} {
		if _, err := Parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestOverReplacesOnlyFieldsThatAreSet(t *testing.T) {
	base, err := Parse([]byte(`{"prompt":"be kind","language":"en","dynamic_variables":{"a":12345678901234567890,"b":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	over, err := Parse([]byte(`{"language":"de","first_message":"","dynamic_variables":{"b":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(over.Over(base))
	if want := `{"prompt":"be kind","first_message":"","language":"de","dynamic_variables":{"a":12345678901234567890,"b":3}}`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if base.DynamicVariables["b"] != json.Number("2") {
		t.Error("the base has changed")
	}
}
