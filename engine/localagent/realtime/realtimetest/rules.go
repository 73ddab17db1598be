package realtimetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
)

// read handles the events of the client until the connection is over.
func (s *Session) read() {
	defer close(s.events)
	defer close(s.gone)
	for {
		_, data, err := s.ws.ReadMessage()
		if err != nil {
			return
		}
		e := Event{Raw: data}
		var head struct {
			Type    string
			EventID string `json:"event_id"`
		}
		if err := json.Unmarshal(data, &head); err != nil {
			s.refuse("", "invalid_json", err.Error())
			continue
		}
		e.Type = head.Type
		if code, text := s.handle(e); code != "" {
			s.refuse(head.EventID, code, text)
		}
		if e.Type != "input_audio_buffer.append" {
			s.mu.Lock()
			s.log = append(s.log, e.Type)
			s.mu.Unlock()
			s.events <- e
		}
	}
}

// refuse sends an error to the client. The test fails, unless the code is in Server.Tolerated or
// the error can also occur with a correct client, when both sides send at the same time.
func (s *Session) refuse(event, code, text string) {
	if !slices.Contains(s.server.Tolerated, code) && code != "response_cancel_not_active" && code != "conversation_already_has_active_response" {
		s.server.t.Errorf("the server refuses an event: %s: %s", code, text)
	}
	s.Send(Object{"type": "error", "error": Object{"type": "invalid_request_error", "code": code, "message": text, "event_id": event}})
}

// handle checks an event of the client and answers it. It returns the code and the text of the
// error for an event that the server refuses, or "".
func (s *Session) handle(e Event) (code, text string) {
	switch e.Type {
	case "session.update":
		return s.update(e)
	case "input_audio_buffer.append":
		return s.append(e)
	case "input_audio_buffer.commit":
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.sound == 0 {
			return "input_audio_buffer_commit_empty", "the buffer is empty"
		}
		return "", ""
	case "conversation.item.create":
		return s.create(e)
	case "conversation.item.truncate":
		return s.truncate(e)
	case "conversation.item.delete":
		var m struct {
			head
			ItemID string `json:"item_id"`
		}
		if err := strict(e, &m); err != nil {
			return "unknown_parameter", err.Error()
		}
		s.mu.Lock()
		known := s.items[m.ItemID] != nil
		delete(s.items, m.ItemID)
		s.mu.Unlock()
		if !known {
			return "item_delete_invalid_item_id", "no item " + m.ItemID
		}
		s.Send(Object{"type": "conversation.item.deleted", "item_id": m.ItemID})
		return "", ""
	case "response.create":
		return s.createResponse(e)
	case "response.cancel":
		if a := s.activeAnswer(); a == nil || !a.finish("cancelled", Object{"type": "cancelled", "reason": "client_cancelled"}) {
			return "response_cancel_not_active", "Cancellation failed: no active response found"
		}
		return "", ""
	}
	return "unknown_event", "unknown event " + e.Type
}

func (s *Session) update(e Event) (code, text string) {
	var common commonSettings
	var voice string
	var err error
	if s.server.Beta {
		var m struct {
			head
			Session betaSettings `json:"session"`
		}
		err = strict(e, &m)
		common, voice = m.Session.commonSettings, m.Session.Voice
	} else {
		var m struct {
			head
			Session gaSettings `json:"session"`
		}
		err = strict(e, &m)
		common, voice = m.Session.commonSettings, m.Session.Audio.Output.Voice
		if err == nil && m.Session.Type != "realtime" {
			return "missing_required_parameter", "Missing required parameter: 'session.type'."
		}
	}
	if err != nil {
		return "unknown_parameter", err.Error()
	}
	s.mu.Lock()
	isFirst := !s.ready
	s.mu.Unlock()
	if code, text := s.take(common, voice); code != "" {
		return code, text
	}
	s.Send(Object{"type": "session.updated", "session": s.settings()})
	if isFirst {
		close(s.begun)
	}
	return "", ""
}

// take records the voice and the other new settings of the client. It returns the code and the text
// of the error for settings that are not valid, or "".
func (s *Session) take(common commonSettings, voice string) (code, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if voice != "" && voice != s.voice && s.spoke {
		return "cannot_update_voice", "Cannot update a conversation's voice if assistant audio is present."
	}
	s.voice = voice
	if common.Tools != nil {
		s.tools = nil
		for _, tool := range common.Tools {
			if tool.Type != "function" || tool.Name == "" || len(tool.Parameters) == 0 {
				return "invalid_value", fmt.Sprintf("a wrong tool: %+v", tool)
			}
			s.tools = append(s.tools, tool.Name)
		}
	}
	s.ready = true
	return "", ""
}

func (s *Session) append(e Event) (code, text string) {
	var m struct {
		head
		Audio string `json:"audio"`
	}
	if err := strict(e, &m); err != nil {
		return "unknown_parameter", err.Error()
	}
	sound, err := base64.StdEncoding.DecodeString(m.Audio)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || len(sound)%2 != 0 {
		return "invalid_audio", "the sound is not base64 of samples with 16 bits"
	}
	if !s.ready {
		return "not_ready", "sound before session.updated"
	}
	s.sound += len(sound)
	return "", ""
}

func (s *Session) create(e Event) (code, text string) {
	var m struct {
		head
		Previous string   `json:"previous_item_id"`
		Item     wireItem `json:"item"`
	}
	if err := strict(e, &m); err != nil {
		return "unknown_parameter", err.Error()
	}
	s.mu.Lock()
	id := m.Item.ID
	if id == "" {
		id = fmt.Sprint("item_of_client_", len(s.items))
	}
	switch m.Item.Type {
	case "function_call_output":
		if !s.calls[m.Item.CallID] {
			s.mu.Unlock()
			return "invalid_tool_call_id", "no tool call " + m.Item.CallID
		}
		delete(s.calls, m.Item.CallID)
	case "message":
		want := map[string]string{"user": "input_text", "system": "input_text", "assistant": "output_text"}[m.Item.Role]
		if want == "output_text" && s.server.Beta {
			want = "text"
		}
		if len(m.Item.Content) != 1 || m.Item.Content[0].Type != want {
			s.mu.Unlock()
			return "invalid_value", fmt.Sprintf("the content of a message of the %s must have the type %s", m.Item.Role, want)
		}
	default:
		s.mu.Unlock()
		return "invalid_value", "an item of the type " + m.Item.Type
	}
	s.items[id] = &item{}
	s.mu.Unlock()
	added := Object{"id": id, "object": "realtime.item", "type": m.Item.Type, "status": "completed", "role": m.Item.Role, "call_id": m.Item.CallID}
	if len(m.Item.Content) > 0 {
		added["content"] = m.Item.Content
	}
	s.Send(Object{"type": "conversation.item.added", "item": added})
	return "", ""
}

func (s *Session) truncate(e Event) (code, text string) {
	var m struct {
		head
		ItemID       string `json:"item_id"`
		ContentIndex int    `json:"content_index"`
		End          int    `json:"audio_end_ms"`
	}
	if err := strict(e, &m); err != nil {
		return "unknown_parameter", err.Error()
	}
	s.mu.Lock()
	it := s.items[m.ItemID]
	s.mu.Unlock()
	switch {
	case it == nil:
		return "item_truncate_invalid_item_id", "no item " + m.ItemID
	case !it.sound || m.End <= 0:
		return "unsupported_content_type", "Only model output audio messages can be truncated"
	case m.End > it.bytes/48:
		return "invalid_value", fmt.Sprintf("Audio content of %dms is already shorter than %dms", it.bytes/48, m.End)
	}
	s.Send(Object{"type": "conversation.item.truncated", "item_id": m.ItemID, "content_index": 0, "audio_end_ms": m.End})
	return "", ""
}

func (s *Session) createResponse(e Event) (code, text string) {
	var m struct {
		head
		Response struct {
			Instructions     string   `json:"instructions"`
			ToolChoice       string   `json:"tool_choice"`
			OutputModalities []string `json:"output_modalities"`
		} `json:"response"`
	}
	if err := strict(e, &m); err != nil {
		return "unknown_parameter", err.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active != nil {
		return "conversation_already_has_active_response", "Conversation already has an active response"
	}
	s.active = s.newAnswer()
	return "", ""
}
