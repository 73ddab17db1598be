package testkit

import (
	"encoding/json"
	"fmt"
)

// Metadata returns the frame that opens a conversation. id is the conversation id. format is the
// audio format in both directions, such as "pcm_16000".
func Metadata(id, format string) string {
	return fmt.Sprintf(`{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":`+
		`{"conversation_id":%s,"agent_output_audio_format":%s,"user_input_audio_format":%[2]s}}`, quote(id), quote(format))
}

// ToolCall returns the frame that calls a client tool. id is the id of the call, name the name of
// the tool, and args its arguments as JSON.
func ToolCall(id, name, args string) string {
	return fmt.Sprintf(`{"type":"client_tool_call","client_tool_call":{"tool_name":%s,"tool_call_id":%s,"parameters":%s,"event_id":1}}`,
		quote(name), quote(id), args)
}

// Ping returns a ping frame. The client must answer with a pong with the same event id.
func Ping(id int) string {
	return fmt.Sprintf(`{"type":"ping","ping_event":{"event_id":%d}}`, id)
}

// AgentResponse returns the frame with which the agent says text. id is the event id.
func AgentResponse(text string, id int) string {
	return fmt.Sprintf(`{"type":"agent_response","agent_response_event":{"agent_response":%s,"event_id":%d}}`, quote(text), id)
}

// AgentResponseComplete returns the frame that says that the agent's response is complete. id is
// the event id.
func AgentResponseComplete(id int) string {
	return fmt.Sprintf(`{"type":"agent_response_complete","agent_response_complete_event":{"event_id":%d}}`, id)
}

// frameType returns the field "type" of a frame, or "" if the frame has none.
func frameType(text []byte) string {
	var frame struct{ Type string }
	json.Unmarshal(text, &frame)
	return frame.Type
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}
