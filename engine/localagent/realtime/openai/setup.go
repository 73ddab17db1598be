package openai

import (
	"cmp"
	"encoding/json"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/tool"
)

// A dialect is the form in which a service wants its settings.
type dialect string

const (
	// ga is OpenAI's API since 2025 (general availability). The object session has the field type,
	// and the settings of the sound are in its object audio.
	ga dialect = "ga"
	// beta is OpenAI's API before 2025, which other servers still have. All settings are fields of
	// the object session itself.
	beta dialect = "beta"
	// xai is the API of xAI. The formats are in the object audio, and the voice and the detection of
	// speech are fields of the object session itself.
	xai dialect = "xai"
)

// dialectOf returns the dialect of a service. kind is its [provider.Endpoint.Kind], and session are
// the settings in its first event.
func dialectOf(kind string, session json.RawMessage) dialect {
	var fields struct{ Type, Audio json.RawMessage }
	json.Unmarshal(session, &fields) // stays empty if session is something else
	switch {
	case kind == "xai":
		return xai
	case fields.Type != nil || fields.Audio != nil:
		return ga
	}
	return beta
}

// An object is a JSON object to send.
type object = map[string]any

// sessionUpdate returns the event that sets the session up. created are the settings in the first
// event of the service.
func (s *Service) sessionUpdate(d dialect, created json.RawMessage, start realtime.Start) object {
	speech := start.Speech()
	session := object{
		"instructions": start.SystemText(),
		"tools":        toolList(start.Tools()),
		"tool_choice":  "auto",
	}
	format := func() object { return object{"type": "audio/pcm", "rate": rate} }
	input := object{"format": format(), "turn_detection": s.turnDetection(), "transcription": s.transcription(d, created, speech)}
	output := object{"format": format()}
	if speech.Speed != nil {
		output["speed"] = *speech.Speed
	}
	switch d {
	case ga:
		session["type"] = "realtime"
		session["output_modalities"] = []string{"audio"}
		if speech.Voice != "" {
			output["voice"] = speech.Voice
		}
		session["audio"] = object{"input": input, "output": output}
		if start.TextOnly {
			session["output_modalities"] = []string{"text"}
			delete(session, "audio")
		}
	case xai:
		delete(session, "tool_choice")
		if speech.Voice != "" {
			session["voice"] = speech.Voice
		}
		session["turn_detection"] = input["turn_detection"]
		delete(input, "turn_detection")
		session["audio"] = object{"input": input, "output": output}
	case beta:
		session["modalities"] = []string{"audio", "text"}
		if start.TextOnly {
			session["modalities"] = []string{"text"}
		}
		if speech.Voice != "" {
			session["voice"] = speech.Voice
		}
		if speech.Speed != nil {
			session["speed"] = *speech.Speed
		}
		session["input_audio_format"], session["output_audio_format"] = "pcm16", "pcm16"
		session["turn_detection"], session["input_audio_transcription"] = input["turn_detection"], input["transcription"]
	}
	realtime.Merge(session, s.Extra)
	realtime.Merge(session, start.Extra("type", "model", "tools", "instructions", "prompt"))
	return object{"type": "session.update", "session": session}
}

// turnDetection returns the setting that says who detects the user's speech.
func (s *Service) turnDetection() any {
	switch s.Detection() {
	case realtime.LocalDetection:
		return nil
	case realtime.SemanticDetection:
		return object{"type": "semantic_vad"}
	}
	return object{"type": "server_vad"}
}

// transcription returns the setting for the transcripts of what the user says. If the first event
// of the service names a model for them, it keeps that model.
func (s *Service) transcription(d dialect, created json.RawMessage, speech realtime.Speech) object {
	language, _, _ := strings.Cut(speech.Language, "-") // the API takes codes of ISO 639-1
	if d == xai {                                       // with a model, xAI would send other events
		if language == "" {
			return object{}
		}
		return object{"language_hint": speech.Language}
	}
	var model struct{ Model string }
	var fields struct {
		Transcription json.RawMessage `json:"input_audio_transcription"`
		Audio         struct {
			Input struct{ Transcription json.RawMessage }
		}
	}
	json.Unmarshal(created, &fields) // fields that are missing or have another type stay empty
	json.Unmarshal(fields.Audio.Input.Transcription, &model)
	json.Unmarshal(fields.Transcription, &model)
	t := object{"model": cmp.Or(model.Model, "whisper-1")}
	if language != "" {
		t["language"] = language
	}
	if len(speech.Keywords) > 0 {
		t["prompt"] = strings.Join(speech.Keywords, ", ")
	}
	return t
}

// toolList returns the tools in the form of the API.
func toolList(specs []*tool.Spec) []object {
	list := []object{}
	for _, spec := range brain.WithEndCall(specs) {
		list = append(list, object{"type": "function", "name": spec.Name, "description": llm.Description(spec), "parameters": llm.Parameters(spec)})
	}
	return list
}

// encode returns the JSON of an event.
func encode(o object) []byte {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // the events consist of values that JSON knows
	}
	return text
}

// createItem returns the event that adds a message to the conversation.
func createItem(d dialect, role, text string) object {
	kind := "input_text"
	if role == "assistant" {
		kind = "output_text"
		if d == beta {
			kind = "text"
		}
	}
	return object{"type": "conversation.item.create", "item": object{
		"type": "message", "role": role, "content": []object{{"type": kind, "text": text}},
	}}
}
