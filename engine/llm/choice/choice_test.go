package choice_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/llm"
	"moonlark/engine/llm/anthropic"
	"moonlark/engine/llm/choice"
	"moonlark/engine/llm/completions"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/llm/responses"
)

// clientOf returns what the clients of all APIs have in common.
func clientOf(model llm.Model) (c *exchange.Client, api string) {
	switch m := model.(type) {
	case *completions.Client:
		return &m.Client, choice.Completions
	case *responses.Client:
		return &m.Client, choice.Responses
	case *anthropic.Client:
		return &m.Client, choice.Messages
	}
	return nil, ""
}

func none(string) string { return "" }

func TestFieldsOfTheUserHavePriority(t *testing.T) {
	for _, api := range []string{"", choice.Completions, choice.Responses, choice.Messages} {
		extra := map[string]any{"temperature": 0.9, "reasoning_effort": nil}
		model, err := choice.New("ollama:x", api, extra, none)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := clientOf(model)
		if got, want := fmt.Sprint(c.Extra), "map[reasoning_effort:<nil> temperature:0.9]"; got != want || c.Defaults["temperature"] != 0.3 {
			t.Errorf("%s: got %s and %v, want %s", api, got, c.Defaults, want)
		}
	}
}

func TestTheProviderChoosesTheAPIUnlessTheUserDoes(t *testing.T) {
	for _, row := range []struct{ text, api, want string }{
		{"openai:x", "", "completions https://api.openai.com/v1"},
		{"openai:x", "responses", "responses https://api.openai.com/v1"},
		{"anthropic:x", "", "messages https://api.anthropic.com/v1"},
		{"anthropic:x", "completions", "completions https://api.anthropic.com/v1"},
		{"https://api.anthropic.com/v1#x", "", "messages https://api.anthropic.com/v1"},
		{"ollama:x", "messages", "messages http://127.0.0.1:11434/v1"},
		{"http://box:8080/v1", "", "completions http://box:8080/v1"},
		{"http://box:8080/v1", "messages", "messages http://box:8080/v1"},
		{"http://box:8080/v1/messages#x", "", "messages http://box:8080/v1"},
		{"http://box:8080/v1/responses", "responses", "responses http://box:8080/v1"},
		{"http://box:8080/v1/responses", "messages", `http://box:8080/v1/responses is the URL of the API "responses", not of "messages"`},
		{"http://box:8080/v1/chat/completions", "", "completions http://box:8080/v1"},
		{"openai:x", "messages", `openai has no API "messages"`},
		{"anthropic:x", "responses", `anthropic has no API "responses"`},
		{"openai:x", "response", `"response" is not one of completions, responses, messages (did you mean 'responses'?)`},
		{"openai:x", "Chat", `"Chat" is not one of completions, responses, messages`},
	} {
		model, err := choice.New(row.text, row.api, nil, func(name string) string {
			if name == "OPENAI_API_KEY" || name == "ANTHROPIC_API_KEY" {
				return "k"
			}
			return ""
		})
		got := fmt.Sprint(err)
		if err == nil {
			c, api := clientOf(model)
			got = api + " " + c.Base
			if strings.Contains(c.String(), "/messages") || strings.Contains(c.String(), "/responses") {
				t.Errorf("%s is called %s", row.text, c)
			}
		} else if _, ok := errors.AsType[*choice.APIError](err); !ok {
			t.Errorf("%s with %q: %v is no APIError", row.text, row.api, err)
		}
		if got != row.want {
			t.Errorf("%s with %q: got %s, want %s", row.text, row.api, got, row.want)
		}
	}
	if _, err := choice.New("olama:x", "messages", nil, none); err == nil || !strings.Contains(err.Error(), "unknown provider") {
		t.Errorf("a wrong provider: got %v", err)
	}
}
