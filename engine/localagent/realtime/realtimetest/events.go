package realtimetest

import (
	"bytes"
	"encoding/json"
)

type head struct {
	Type    string `json:"type"`
	EventID string `json:"event_id"`
}

type wireTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
}

type transcription struct {
	Model    string `json:"model"`
	Language string `json:"language"`
	Prompt   string `json:"prompt"`
}

type detection struct {
	Type      string `json:"type"`
	Eagerness string `json:"eagerness"`
}

type format struct {
	Type string `json:"type"`
	Rate int    `json:"rate"`
}

// commonSettings are the settings that both dialects have.
type commonSettings struct {
	Instructions string     `json:"instructions"`
	Tools        []wireTool `json:"tools"`
	ToolChoice   string     `json:"tool_choice"`
}

type gaSettings struct {
	commonSettings
	Type             string   `json:"type"`
	OutputModalities []string `json:"output_modalities"`
	Audio            struct {
		Input struct {
			Format        format         `json:"format"`
			Transcription *transcription `json:"transcription"`
			TurnDetection *detection     `json:"turn_detection"`
		} `json:"input"`
		Output struct {
			Format format  `json:"format"`
			Voice  string  `json:"voice"`
			Speed  float64 `json:"speed"`
		} `json:"output"`
	} `json:"audio"`
}

type betaSettings struct {
	commonSettings
	Modalities    []string       `json:"modalities"`
	Voice         string         `json:"voice"`
	Speed         float64        `json:"speed"`
	InputFormat   string         `json:"input_audio_format"`
	OutputFormat  string         `json:"output_audio_format"`
	Transcription *transcription `json:"input_audio_transcription"`
	TurnDetection *detection     `json:"turn_detection"`
}

// wireItem is an item that a client creates.
type wireItem struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Role    string `json:"role"`
	CallID  string `json:"call_id"`
	Output  string `json:"output"`
	Content []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"content"`
}

// strict decodes the event and returns an error if it has an unknown field.
func strict(e Event, into any) error {
	d := json.NewDecoder(bytes.NewReader(e.Raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
