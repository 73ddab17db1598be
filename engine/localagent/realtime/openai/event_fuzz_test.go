package openai

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/tool"
)

// noEvents ignores all events.
type noEvents struct{}

func (noEvents) AgentSound(string, []byte)     {}
func (noEvents) AgentText(string, string)      {}
func (noEvents) AgentDone(string)              {}
func (noEvents) UserBegan(string)              {}
func (noEvents) UserText(string, string)       {}
func (noEvents) Calls([]llm.Call)              {}
func (noEvents) ResponseDone(llm.Round, error) {}
func (noEvents) Failed(error)                  {}

// FuzzEvents passes any messages, one a line, to a session. It must survive them, and keep little.
func FuzzEvents(f *testing.F) {
	f.Add(`{"type":"response.created"}
{"type":"response.audio.delta","item_id":"a","delta":"AAAA"}
{"type":"response.audio_transcript.done","item_id":"a","transcript":"x"}
{"type":"response.done","response":{"status":"completed"}}`)
	f.Add(`{"type":"input_audio_buffer.speech_started","item_id":"u"}
{"type":"input_audio_buffer.committed","item_id":"u"}
{"type":"conversation.item.input_audio_transcription.completed","item_id":"u","transcript":"x"}`)
	f.Add(`{"type":"response.output_item.added","item":{"type":"function_call","call_id":"c","name":"n"}}
{"type":"response.function_call_arguments.done","call_id":"c","arguments":"{}"}
{"type":"response.done","response":{"output":[{"type":"function_call","call_id":"c","name":"n","arguments":{}}]}}`)
	f.Add(`{"type":"error","error":{"code":"conversation_already_has_active_response"}}
{"type":"error","error":{"code":"response_cancel_not_active","event_id":"answer_1_cancel"}}`)
	f.Fuzz(func(t *testing.T, script string) {
		c := &session{
			service: &Service{}, events: noEvents{}, log: slog.New(slog.DiscardHandler),
			start: realtime.Start{Start: brain.Start{Tools: func() []*tool.Spec { return nil }}},
			calls: map[string]string{}, lostCalls: map[string]string{},
		}
		c.items = map[string]*spokenItem{}
		for line := range strings.Lines(script) {
			if e, ok := parse([]byte(line)); ok {
				c.handle(e, []byte(line))
			}
			c.Interrupted("a", time.Second, "x")
		}
		c.end()
		if len(c.items) > maxItems || len(c.waiting) > maxWaiting {
			t.Errorf("%d items and %d texts are kept", len(c.items), len(c.waiting))
		}
	})
}
