// Package provider finds the servers of language models and of speech services that the user names,
// such as "openai" or "http://192.168.1.5:8080/v1", with their keys, and sends requests to them.
package provider

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"moonlark/engine/apikey"
	"moonlark/engine/guess"
	"moonlark/engine/loopback"
)

// An Endpoint is a server with an API of a language model or of speech. Any goroutine may use it,
// but its fields must not change after the first call of a method.
type Endpoint struct {
	Server string     // the name of the server, for people; a provider's name or a URL
	Base   string     // the URL of the API, without a slash at the end
	Choice string     // what the user has named after the server: a model or a voice; may be empty
	Key    apikey.Key // may be zero
	// KeyHeader is the header that contains the key. Empty means Authorization. KeyScheme is the word
	// before the key in the header Authorization. Empty means Bearer.
	KeyHeader, KeyScheme string
	// Header has further headers of each request. It may be nil.
	Header http.Header
	// KeyName is the environment variable that holds the key, for hints.
	KeyName string
	// StartHint says how to start the server, for the error that it cannot be reached. It may be
	// empty.
	StartHint string
	// Near says that the server is on this machine or in the local network.
	Near bool
	// HTTP sends the requests. Nil means a client that uses the proxy in the environment.
	HTTP *http.Client
}

// With returns what the user would write to name this server with the choice.
func (e *Endpoint) With(choice string) string {
	if strings.Contains(e.Server, "://") {
		return e.Server + "#" + choice
	}
	return e.Server + ":" + choice
}

// Kind returns the name of the provider, or of the one that a URL belongs to. It returns "" if that
// is not known.
func (e *Endpoint) Kind() string {
	if !strings.Contains(e.Server, "://") {
		return e.Server
	}
	u, err := url.Parse(e.Base)
	if err != nil {
		return ""
	}
	if u.Port() == "11434" {
		return "ollama"
	}
	for _, k := range all {
		if known, err := url.Parse(k.base); err == nil && known.Hostname() == u.Hostname() && !loopback.Host(u.Hostname()) {
			return k.name
		}
	}
	return ""
}

// A known is a company or a program whose servers the user can name.
type known struct {
	name string
	base string // base URL of its API; empty if baseFrom must name it
	// baseFrom is the environment variable with another base URL, or "".
	baseFrom string
	// keyFrom are the environment variables that can hold the key. None means that no key is sent.
	keyFrom   []string
	startHint string // how to start the server; may be empty
}

// all are the known providers. The sources of the URLs and of the names of the variables are the
// documentations and SDKs of the providers.
var all = []known{
	{name: "openai", base: "https://api.openai.com/v1", baseFrom: "OPENAI_BASE_URL", keyFrom: []string{"OPENAI_API_KEY"}},
	{name: "azure", baseFrom: "AZURE_OPENAI_ENDPOINT", keyFrom: []string{"AZURE_OPENAI_API_KEY"}},
	{name: "anthropic", base: "https://api.anthropic.com/v1", baseFrom: "ANTHROPIC_BASE_URL", keyFrom: []string{"ANTHROPIC_API_KEY"}},
	{name: "ollama", base: "http://127.0.0.1:11434/v1", baseFrom: "OLLAMA_HOST", startHint: "start it with: ollama serve"},
	{name: "lmstudio", base: "http://127.0.0.1:1234/v1", keyFrom: []string{"LM_API_TOKEN"}, startHint: "start the server in LM Studio, or with: lms server start"},
	{name: "llamacpp", base: "http://127.0.0.1:8080/v1", keyFrom: []string{"LLAMA_API_KEY"}, startHint: "start it with: llama-server -m MODEL.gguf"},
	{name: "vllm", base: "http://127.0.0.1:8000/v1", keyFrom: []string{"VLLM_API_KEY"}, startHint: "start it with: vllm serve MODEL"},
	{name: "groq", base: "https://api.groq.com/openai/v1", keyFrom: []string{"GROQ_API_KEY"}},
	{name: "mistral", base: "https://api.mistral.ai/v1", keyFrom: []string{"MISTRAL_API_KEY"}},
	{name: "openrouter", base: "https://openrouter.ai/api/v1", keyFrom: []string{"OPENROUTER_API_KEY"}},
	{name: "gemini", base: "https://generativelanguage.googleapis.com/v1beta/openai", keyFrom: []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"}},
	{name: "deepseek", base: "https://api.deepseek.com", keyFrom: []string{"DEEPSEEK_API_KEY"}},
	{name: "xai", base: "https://api.x.ai/v1", keyFrom: []string{"XAI_API_KEY"}},
}

// services are the known speech services with APIs of their own: see FindService.
var services = []known{
	{name: "elevenlabs", base: "https://api.elevenlabs.io", baseFrom: "ELEVENLABS_BASE_URL", keyFrom: []string{"ELEVENLABS_API_KEY"}},
	{name: "deepgram", base: "https://api.deepgram.com", baseFrom: "DEEPGRAM_BASE_URL", keyFrom: []string{"DEEPGRAM_API_KEY"}},
}

// Names returns the names of all providers with an API in the manner of OpenAI's.
func Names() []string { return namesOf(all) }

func namesOf(list []known) []string {
	var names []string
	for _, p := range list {
		names = append(names, p.name)
	}
	return names
}

// urlKey is the environment variable that holds the key for a URL.
const urlKey = "LLM_API_KEY"

// Find returns the server that the user has named in text: PROVIDER, PROVIDER:CHOICE, URL or
// URL#CHOICE. getenv returns the value of an environment variable. Find does not connect to the
// server.
func Find(text string, getenv func(string) string) (Endpoint, error) {
	e, err := parse(text, getenv)
	if err != nil {
		return e, err
	}
	err = e.check(text)
	return e, err
}

// FindService is like Find, for the services "elevenlabs" and "deepgram": text is SERVICE or
// SERVICE:CHOICE.
func FindService(text string, getenv func(string) string) (Endpoint, error) {
	name, choice, _ := strings.Cut(text, ":")
	i := slices.IndexFunc(services, func(k known) bool { return k.name == name })
	if i < 0 {
		return Endpoint{}, fmt.Errorf("unknown service %q: it can be %s", name, strings.Join(namesOf(services), " or "))
	}
	e, err := services[i].endpoint(choice, getenv)
	if err == nil {
		err = e.check(text)
	}
	return e, err
}

// check sets e.Near. It returns an error if the base URL is not valid, or if the key would not be
// encrypted. text is what the user has written.
func (e *Endpoint) check(text string) error {
	base, err := url.Parse(e.Base)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return fmt.Errorf("%q is not a URL that begins with http:// or https://", e.Base)
	}
	if strings.Contains(base.Path, ":") {
		return fmt.Errorf("%q: the model or the voice is written after a #, as in %s", text, strings.Replace(e.Base, base.Path, strings.Replace(base.Path, ":", "#", 1), 1))
	}
	if base.User != nil || base.RawQuery != "" {
		return errors.New("the URL must have no user name, password or query: the key belongs into " + urlKey)
	}
	e.Near = isNear(base.Hostname())
	if base.Scheme == "http" && !e.Near && !e.Key.IsZero() {
		return fmt.Errorf("the key in %s would go to %s without encryption: use https://", e.KeyName, base.Host)
	}
	return nil
}

// parse returns the server that the user has named in text.
func parse(text string, getenv func(string) string) (Endpoint, error) {
	if strings.Contains(text, "://") {
		base, choice, _ := strings.Cut(text, "#")
		base = strings.TrimSuffix(strings.TrimRight(base, "/"), "/chat/completions")
		return Endpoint{Server: base, Base: base, Choice: choice, Key: apikey.New(getenv(urlKey)), KeyName: urlKey}, nil
	}
	name, choice, _ := strings.Cut(text, ":")
	i := slices.IndexFunc(all, func(k known) bool { return k.name == name })
	if i < 0 && (strings.Contains(name, ".") || choice != "" && strings.Trim(choice, "0123456789") == "") {
		return Endpoint{}, fmt.Errorf("%q is no provider; if it is a server, write http://%s/v1", text, strings.TrimSuffix(text, "/v1"))
	}
	if i < 0 {
		if hint := guess.DidYouMean(name, Names()); hint != "" {
			return Endpoint{}, fmt.Errorf("unknown provider %q%s", name, hint)
		}
		return Endpoint{}, fmt.Errorf("unknown provider %q: it can be %s, or a URL", name, strings.Join(Names(), ", "))
	}
	return all[i].endpoint(choice, getenv)
}

// endpoint returns the server of the provider. choice is what the user has named after it.
func (k known) endpoint(choice string, getenv func(string) string) (Endpoint, error) {
	e := Endpoint{Server: k.name, Base: k.base, Choice: choice, StartHint: k.startHint}
	if k.baseFrom != "" {
		switch given := strings.TrimSpace(getenv(k.baseFrom)); {
		case given == "":
		case k.name == "ollama":
			e.Base = ollamaBase(given)
		case k.name == "anthropic": // its SDKs add /v1 to the variable
			e.Base = strings.TrimSuffix(strings.TrimRight(given, "/"), "/v1") + "/v1"
		default:
			e.Base = strings.TrimRight(given, "/")
		}
	}
	if e.Base == "" {
		return e, fmt.Errorf("%s needs the environment variable %s", k.name, k.baseFrom)
	}
	switch k.name {
	case "elevenlabs":
		e.KeyHeader = "xi-api-key"
	case "deepgram":
		e.KeyScheme = "Token"
	case "azure":
		e.KeyHeader = "api-key"
		if u, err := url.Parse(e.Base); err == nil && !strings.Contains(u.Path, "/openai") {
			e.Base += "/openai/v1"
		}
	}
	for _, variable := range k.keyFrom {
		if e.KeyName == "" || e.Key.IsZero() && getenv(variable) != "" {
			e.KeyName, e.Key = variable, apikey.New(getenv(variable))
		}
	}
	if e.Key.IsZero() && e.KeyName != "" && e.Base == k.base && strings.HasPrefix(k.base, "https://") {
		return e, fmt.Errorf("%s needs a key: set the environment variable %s", k.name, strings.Join(k.keyFrom, " or "))
	}
	return e, nil
}

// ollamaBase returns the base URL for the value of OLLAMA_HOST: a host, a host and port, or a URL.
// Servers listen on 0.0.0.0, but clients cannot connect to it.
func ollamaBase(host string) string {
	defaultPort := ""
	if !strings.Contains(host, "://") {
		host, defaultPort = "http://"+host, "11434"
	}
	u, err := url.Parse(strings.TrimRight(host, "/"))
	if err != nil {
		return host
	}
	name, port := u.Hostname(), cmp.Or(u.Port(), defaultPort)
	if name == "0.0.0.0" || name == "::" || name == "" {
		name = "127.0.0.1"
	}
	if port != "" {
		name = net.JoinHostPort(name, port)
	}
	return u.Scheme + "://" + name + strings.TrimSuffix(u.Path, "/v1") + "/v1"
}

// isNear reports whether a host is this machine or in the local network: an address of a private
// range, a name without a dot, or a name that ends in .local, .lan, .home.arpa or .internal. A
// number such as 134744072 is not near: it is an address in another form.
func isNear(host string) bool {
	if loopback.Host(host) {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(host, ".") {
		return host != "" && (host[0] < '0' || host[0] > '9')
	}
	for _, suffix := range []string{".local", ".lan", ".home.arpa", ".internal"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}
