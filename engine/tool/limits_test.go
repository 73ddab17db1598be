package tool

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// booking is a tool whose parameters have all kinds of limits.
var booking = &Spec{Name: "book", Parameters: &Schema{
	Type: "object",
	Properties: []Property{
		{"people", &Schema{Type: "integer", Minimum: new(1.0), Maximum: new(8.0), Description: "how many"}},
		{"weight", &Schema{Type: "number", Minimum: new(0.5)}},
		{"step", &Schema{Type: "number", Numbers: []float64{0.25, 1, 5}}},
		{"day", &Schema{Type: "string", Format: "date"}},
		{"code", &Schema{Type: "string", Pattern: regexp.MustCompile(`^[A-Z]{2}<\d+$`)}},
		{"name", &Schema{Type: "string", MinLength: new(2), MaxLength: new(4)}},
		{"rooms", &Schema{Type: "array", MaxItems: new(1), Items: &Schema{Type: "string"}}},
		{"where", &Schema{Type: "object", Properties: []Property{{"floor", &Schema{Type: "integer", Default: json.RawMessage("1")}}}}},
		{"table", &Schema{Type: "object", Default: json.RawMessage("{}"), Properties: []Property{{"seats", &Schema{Type: "integer", Default: json.RawMessage("4")}}}}},
	},
	Required: []string{"people"},
}}

func TestArgumentsMustBeWithinTheLimits(t *testing.T) {
	for args, want := range map[string]string{
		`{"people":1,"weight":0.5,"step":5,"day":"2026-11-29","code":"AB<1","name":"Ünal","rooms":["a"]}`: "",
		`{"people":0}`:                    "people must be from 1 to 8, not 0",
		`{"people":9}`:                    "people must be from 1 to 8, not 9",
		`{}`:                              "people is missing (integer, from 1 to 8: how many)",
		`{"people":1,"weight":0}`:         "weight must be at least 0.5, not 0",
		`{"people":1,"step":"0.25"}`:      "",
		`{"people":1,"step":2}`:           "step must be one of 0.25, 1, 5, not 2",
		`{"people":1,"day":"tomorrow"}`:   `day must be a date such as 2026-11-29, not "tomorrow"`,
		`{"people":1,"day":"2026-02-30"}`: `day must be a date such as 2026-11-29, not "2026-02-30"`,
		`{"people":1,"code":"AB"}`:        `code must be text that matches ^[A-Z]{2}<\d+$, not "AB"`,
		`{"people":1,"name":"A"}`:         `name must have from 2 to 4 characters, not "A"`,
		`{"people":1,"name":"Annabelle"}`: `name must have from 2 to 4 characters, not "Annabelle"`,
		`{"people":1,"rooms":["a","b"]}`:  "rooms must have at most 1 item, not 2",
		`{"people":1,"rooms":"[2]"}`:      "rooms[0] must be a string, not 2",
	} {
		got := ""
		if err := booking.CheckArguments([]byte(args)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}

func TestADefaultIsSetIfTheArgumentIsMissing(t *testing.T) {
	for args, want := range map[string]string{
		`{"people":1}`:                            `{"people":1,"table":{"seats":4}}`,
		`{"people":1,"where":{}}`:                 `{"people":1,"table":{"seats":4},"where":{"floor":1}}`,
		`{"people":1,"where":{"floor":null}}`:     `{"people":1,"table":{"seats":4},"where":{"floor":1}}`,
		`{"people":1,"table":{"seats":"2"}}`:      `{"people":1,"table":{"seats":2}}`,
		`{"people":1,"where":"{\"floor\": 3.0}"}`: `{"people":1,"table":{"seats":4},"where":{"floor":3}}`,
	} {
		var v any
		if err := json.Unmarshal([]byte(args), &v); err != nil {
			t.Fatal(err)
		}
		_, err := Fit(booking, v, jsonValues{})
		got, _ := json.Marshal(v)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", args, got, err, want)
		}
	}
}

func TestFormatsAreChecked(t *testing.T) {
	for format, texts := range map[string]struct{ good, bad []string }{
		"date":      {[]string{"2026-11-29", "2024-02-29"}, []string{"29.11.2026", "2026-11-29T10:00:00Z", ""}},
		"time":      {[]string{"18:30", "18:30:05", "18:30:05.5", "18:30Z", "18:30:00+02:00"}, []string{"25:00", "6pm", "18.30"}},
		"date-time": {[]string{"2026-11-29T18:30", "2026-11-29T18:30:00", "2026-11-29T18:30:00.25Z", "2026-11-29T18:30:00+01:00"}, []string{"2026-11-29", "2026-11-29 18:30"}},
		"email":     {[]string{"ada@example.com"}, []string{"ada", "Ada <ada@example.com>", "ada@"}},
		"uri":       {[]string{"https://example.com/a?b", "mailto:ada@example.com"}, []string{"example.com", "/a", "https:", "ht tp://a"}},
		"hostname":  {[]string{"example.com", "localhost", "a-1.b"}, []string{"-a", "a..b", "a b", "", "ä.de"}},
		"ipv4":      {[]string{"192.168.1.5"}, []string{"192.168.1", "::1", "256.1.1.1"}},
		"ipv6":      {[]string{"::1", "2001:db8::1"}, []string{"192.168.1.5", "1::2::3"}},
		"uuid":      {[]string{"123e4567-e89b-12d3-a456-426614174000"}, []string{"123e4567", "123e4567-e89b-12d3-a456-42661417400g"}},
	} {
		for _, text := range append(texts.good, FormatExample(format)) {
			if !fitsFormat(text, format) {
				t.Errorf("%q is not a %s", text, format)
			}
		}
		for _, text := range texts.bad {
			if fitsFormat(text, format) {
				t.Errorf("%q is a %s", text, format)
			}
		}
	}
	if len(Formats()) != 9 {
		t.Errorf("the test does not have all of %v", Formats())
	}
}

func TestLimitsThatContradictEachOtherAreRefused(t *testing.T) {
	for want, s := range map[string]*Schema{
		"minimum is 2, which is more than maximum, 1":     {Type: "number", Minimum: new(2.0), Maximum: new(1.0)},
		"minLength is 2, which is more than maxLength, 1": {Type: "string", MinLength: new(2), MaxLength: new(1)},
		"minItems is 2, which is more than maxItems, 1":   {Type: "array", MinItems: new(2), MaxItems: new(1)},
		"enum: 3 must be at most 2":                       {Type: "number", Numbers: []float64{1, 3}, Maximum: new(2.0)},
		"enum: 1.5 must be a whole number":                {Type: "integer", Numbers: []float64{1.5}},
		`enum: "abc" must have at most 2 characters`:      {Type: "string", Enum: []string{"a", "abc"}, MaxLength: new(2)},
		"default must be a number, not \"1\"":             {Type: "integer", Default: json.RawMessage(`"1"`)},
		"default must be at least 1, not 0":               {Type: "integer", Minimum: new(1.0), Default: json.RawMessage("0")},
		"default must be one of a, b, not \"A\"":          {Type: "string", Enum: []string{"a", "b"}, Default: json.RawMessage(`"A"`)},
		"default[0] must be a string, not 1":              {Type: "array", Items: &Schema{Type: "string"}, Default: json.RawMessage("[1]")},
		"default.a is missing (boolean)":                  {Type: "object", Properties: []Property{{"a", &Schema{Type: "boolean"}}}, Required: []string{"a"}, Default: json.RawMessage("{}")},
	} {
		if err := s.CheckLimits(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, p := range booking.Parameters.Properties {
		if err := p.CheckLimits(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

func TestLimitsAreWorded(t *testing.T) {
	for want, s := range map[string]*Schema{
		"from 1 to 8":              {Type: "integer", Minimum: new(1.0), Maximum: new(8.0)},
		"exactly 5 characters":     {Type: "string", MinLength: new(5), MaxLength: new(5)},
		"at least 1 character":     {Type: "string", MinLength: new(1)},
		"at least 2 items":         {Type: "array", MinItems: new(2)},
		"at most 1e+20; default 5": {Type: "number", Maximum: new(1e20), Default: json.RawMessage("5")},
		"one of 1, 2.5":            {Type: "number", Numbers: []float64{1, 2.5}},
		"a time such as 18:30":     {Type: "string", Format: "time"},
		"text that matches ^a":     {Type: "string", Pattern: regexp.MustCompile("^a")},
		"":                         {Type: "string", Enum: []string{"a"}, Description: "b"},
	} {
		if got := strings.Join(s.Limits(), "; "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestASchemaIsMarshalledAsJSONSchema(t *testing.T) {
	got, err := booking.Parameters.MarshalJSON()
	want := `{"type":"object","properties":{"people":{"type":"integer","description":"how many","minimum":1,"maximum":8},"weight":{"type":"number","minimum":0.5},` +
		`"step":{"type":"number","enum":[0.25,1,5]},"day":{"type":"string","format":"date"},"code":{"type":"string","pattern":"^[A-Z]{2}<\\d+$"},"name":{"type":"string","minLength":2,"maxLength":4},` +
		`"rooms":{"type":"array","items":{"type":"string"},"maxItems":1},"where":{"type":"object","properties":{"floor":{"type":"integer","default":1}}},` +
		`"table":{"type":"object","properties":{"seats":{"type":"integer","default":4}},"default":{}}},"required":["people"]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestAResultMustFitReturns(t *testing.T) {
	spec := &Spec{Name: "weather", Returns: &Schema{Type: "object", Required: []string{"sky"}, Properties: []Property{
		{"sky", &Schema{Type: "string"}}, {"celsius", &Schema{Type: "number", Minimum: new(-90.0)}},
	}}}
	for result, want := range map[string]string{
		`{"sky":"clear","celsius":3,"more":1}`: "",
		`{"sky":"clear","celsius":"3"}`:        `celsius must be a number, not "3"`,
		`{"sky":"clear","celsius":-100}`:       "celsius must be at least -90, not -100",
		`{"celsius":3}`:                        "sky is missing (string)",
		`ok`:                                   `the result must be an object, not "ok"`,
		`[1]`:                                  "the result must be an object, not [1]",
		`null`:                                 "the result must be an object, not null",
	} {
		got := ""
		if err := spec.CheckResult(result); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", result, got, want)
		}
	}
	if err := booking.CheckResult("ok"); err != nil {
		t.Errorf("without returns: %v", err)
	}
}

// Arguments that are accepted are accepted again, without any change, after Fit has replaced values
// and set defaults.
func FuzzFit(f *testing.F) {
	for _, args := range []string{
		`{"people":"1","rooms":"[\"a\"]","where":"{\"floor\":null}"}`, `{"people":1e300,"day":{}}`, `{"people":[[[]]]}`, `null`, `[]`, `{"people":"`,
		`{"people":"0x1p-2","step":"5","name":"` + "\xff" + `"}`, `{"table":"{}","people":8}`, `{"people":-0}`,
	} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		var v any
		if json.Unmarshal([]byte(args), &v) != nil {
			return
		}
		changes, err := Fit(booking, v, jsonValues{})
		if err != nil {
			if len(err.Error()) > 400 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		before, _ := json.Marshal(v)
		again, err := Fit(booking, v, jsonValues{})
		after, _ := json.Marshal(v)
		if err != nil || len(again) > 0 || string(before) != string(after) {
			t.Errorf("%s became %s (%q), and then %s (%q), %v", args, before, changes, after, again, err)
		}
		strict := fitter[any]{Values: jsonValues{}, strict: true}
		if err := strict.fields("", v, booking.Parameters); err != nil {
			t.Errorf("%s became %s, which does not fit: %v", args, before, err)
		}
	})
}
