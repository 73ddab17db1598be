package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/llm/choice"
	"moonlark/engine/localagent"
	"moonlark/engine/localagent/brain"
	chatbrain "moonlark/engine/localagent/brain/chat"
	"moonlark/engine/localagent/realtime"
	realtimechoice "moonlark/engine/localagent/realtime/choice"
)

// llmFlags select the language model of the embedded agent, or a speech-to-speech service.
type llmFlags struct {
	LLM      string `name:"llm" placeholder:"MODEL" help:"Language model of the embedded agent: PROVIDER[:MODEL], such as ollama:qwen3, or the URL of a server, URL[#MODEL]. Without it, the agent matches the phrases of the tools (phrases)."`
	LLMAPI   string `name:"llm-api" placeholder:"API" help:"API of the language model's server: completions (Chat Completions of OpenAI), responses (Responses of OpenAI) or messages (Messages of Anthropic). Without it, messages for Anthropic and completions for all others."`
	Fast     string `name:"fast" placeholder:"phrases" help:"phrases: when the user says exactly a phrase of a tool, call the tool without asking the language model. With --llm."`
	LLMPrice string `name:"llm-price" placeholder:"IN,OUT" help:"What a million input tokens and a million output tokens of --llm cost, such as 0.15,0.60: then the inspector and --json show what each request costs, without discounts."`
	LLMExtra string `name:"llm-extra" placeholder:"JSON" help:"JSON object with fields to add to each request to the language model, or to the settings of the speech-to-speech service. null removes a field."`

	Realtime  string `name:"realtime" placeholder:"MODEL" help:"Speech-to-speech service of the embedded agent, which hears and speaks itself: openai:MODEL, azure:DEPLOYMENT, xai[:MODEL], gemini:MODEL, or the URL of a server with the Realtime API of OpenAI, ws://HOST[#MODEL]."`
	Detection string `name:"realtime-vad" placeholder:"HOW" help:"With --realtime: what notices that you speak. The service by your sound (server, the default), the service by your sound and your words (semantic), or Moonlark (off)."`
}

// isSet reports whether the flags name a language model or a speech-to-speech service.
func (f llmFlags) isSet() bool { return f.namesModel() || f.Realtime != "" }

// namesModel reports whether the flags name a language model.
func (f llmFlags) namesModel() bool { return f.LLM != "" && f.LLM != "phrases" }

// addTo adds the brain or the speech-to-speech service that the flags select to the options of the
// embedded agent. It returns an error when the flags contain a mistake.
func (f llmFlags) addTo(opts *localagent.Options) error {
	var err error
	if opts.Realtime, err = f.realtime(); err != nil {
		return err
	}
	if opts.Price, err = f.price(); err != nil {
		return err
	}
	opts.Brain, err = f.brain()
	return err
}

// price returns the prices of --llm-price.
func (f llmFlags) price() (p llm.Price, err error) {
	if f.LLMPrice == "" {
		return p, nil
	}
	if !f.namesModel() {
		return p, errors.New("--llm-price needs --llm")
	}
	input, output, _ := strings.Cut(f.LLMPrice, ",")
	for text, price := range map[*string]*float64{&input: &p.Input, &output: &p.Output} {
		*price, err = strconv.ParseFloat(strings.TrimSpace(*text), 64)
		if err != nil || !(*price >= 0 && *price < 1e9) {
			return p, fmt.Errorf("--llm-price: want two prices such as 0.15,0.60, got %q", f.LLMPrice)
		}
	}
	return p, nil
}

// checkSpeech returns an error if the flags name a speech-to-speech service, and also a language
// model, a voice or a recogniser, all of which the service replaces, or if --patience has no effect.
func (f llmFlags) checkSpeech(speech speechFlags) error {
	hears := speech.STT != "" && speech.STT != "none"
	if speech.Patience != "" && !hears && f.Detection != string(realtime.LocalDetection) {
		return errors.New("--patience needs --stt, or --realtime-vad off")
	}
	if f.Realtime == "" {
		return nil
	}
	for _, other := range []struct{ name, value string }{{"--llm", f.LLM}, {"--tts", speech.TTS}, {"--stt", speech.STT}} {
		if other.value != "" {
			return fmt.Errorf("--realtime hears, thinks and speaks itself: leave out %s", other.name)
		}
	}
	return nil
}

// realtime returns the speech-to-speech service that the flags name, nil if they name none.
func (f llmFlags) realtime() (realtime.Service, error) {
	if f.Realtime == "" {
		if f.Detection != "" {
			return nil, errors.New("--realtime-vad needs --realtime")
		}
		return nil, nil
	}
	text := clean(f.Realtime)
	if err := checkWord("--realtime", text); err != nil {
		return nil, err
	}
	extra, err := f.extra()
	if err != nil {
		return nil, err
	}
	detection, err := realtime.ParseDetection(clean(f.Detection))
	if err != nil {
		return nil, fmt.Errorf("--realtime-vad: %w", err)
	}
	service, err := realtimechoice.New(text, detection, extra, os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("--realtime: %w", err)
	}
	return service, nil
}

// brain returns the brain that the flags select for the embedded agent. It returns nil if they name
// no language model: the agent then matches the phrases of the tools.
func (f llmFlags) brain() (brain.Brain, error) {
	model, err := f.model()
	if model == nil || err != nil {
		return nil, err
	}
	return &chatbrain.Brain{Model: model, PhrasesFirst: f.Fast != ""}, nil
}

// model returns the language model that the flags name, nil if they name none.
func (f llmFlags) model() (llm.Model, error) {
	if !f.namesModel() {
		switch {
		case f.LLMExtra != "" && f.Realtime == "":
			return nil, errors.New("--llm-extra needs --llm or --realtime")
		case f.LLMAPI != "":
			return nil, errors.New("--llm-api needs --llm")
		case f.Fast != "":
			return nil, errors.New("--fast needs --llm")
		}
		return nil, nil
	}
	if f.Fast != "" && f.Fast != "phrases" {
		return nil, fmt.Errorf("--fast %s: want phrases", f.Fast)
	}
	text := clean(f.LLM)
	if err := checkWord("--llm", text); err != nil {
		return nil, err
	}
	extra, err := f.extra()
	if err != nil {
		return nil, err
	}
	model, err := choice.New(text, clean(f.LLMAPI), extra, os.Getenv)
	if _, isAPI := errors.AsType[*choice.APIError](err); isAPI {
		return nil, fmt.Errorf("--llm-api: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("--llm: %w", err)
	}
	return model, nil
}

// extra returns the fields of --llm-extra, nil if there are none.
func (f llmFlags) extra() (extra map[string]any, err error) {
	if f.LLMExtra == "" {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(f.LLMExtra)))
	d.UseNumber() // keeps numbers as they are written
	if err := d.Decode(&extra); err != nil || d.More() || extra == nil {
		return nil, fmt.Errorf("--llm-extra: %q is not a JSON object", f.LLMExtra)
	}
	return extra, nil
}
