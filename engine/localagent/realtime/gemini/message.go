package gemini

import (
	"encoding/json"
	"fmt"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/tool"
)

// A message is a message from the service. Several fields can be set.
type message struct {
	SetupComplete *struct{}
	ServerContent *struct {
		ModelTurn *struct {
			Parts []struct {
				Text       string
				Thought    bool
				InlineData *struct {
					MimeType string
					Data     []byte
				}
			}
		}
		Interrupted         bool
		GenerationComplete  bool
		TurnComplete        bool
		InputTranscription  *struct{ Text string }
		OutputTranscription *struct{ Text string }
	}
	ToolCall *struct {
		FunctionCalls []functionCall
	}
	ToolCallCancellation *struct{ IDs []string }
	GoAway               *struct{ TimeLeft string } // such as "50s"
	SessionResumption    *struct {
		NewHandle string
		Resumable bool
	} `json:"sessionResumptionUpdate"`
	Usage *struct {
		PromptTokenCount   int
		ResponseTokenCount int
	} `json:"usageMetadata"`
}

// A functionCall is a request of the model to run a tool.
type functionCall struct {
	ID   string
	Name string
	Args json.RawMessage
}

// An object is a JSON object to send.
type object = map[string]any

// encode returns the JSON of a message.
func encode(o object) []byte {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // the messages consist of values that JSON knows
	}
	return text
}

// setup returns the settings of a session, and a map from the names that the model uses for the
// tools to the names of the tools.
func (s *Service) setup(start realtime.Start, model, handle string) (object, map[string]string) {
	declarations, names := declare(start.Tools())
	speech := start.Speech()
	config := object{"responseModalities": []string{"AUDIO"}} // the current models cannot answer with text alone
	speechConfig := object{}
	if speech.Voice != "" {
		speechConfig["voiceConfig"] = object{"prebuiltVoiceConfig": object{"voiceName": speech.Voice}}
	}
	if strings.Contains(speech.Language, "-") { // the service takes only codes with a region, such as de-DE
		speechConfig["languageCode"] = speech.Language
	}
	if len(speechConfig) > 0 {
		config["speechConfig"] = speechConfig
	}
	resumption := object{}
	if handle != "" {
		resumption["handle"] = handle
	}
	setup := object{
		"model":                    "models/" + strings.TrimPrefix(model, "models/"),
		"generationConfig":         config,
		"systemInstruction":        object{"parts": []object{{"text": start.SystemText()}}},
		"tools":                    []object{{"functionDeclarations": declarations}},
		"sessionResumption":        resumption,
		"contextWindowCompression": object{"slidingWindow": object{}},
		"inputAudioTranscription":  object{},
		"outputAudioTranscription": object{},
	}
	if s.Detection() == realtime.LocalDetection {
		setup["realtimeInputConfig"] = object{"automaticActivityDetection": object{"disabled": true}}
	}
	realtime.Merge(setup, s.Extra)
	realtime.Merge(setup, start.Extra("model", "tools", "systemInstruction", "sessionResumption"))
	return setup, names
}

// declare returns the tools in the form of the API, and a map from the names that the model uses
// for the tools to the names of the tools.
func declare(specs []*tool.Spec) (declarations []object, names map[string]string) {
	names = map[string]string{}
	for _, spec := range brain.WithEndCall(specs) {
		name := modelName(spec.Name)
		for n := 2; names[name] != ""; n++ {
			name = fmt.Sprintf("%.60s_%d", modelName(spec.Name), n)
		}
		names[name] = spec.Name
		d := object{"name": name, "description": llm.Description(spec)}
		if spec.Parameters != nil && len(spec.Parameters.Properties) > 0 { // an object without properties is refused
			d["parameters"] = llm.Parameters(spec)
		}
		declarations = append(declarations, d)
	}
	return declarations, names
}

// modelName returns the name that the model uses for a tool. It begins with a letter or _, as the
// API demands, and is cut to 64 characters if it was changed.
func modelName(name string) string {
	if name != "" && strings.ContainsRune("0123456789-", rune(name[0])) {
		return fmt.Sprintf("_%.63s", name)
	}
	return name
}
