package doctor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlark/audio/device"
	"moonlark/engine/doctor"
	"moonlark/engine/llm"
	"moonlark/engine/llm/choice"
	"moonlark/engine/llm/completions"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/provider"
	"moonlark/engine/rest"
	"moonlark/engine/tool"
)

func TestTheLanguageModelIsChecked(t *testing.T) {
	calls := llmtest.Tool(`ping {"n":7}`)
	for _, row := range []struct {
		name    string
		model   string
		models  []string
		replies []llmtest.Reply
		want    string // the beginning of a finding that must be reported
	}{
		{"a good model", "tiny", []string{"tiny"}, []llmtest.Reply{calls, calls}, "ok model tools: the model calls tools"},
		{"a fast model", "tiny", []string{"tiny"}, []llmtest.Reply{calls, calls}, "ok model speed: begins to reply after 0.0 s"},
		{"the only model", "", []string{"tiny"}, []llmtest.Reply{calls, calls}, "ok model name: tiny, the only one of the server"},
		{"a model with a tag", "tiny", []string{"tiny:latest"}, []llmtest.Reply{calls, calls}, "ok model name: tiny"},
		{"a model with a date", "tiny", []string{"tiny-20260102"}, []llmtest.Reply{calls, calls}, "ok model name: tiny"},
		{"no model chosen", "", []string{"a", "b"}, nil, "error model name: no model is chosen; the server has a, b -> name one"},
		{"an unknown model", "tiny", []string{"a"}, []llmtest.Reply{calls, calls}, "warning model name: the server does not list tiny; it lists a -> check the name"},
		{"text in place of a call", "tiny", []string{"tiny"}, []llmtest.Reply{llmtest.Text("Sure!"), calls}, `warning model tools: the model has answered with text in place of a tool call: "Sure!" -> choose`},
		{"a printed call", "tiny", []string{"tiny"}, []llmtest.Reply{llmtest.Text(`<tool_call>{"name":"ping"}</tool_call>`), calls}, "error model tools: the model has printed a tool call as text"},
		{"a wrong call", "tiny", []string{"tiny"}, []llmtest.Reply{llmtest.Tool(`pong {}`), calls}, "warning model tools: the model has called pong{}"},
		{"a model without tools", "tiny", []string{"tiny"}, []llmtest.Reply{llmtest.Error(400, `{"error":"tiny does not support tools"}`)}, "error model reply: HTTP 400: tiny does not support tools -> choose a model that can call tools"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := llmtest.Serve(t, row.replies...)
			s.Models = row.models
			found := findings(t, completions.New(provider.Endpoint{Server: "test", Base: s.URL, Choice: row.model}))
			if !strings.Contains("\n"+found, "\n"+row.want) || strings.Contains(found, " agent ") || strings.Contains(found, " network ") {
				t.Errorf("got\n%s\nwant\n%s", found, row.want)
			}
		})
	}
}

func TestEveryAPIIsChecked(t *testing.T) {
	for _, api := range llmtest.APIs {
		s := api.Serve(t, api.Tool(`ping {"n":7}`), api.Tool(`ping {"n":7}`))
		model, err := choice.New(s.URL+"#tiny", api.Name, nil, func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		found := findings(t, model)
		for _, want := range []string{"ok model server: answers, with 1 model", "ok model name: tiny", "ok model tools: the model calls tools", "ok model speed: begins to reply after 0.0 s"} {
			if !strings.Contains("\n"+found, "\n"+want) {
				t.Errorf("%s: got\n%s\nwant\n%s", api.Name, found, want)
			}
		}
	}
}

// findings returns the findings about the model, with a script of many tools.
func findings(t *testing.T, m llm.Model) string {
	t.Helper()
	var tools []*tool.Spec
	for i := range 20 {
		tools = append(tools, &tool.Spec{Name: fmt.Sprint("tool_", i), Description: strings.Repeat("long ", 100)})
	}
	opts := doctor.Options{Client: &rest.Client{Host: "localhost"}, Model: m, Devices: noDevices, Scripts: []doctor.Script{{Name: "a.lua", Tools: tools}}}
	var found []string
	if err := doctor.Run(t.Context(), opts, func(f doctor.Finding) { found = append(found, line(f)) }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, "\n")
}

func TestOllamaMustReadThePromptAndTheTools(t *testing.T) {
	for size, want := range map[int]string{
		4096:  "warning model context: the server reads 4096 tokens; the prompt, the tools and a short conversation need about 5",
		16384: "ok model context: the server reads 16384 tokens",
	} {
		s := llmtest.Serve(t, llmtest.Tool(`ping {"n":7}`), llmtest.Tool(`ping {"n":7}`))
		mux := http.NewServeMux()
		mux.HandleFunc("/api/ps", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"models":[{"name":"other","context_length":1},{"name":"tiny:latest","context_length":%d}]}`, size)
		})
		mux.HandleFunc("/v1/", s.ServeHTTP)
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		found := findings(t, completions.New(provider.Endpoint{Server: "ollama", Base: server.URL + "/v1", Choice: "tiny"}))
		if !strings.Contains("\n"+found, "\n"+want) {
			t.Errorf("got\n%s\nwant\n%s", found, want)
		}
	}
	gone := completions.New(provider.Endpoint{Server: "ollama", Base: "http://127.0.0.1:1/v1", Choice: "tiny", StartHint: "start it with: ollama serve"})
	if found, want := findings(t, gone), "error model server: nothing listens at 127.0.0.1:1 -> start it with: ollama serve"; !strings.Contains("\n"+found, "\n"+want) {
		t.Errorf("got\n%s\nwant\n%s", found, want)
	}
}

// noDevices is a machine without sound devices.
func noDevices(context.Context) (speakers, microphones []device.Entry, reasons []string) {
	return nil, nil, nil
}
