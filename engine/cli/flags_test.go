package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestVariablesKeepTheTextThatWasTyped(t *testing.T) {
	for text, want := range map[string]string{
		"42": "42", "-1.5": "-1.5", "0": "0", "true": "true", "false": "false", "": `""`,
		"123456789012345678": `"123456789012345678"`, "1.10": `"1.10"`, "007": `"007"`, "1e3": `"1e3"`, "-0": "-0", "+1": `"+1"`,
		"1.": `"1."`, "null": `"null"`, "Yes": `"Yes"`, `"42"`: `"42"`, `"a`: `"\"a"`, "[1.10,\"a\"]": `[1.10,"a"]`, "[a": `"[a"`, "{a}": `"{a}"`,
		" a b ": `" a b "`, "a=b": `"a=b"`,
	} {
		settings, err := agentFlags{Var: map[string]string{"x": text}}.settings()
		got, _ := json.Marshal(settings.DynamicVariables["x"])
		if err != nil || string(got) != want {
			t.Errorf("--var x=%s: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestSettingsThatAreTextsKeepTheTextThatWasTyped(t *testing.T) {
	for text, want := range map[string]string{
		"first_message=42": `{"first_message":"42"}`, "first_message=1.10": `{"first_message":"1.10"}`, "first_message=true": `{"first_message":"true"}`,
		`first_message="hi"`: `{"first_message":"hi"}`, `first_message="hi" she said`: `{"first_message":"\"hi\" she said"}`, "first_message=": `{"first_message":""}`,
		"first_message=[1]": `{"first_message":"[1]"}`, "first_message={}": `{"first_message":"{}"}`, "llm=4": `{"llm":"4"}`,
		"stability=0.50": `{"stability":0.5}`, "text_only=true": `{"text_only":true}`, `keywords=["a","b"]`: `{"keywords":["a","b"]}`,
		`dynamic_variables={"a":1.10,"b":123456789012345678}`: `{"dynamic_variables":{"a":1.10,"b":123456789012345678}}`,
		`custom_llm_extra_body={"seed":12345678901234567890}`: `{"custom_llm_extra_body":{"seed":12345678901234567890}}`,
	} {
		name, value, _ := strings.Cut(text, "=")
		settings, err := agentFlags{Set: map[string]string{name: value}}.settings()
		got, _ := json.Marshal(settings)
		if err != nil || string(got) != want {
			t.Errorf("--set %s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{"stability=high": "stability: got string, want number", "first_mesage=x": "did you mean"} {
		name, value, _ := strings.Cut(text, "=")
		if _, err := (agentFlags{Set: map[string]string{name: value}}).settings(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--set %s: got %v, want %s", text, err, want)
		}
	}
}

func TestVariablesOfBothFlagsAreMerged(t *testing.T) {
	settings, err := agentFlags{Set: map[string]string{"dynamic_variables": `{"a":1,"b":2}`}, Var: map[string]string{"b": "3"}}.settings()
	got, _ := json.Marshal(settings)
	if want := `{"dynamic_variables":{"a":1,"b":3}}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestWhatStandsAroundAnIDOrATokenByMistakeIsRemoved(t *testing.T) {
	for _, text := range []string{"agent_1\n", " agent_1\r\n", "\ufeffagent_1", `"agent_1"`, "'agent_1'\r", "\ufeff\"agent_1\"\n", "“agent_1”", "agent_1\u00a0"} {
		target, err := targetFlags{Agent: &text}.target("")
		if target.Agent != "agent_1" || err != nil {
			t.Errorf("--agent %q: got %q, %v", text, target.Agent, err)
		}
		if target, err := (targetFlags{}).target(text); target.Agent != "agent_1" || err != nil {
			t.Errorf("ELEVENLABS_AGENT_ID=%q: got %q, %v", text, target.Agent, err)
		}
		if opts, err := (controlFlags{HTTP: new("8080")}).settings(text); opts.Token != "agent_1" || err != nil {
			t.Errorf("the token %q: got %q, %v", text, opts.Token, err)
		}
	}
	url := "\"wss://host/?conversation_signature=a\"\r\n"
	if target, err := (targetFlags{URL: &url}).target(""); target.URL != "wss://host/?conversation_signature=a" || err != nil {
		t.Errorf("--url %q: got %q, %v", url, target.URL, err)
	}
}

func TestAnIDOrATokenThatCannotBeRightIsRefusedWithoutShowingIt(t *testing.T) {
	for text, want := range map[string]string{
		"s3cret\ns3cret": "contains a line end after 6 characters", "s3cret s3cret": "contains a space", "s3cretü": "contains the character 'ü'",
		"“s3cret": "contains the character '“'", "s3cret\x00s": "control character",
	} {
		_, err := targetFlags{Agent: &text}.target("")
		_, keyErr := hostFlags{}.connection(text)
		_, tokenErr := controlFlags{HTTP: new("8080")}.settings(text)
		for _, err := range []error{err, keyErr, tokenErr} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q: got %v, want %s", text, err, want)
			}
		}
	}
	for _, text := range []string{"", " ", `""`, "\ufeff"} {
		if _, err := (targetFlags{Agent: &text}).target(""); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Errorf("--agent %q: got %v", text, err)
		}
		if _, err := (controlFlags{HTTP: &text}).settings(""); err == nil || !strings.Contains(err.Error(), "--http is empty") {
			t.Errorf("--http %q: got %v", text, err)
		}
	}
}

func TestANameOfTheServerIsTheNameOfAHost(t *testing.T) {
	for name, want := range map[string]string{
		"kiosk.example": "kiosk.example", "KIOSK": "KIOSK", "\"kiosk\"\n": "kiosk", "192.168.1.2": "192.168.1.2",
		"": "!", "http://kiosk": "!", "kiosk:8080": "!", "kiosk/x": "!", "*.example": "!", "a,b": "!", ".example": "!", "a b": "!", "kiosk.": "!", "[::1]": "!",
	} {
		opts, err := controlFlags{HTTP: new("8080"), Names: []string{name}}.settings("")
		switch {
		case want == "!" && (err == nil || !strings.Contains(err.Error(), "want the name of a host")):
			t.Errorf("%q: got %q, %v, want an error", name, opts.Names, err)
		case want != "!" && (err != nil || len(opts.Names) != 1 || opts.Names[0] != want):
			t.Errorf("%q: got %q, %v, want %q", name, opts.Names, err, want)
		}
	}
	if _, err := (controlFlags{Names: []string{"kiosk"}}).settings(""); err == nil || err.Error() != "--http-name needs --http" {
		t.Errorf("got %v", err)
	}
}

func TestAnOriginIsASchemeAndAHost(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.com": "https://example.com", "https://example.com/": "https://example.com", "http://localhost:3000": "http://localhost:3000",
		"null": "null", "": "", "\"https://example.com\"": "https://example.com", "app://kiosk": "app://kiosk",
		"example.com": "!", "https://": "!", "https://example.com/page": "!", "https://me:secret@example.com": "!", "https://example.com?a": "!", "%zz": "!", "localhost:80": "!",
	} {
		c, err := hostFlags{Origin: text}.connection("")
		switch {
		case want == "!" && (err == nil || !strings.Contains(err.Error(), "is not an origin")):
			t.Errorf("%q: got %q, %v, want an error", text, c.Origin, err)
		case want != "!" && (err != nil || c.Origin != want):
			t.Errorf("%q: got %q, %v, want %q", text, c.Origin, err, want)
		}
	}
}

func TestTheAPIOfTheModelIsChecked(t *testing.T) {
	t.Setenv("MISTRAL_API_KEY", "k")
	for _, row := range []struct{ llm, api, want string }{
		{"ollama:x", "", ""}, {"ollama:x", "messages", ""}, {"http://box:8080/v1", " responses\n", ""},
		{"", "messages", "--llm-api needs --llm"}, {"phrases", "messages", "--llm-api needs --llm"},
		{"ollama:x", "mesages", `--llm-api: "mesages" is not one of completions, responses, messages (did you mean 'messages'?)`},
		{"mistral:x", "responses", `--llm-api: mistral has no API "responses"`},
		{"olama:x", "messages", `--llm: unknown provider "olama" (did you mean 'ollama'?)`},
	} {
		_, err := llmFlags{LLM: row.llm, LLMAPI: row.api}.model()
		if row.want == "" && err != nil || row.want != "" && (err == nil || err.Error() != row.want) {
			t.Errorf("--llm %s --llm-api %s: got %v, want %s", row.llm, row.api, err, row.want)
		}
	}
}

func TestPatienceNeedsSomethingThatWaitsForTheUser(t *testing.T) {
	for _, row := range []struct {
		stt, realtime, detection string
		ok                       bool
	}{
		{"", "", "", false}, {"none", "", "", false}, {"grammar", "", "", true},
		{"", "ws://box", "", false}, {"", "ws://box", "server", false}, {"", "ws://box", "semantic", false}, {"", "ws://box", "off", true},
	} {
		err := llmFlags{Realtime: row.realtime, Detection: row.detection}.checkSpeech(speechFlags{STT: row.stt, Patience: "relaxed"})
		if (err == nil) != row.ok || err != nil && !strings.Contains(err.Error(), "--patience needs") {
			t.Errorf("%+v: got %v", row, err)
		}
	}
}
