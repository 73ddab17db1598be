// Package choice makes the speech-to-speech service that the user has chosen, such as
// "openai:MODEL". To add an API, add a package beside this one and a case in New.
package choice

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/gemini"
	"moonlark/engine/localagent/realtime/openai"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/provider"
)

// known are the providers with a speech-to-speech API.
var known = []string{"openai", "azure", "xai", "gemini"}

// New returns the service that text names: openai:MODEL, azure:DEPLOYMENT, xai[:MODEL],
// gemini:MODEL, or the URL of a WebSocket, URL[#MODEL]. detect says who detects the user's
// speech. extra has fields to add to the settings of each session; a field with the value nil is
// removed. getenv returns the value of an environment variable. New does not connect to the
// service.
func New(text string, detect realtime.Detection, extra map[string]any, getenv func(string) string) (realtime.Service, error) {
	if strings.Contains(text, "://") {
		e, err := fromURL(text, getenv)
		if err != nil {
			return nil, err
		}
		return &openai.Service{Service: wire.Service{Endpoint: e, Detect: detect, Extra: extra}}, nil
	}
	name, _, _ := strings.Cut(text, ":")
	if slices.Contains(provider.Names(), name) && !slices.Contains(known, name) {
		return nil, fmt.Errorf("%s has no speech-to-speech API that Moonlark knows: want openai, azure, xai, gemini or a URL that begins with ws:// or wss://", name)
	}
	e, err := provider.Find(text, getenv)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(e.Base)
	if err != nil {
		return nil, err
	}
	if e.Server != "gemini" {
		e.Base = withWebSocketScheme(base).JoinPath("realtime").String()
		return &openai.Service{Service: wire.Service{Endpoint: e, Detect: detect, Extra: extra}}, nil
	}
	if detect == realtime.SemanticDetection {
		return nil, errors.New("gemini has no semantic detection of speech: want server or off")
	}
	e.Base = withWebSocketScheme(&url.URL{Scheme: base.Scheme, Host: base.Host, Path: gemini.Path}).String()
	e.KeyHeader = "x-goog-api-key"
	return &gemini.Service{Service: wire.Service{Endpoint: e, Detect: detect, Extra: extra}}, nil
}

// fromURL returns the server at the URL of a WebSocket. If the URL has no path, or ends in /v1, the
// usual path is added.
func fromURL(text string, getenv func(string) string) (provider.Endpoint, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return provider.Endpoint{}, fmt.Errorf("%q is not a URL that begins with ws:// or wss://", text)
	}
	query := u.Query()
	model := u.Fragment
	if model == "" {
		model = query.Get("model")
	}
	for name := range query {
		if name != "model" && name != "api-version" && name != "deployment" {
			return provider.Endpoint{}, fmt.Errorf("the URL has a parameter %q: a key belongs into LLM_API_KEY", name)
		}
	}
	plain := *u
	plain.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	plain.RawQuery, plain.Fragment = "", ""
	e, err := provider.Find(plain.String(), getenv)
	if err != nil {
		return e, fmt.Errorf("%s", strings.NewReplacer("https://", "wss://", "http://", "ws://").Replace(err.Error()))
	}
	base, err := url.Parse(e.Base)
	if err != nil {
		return e, err
	}
	switch {
	case base.Path == "":
		base.Path = "/v1/realtime"
	case strings.HasSuffix(base.Path, "/v1"):
		base.Path += "/realtime"
	}
	query.Del("model")
	base.RawQuery = query.Encode()
	e.Server = u.Scheme + "://" + u.Host
	e.Base, e.Choice = withWebSocketScheme(base).String(), model
	return e, nil
}

// withWebSocketScheme returns the URL with the scheme ws in place of http, and wss in place of
// https.
func withWebSocketScheme(u *url.URL) *url.URL {
	copied := *u
	copied.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	return &copied
}
