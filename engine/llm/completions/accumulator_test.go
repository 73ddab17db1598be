package completions

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/llm/llmtest"
)

func TestEveryFormOfAStreamIsRead(t *testing.T) {
	for _, row := range llmtest.Streams {
		t.Run(row.Name, func(t *testing.T) {
			var a accumulator
			var parts []string
			text := ""
			for _, data := range row.Chunks {
				var c chunk
				if err := json.Unmarshal([]byte(data), &c); err != nil {
					t.Fatalf("%s: %v", data, err)
				}
				text += a.add(&c)
			}
			if text != "" {
				parts = append(parts, text)
			}
			for _, call := range a.finished() {
				part := fmt.Sprintf("%s=%s%s", call.ID, call.Name, call.Arguments)
				if call.Problem != "" {
					part += "!" + call.Problem
				}
				for name, value := range call.Extra {
					part += "+" + name + string(value)
				}
				parts = append(parts, part)
			}
			if got := strings.Join(parts, " "); got != row.Want {
				t.Errorf("got  %s\nwant %s", got, row.Want)
			}
		})
	}
}

func TestACallIsCutIfItsArgumentsAreNotComplete(t *testing.T) {
	call := func(arguments, finish string) string {
		return `{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"` + arguments + `"}}]},"finish_reason":` + finish + `}]}`
	}
	for _, row := range []struct {
		chunk string
		done  bool // the stream ended with [DONE]
		want  bool
	}{
		{call(`{\"n\":`, "null"), true, true},
		{call(`{\"n\":`, `"stop"`), true, false},
		{call(`{\"n\":`, `"length"`), true, true},
		{call("{}", "null"), true, false},
		{call("{}", "null"), false, false},
		{call("{}", `"length"`), true, false},
		{call("", "null"), true, false},
		{call("", "null"), false, true},
		{call("", `"tool_calls"`), false, false},
		{call("", `"length"`), true, true},
		{call("", `"content_filter"`), true, true},
		{`{"choices":[{"delta":{"content":"a"}}]}`, false, false},
	} {
		var a accumulator
		var c chunk
		if err := json.Unmarshal([]byte(row.chunk), &c); err != nil {
			t.Fatal(err)
		}
		a.add(&c)
		if got := a.isCut(row.done); got != row.want {
			t.Errorf("%s, done %v: isCut is %v", row.chunk, row.done, got)
		}
	}
}

func TestThoughtsAreKeptOnlyForServersThatNeedThem(t *testing.T) {
	for keep, want := range map[bool]string{true: `{"reasoning_content":"so then"}`, false: "null"} {
		a := accumulator{keepThoughts: keep}
		for _, thought := range []string{"so ", "then"} {
			var c chunk
			json.Unmarshal([]byte(`{"choices":[{"delta":{"reasoning_content":"`+thought+`"}}]}`), &c)
			a.add(&c)
		}
		if got, _ := json.Marshal(a.extra()); string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
