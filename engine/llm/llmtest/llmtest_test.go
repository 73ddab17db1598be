package llmtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// check returns what the API says about a body.
func check(t *testing.T, api *API, body string) error {
	t.Helper()
	b := Body{Header: http.Header{"Anthropic-Version": {"2023-06-01"}}, api: api}
	if err := json.Unmarshal([]byte(body), &b.Fields); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	b.Model = fieldOf[string](b, "model")
	return api.Check(b)
}

// Each row is the list of messages of a request, and part of the error; no error if it is empty.

func TestMessagesRefusesWhatAnthropicRefuses(t *testing.T) {
	const (
		user   = `{"role":"user","content":"a"}`
		call   = `{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"x","input":{}}]}`
		result = `{"type":"tool_result","tool_use_id":"x","content":"b"}`
	)
	thought := func(signature string) string {
		return `{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"` + signature + `"},{"type":"text","text":"b"}]}`
	}
	for _, row := range []struct{ messages, want string }{
		{user, ""},
		{user + `,` + call + `,{"role":"user","content":[` + result + `,{"type":"text","text":"c"}]}`, ""},
		{user + `,` + thought(Signature("hm")) + `,` + user, ""},
		{``, "messages"},
		{call, `role "assistant", want "user"`},
		{user + `,` + user, `role "user", want "assistant"`},
		{user + `,{"role":"assistant","content":"b"}`, "the last word"},
		{`{"role":"user","content":" "}`, "an empty text"},
		{`{"role":"user","content":[]}`, "no content"},
		{`{"role":"user","content":[{"type":"text","text":""}]}`, "an empty text"},
		{`{"role":"user","content":[{"type":"text","text":"a","name_":1}]}`, "unknown field"},
		{`{"role":"user","content":[` + result + `]}`, "unknown call"},
		{user + `,` + call + `,` + user, "without a result"},
		{user + `,` + call + `,{"role":"user","content":[{"type":"text","text":"c"},` + result + `]}`, "a result after a text"},
		{user + `,` + call + `,{"role":"user","content":[` + result + `,` + result + `]}`, "unknown call"},
		{user + `,` + call + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"x","is_error":true}]}`, "an error without a text"},
		{user + `,` + call + `,{"role":"user","content":[` + result + `]},` + call + `,{"role":"user","content":[` + result + `]}`, `call id "x"`},
		{user + `,{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"x","input":"{}"}]},` + user, "with the input"},
		{user + `,{"role":"assistant","content":[{"type":"tool_use","id":"a.b","name":"x","input":{}}]},` + user, `call id "a.b"`},
		{user + `,{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"a.b","input":{}}]},` + user, "call a.b"},
		{user + `,{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"x","input":{}},{"type":"text","text":"b"}]},` + user, "after a call"},
		{user + `,` + thought("other") + `,` + user, "signature"},
	} {
		err := check(t, Messages, `{"model":"tiny","max_tokens":1,"tools":[{"name":"x","input_schema":{"type":"object","properties":{}}}],"messages":[`+row.messages+`]}`)
		wantError(t, row.messages, err, row.want)
	}
	for _, row := range []struct{ fields, want string }{
		{`"max_tokens":1`, ""}, {``, "max_tokens"}, {`"max_tokens":"1"`, "max_tokens"}, {`"max_tokens":1,"seed":1`, "unknown field seed"},
		{`"max_tokens":1,"tools":[]`, "tools"}, {`"max_tokens":1,"tool_choice":{"type":"none"}`, "without tools"},
		{`"max_tokens":1,"system":""`, "system"}, {`"max_tokens":1,"tools":[{"name":"x","input_schema":{}}]`, "schema"},
	} {
		err := check(t, Messages, `{"model":"tiny","messages":[`+user+`]`+strings.TrimSuffix(","+row.fields, ",")+`}`)
		wantError(t, row.fields, err, row.want)
	}
}

func TestResponsesRefusesWhatOpenAIRefuses(t *testing.T) {
	const (
		user   = `{"role":"user","content":"a"}`
		call   = `{"type":"function_call","call_id":"x","name":"x","arguments":"{}"}`
		output = `{"type":"function_call_output","call_id":"x","output":"b"}`
	)
	for _, row := range []struct{ items, want string }{
		{user, ""},
		{user + `,` + call + `,` + output, ""},
		{user + `,` + Thoughts("1", "x") + `,` + call + `,` + output, ""},
		{``, "input"},
		{user + `,` + user, `of "user" after "user"`},
		{`{"role":"assistant","content":"a"},` + user, `of "assistant" after ""`},
		{`{"role":"user","content":""}`, `"" of "user"`},
		{user + `,` + call, "without an output"},
		{user + `,` + call + `,` + user, "without an output"},
		{user + `,` + output, "unknown call"},
		{user + `,` + call + `,` + output + `,` + output, "unknown call"},
		{user + `,` + call + `,` + output + `,` + call + `,` + output, `call_id "x"`},
		{user + `,{"type":"function_call","call_id":"x","name":"x","arguments":"[1]"},` + output, "with [1]"},
		{user + `,{"type":"function_call","call_id":"x","name":"x","arguments":{}},` + output, "input"},
		{user + `,{"type":"function_call","id":"call_1","call_id":"x","name":"x","arguments":"{}"},` + output, "call call_1"},
		{user + `,` + Thoughts("1", "y") + `,` + call + `,` + output, "without its required following item"},
		{user + `,` + Thoughts("1", "x") + `,` + user, "without its required following item"},
		{user + `,` + Thoughts("1", "x"), "reasoning at the end"},
		{user + `,{"type":"reasoning","id":"rs_1","summary":[]},` + call + `,` + output, "not found"},
	} {
		err := check(t, Responses, `{"model":"tiny","store":false,"input":[`+row.items+`]}`)
		wantError(t, row.items, err, row.want)
	}
	for _, row := range []struct{ fields, want string }{
		{`"store":false`, ""}, {`"store":true`, "store"}, {``, "store"}, {`"store":false,"max_tokens":1`, "unknown field max_tokens"},
		{`"store":false,"max_output_tokens":1`, "max_output_tokens"}, {`"store":false,"tools":[]`, "tools"},
		{`"store":false,"tools":[{"type":"function","name":"x","parameters":{"type":"object","properties":{}}}]`, "strict"},
		{`"store":false,"tools":[{"type":"function","function":{"name":"x"}}]`, "unknown field"},
	} {
		err := check(t, Responses, `{"model":"tiny","input":[`+user+`]`+strings.TrimSuffix(","+row.fields, ",")+`}`)
		wantError(t, row.fields, err, row.want)
	}
}

func wantError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", name, err, want)
	}
}
