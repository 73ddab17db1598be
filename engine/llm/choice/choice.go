// Package choice makes the language model that the user has chosen, such as "ollama:qwen3". A new
// API is a package beside this one and a line in New.
package choice

import (
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/guess"
	"moonlark/engine/llm"
	"moonlark/engine/llm/anthropic"
	"moonlark/engine/llm/completions"
	"moonlark/engine/llm/responses"
	"moonlark/engine/provider"
)

// The APIs of language models, as New names them.
const (
	Completions = "completions" // Chat Completions of OpenAI
	Responses   = "responses"   // Responses of OpenAI
	Messages    = "messages"    // Messages of Anthropic
)

// paths has the path of each API. If a URL from the user ends in one of the paths, the server has
// that API.
var paths = map[string]string{Completions: "/chat/completions", Responses: "/responses", Messages: "/messages"}

// lacking has, for each API, the providers whose base URL in package provider does not serve the
// API. If such a provider serves the API elsewhere, the user can give that URL instead of the name.
var lacking = map[string][]string{
	Responses: {"anthropic", "mistral", "gemini", "deepseek"},
	Messages:  {"openai", "azure", "groq", "mistral", "gemini", "deepseek"},
}

// An APIError says that an API cannot be used.
type APIError struct{ text string }

// Error returns a sentence for people.
func (e *APIError) Error() string { return e.text }

// New returns the model that text names: PROVIDER[:MODEL] or URL[#MODEL]. api is the API of the
// server; empty means Messages for Anthropic, and Completions for everybody else. extra has fields to
// add to each request; a field with the value nil is left out of the requests. getenv returns the
// value of an environment variable. New does not connect to the server. If api is wrong, the error
// is an *APIError.
func New(text, api string, extra map[string]any, getenv func(string) string) (llm.Model, error) {
	if err := checkAPI(api); err != nil {
		return nil, err
	}
	endpoint, err := provider.Find(text, getenv)
	if err != nil {
		return nil, err
	}
	if api, err = apiOf(&endpoint, api); err != nil {
		return nil, err
	}
	return ForEndpoint(endpoint, api, extra), nil
}

// ForEndpoint returns the model on a server that has the API: Completions, Responses or Messages.
func ForEndpoint(endpoint provider.Endpoint, api string, extra map[string]any) llm.Model {
	switch api {
	case Messages:
		c := anthropic.New(endpoint)
		c.Extra, c.Defaults = extra, messagesDefaults(endpoint.Kind())
		return c
	case Responses:
		c := responses.New(endpoint)
		c.Extra, c.Defaults = extra, responsesDefaults(endpoint.Kind())
		return c
	}
	c := completions.New(endpoint)
	c.Extra, c.Defaults = extra, completionsDefaults(endpoint.Kind())
	c.ShortIDs = endpoint.Kind() == "mistral"
	c.EchoThoughts = endpoint.Kind() == "deepseek"
	return c
}

func checkAPI(api string) error {
	names := []string{Completions, Responses, Messages}
	if api == "" || slices.Contains(names, api) {
		return nil
	}
	return &APIError{fmt.Sprintf("%q is not one of %s%s", api, strings.Join(names, ", "), guess.DidYouMean(api, names))}
}

// apiOf returns the API to use with a server. wanted is the API that the user has chosen, or empty.
// If the base URL of the server ends in the path of an API, apiOf removes the path.
func apiOf(e *provider.Endpoint, wanted string) (string, error) {
	if slices.Contains(lacking[wanted], e.Server) {
		return "", &APIError{fmt.Sprintf("%s has no API %q", e.Server, wanted)}
	}
	for api, path := range paths {
		base, found := strings.CutSuffix(e.Base, path)
		if !found {
			continue
		}
		if wanted != "" && wanted != api {
			return "", &APIError{fmt.Sprintf("%s is the URL of the API %q, not of %q", e.Base, api, wanted)}
		}
		e.Server, e.Base = strings.TrimSuffix(e.Server, path), base
		return api, nil
	}
	switch {
	case wanted != "":
		return wanted, nil
	case e.Kind() == "anthropic":
		return Messages, nil
	}
	return Completions, nil
}

// Ollama sets the temperature to 1 if there is none, and then small models call wrong tools. A model
// that thinks would let the user wait.
const ollamaTemperature = 0.3

func completionsDefaults(kind string) map[string]any {
	switch kind {
	case "ollama":
		return map[string]any{"temperature": ollamaTemperature, "reasoning_effort": "none"}
	case "openrouter": // only hosts that know tools
		return map[string]any{"provider": map[string]any{"require_parameters": true}}
	}
	return nil
}

func responsesDefaults(kind string) map[string]any {
	if kind == "ollama" {
		return map[string]any{"temperature": ollamaTemperature, "reasoning": map[string]any{"effort": "none"}}
	}
	return nil
}

func messagesDefaults(kind string) map[string]any {
	if kind == "ollama" {
		return map[string]any{"temperature": ollamaTemperature, "thinking": map[string]any{"type": "disabled"}}
	}
	return nil
}
