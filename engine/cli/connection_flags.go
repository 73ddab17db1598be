package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"moonlark/engine/apikey"
	"moonlark/engine/connect"
	"moonlark/engine/rest"
)

// targetFlags select the agent.
type targetFlags struct {
	Agent *string `xor:"target" placeholder:"ID" help:"Talk to this ElevenLabs agent ($$ELEVENLABS_AGENT_ID)."`
	URL   *string `xor:"target" placeholder:"URL" help:"Connect to this WebSocket URL."`
	From  *string `xor:"target" name:"signed-url-from" placeholder:"URL" help:"Ask this HTTP URL where to connect, for each conversation, so that the device holds no key."`
	Local bool    `xor:"target" help:"Talk to the embedded agent. The default without the other three."`
}

// target returns the agent that the flags select. Without flags it returns the agent whose id is
// fromEnvironment, or the embedded agent if fromEnvironment is empty. It returns an error when a
// flag has an empty value.
func (f targetFlags) target(fromEnvironment string) (connect.Target, error) {
	var t connect.Target
	for _, flag := range []struct {
		name  string
		value *string
		into  *string
	}{{"--agent", f.Agent, &t.Agent}, {"--url", f.URL, &t.URL}, {"--signed-url-from", f.From, &t.SignedURLFrom}} {
		if flag.value == nil {
			continue
		}
		if *flag.into = clean(*flag.value); *flag.into == "" {
			return t, fmt.Errorf("%s is empty: is a variable not set?", flag.name)
		}
		if err := checkWord(flag.name, *flag.into); err != nil {
			return t, err
		}
		return t, nil
	}
	if !f.Local {
		t.Agent = clean(fromEnvironment)
	}
	return t, checkWord("ELEVENLABS_AGENT_ID", t.Agent)
}

// clean returns text without the characters that often stand around a value by mistake, above all
// in files that were saved by another program: white space, line ends, a byte order mark, and a pair
// of quotes.
func clean(text string) string {
	for {
		trimmed := strings.Trim(text, " \t\r\n\v\f\x00\ufeff\u00a0\u200b")
		for _, pair := range []string{`""`, "''", "“”", "‘’"} {
			quotes := []rune(pair)
			inner, opened := strings.CutPrefix(trimmed, string(quotes[0]))
			if inner, closed := strings.CutSuffix(inner, string(quotes[1])); opened && closed {
				trimmed = inner
			}
		}
		if trimmed == text {
			return text
		}
		text = trimmed
	}
}

// checkWord returns an error if value, which name names, contains characters that cannot be part of
// an id, a URL, a key or a token. The error does not contain the value, because it may be secret.
func checkWord(name, value string) error {
	for i, r := range value {
		switch {
		case r == '\n' || r == '\r':
			return fmt.Errorf("%s contains a line end after %d characters: does it contain two values?", name, i)
		case r <= ' ' || r == 0x7f:
			return fmt.Errorf("%s contains a space or a control character after %d characters", name, i)
		case r > 0x7f && !strings.Contains(value, "://"): // a URL may contain any letters
			return fmt.Errorf("%s contains the character %q, which cannot be part of it", name, r)
		}
	}
	return nil
}

// checkOrigin returns the origin in text in the form of the Origin header. The error says that text
// is not an origin.
func checkOrigin(text string) (string, error) {
	text = clean(text)
	origin, err := url.Parse(text)
	if text == "null" || text == "" {
		return text, nil
	}
	if err != nil || origin.Scheme == "" || origin.Host == "" || origin.User != nil || strings.Trim(origin.Path, "/") != "" || origin.RawQuery != "" || origin.Fragment != "" {
		return "", fmt.Errorf("--origin: %q is not an origin: write the scheme and the host only, such as https://example.com", text)
	}
	return origin.Scheme + "://" + origin.Host, nil
}

// apiFlags say which host serves the API.
type apiFlags struct {
	Region string `placeholder:"REGION" help:"Region of the agent: us, eu, in or sg. Any if left out."`
	Host   string `placeholder:"HOST" help:"Host of the API, instead of --region."`
}

// hostFlags say which host serves the API, and how to identify to the host.
type hostFlags struct {
	apiFlags `embed:""`
	Origin   string `placeholder:"ORIGIN" help:"Origin header to send, such as https://example.com: an agent can require one."`
}

// connection returns the settings of the flags. key is the API key, empty when there is none.
func (f hostFlags) connection(key string) (connect.Connection, error) {
	key = clean(key)
	c := connect.Connection{Host: clean(f.Host), Key: apikey.New(key)}
	if err := checkWord("ELEVENLABS_API_KEY", key); err != nil {
		return c, err
	}
	var err error
	if c.Origin, err = checkOrigin(f.Origin); err != nil {
		return c, err
	}
	if f.Region != "" {
		if f.Host != "" {
			return c, errors.New("--region and --host exclude each other")
		}
		if c.Host, err = rest.Host(clean(f.Region)); err != nil {
			return c, fmt.Errorf("--region: %w", err)
		}
	}
	return c, nil
}

// connectionFlags say how to reach an ElevenLabs agent, and how to hold the connection.
type connectionFlags struct {
	hostFlags `embed:""`
	Server    time.Duration `name:"server-timeout" default:"12s" placeholder:"TIME" help:"End a conversation when the server has sent nothing for so long, not even the answer to a ping (${default}). 0s: never."`
	Enclave   string        `type:"existingfile" placeholder:"FILE" help:"JSON file to send first, to an orchestrator of your own (enclave_setup_config)."`
}

// connection returns the settings of the flags. key is the API key, empty when there is none.
// connection reads the file of --enclave.
func (f connectionFlags) connection(key string) (connect.Connection, error) {
	c, err := f.hostFlags.connection(key)
	if err != nil {
		return c, err
	}
	switch c.ServerTimeout = f.Server; {
	case f.Server == 0:
		c.ServerTimeout = -1
	case f.Server < time.Second:
		return c, fmt.Errorf("--server-timeout %v: want at least 1s, or 0s for no limit", f.Server)
	}
	if f.Enclave != "" {
		text, err := os.ReadFile(f.Enclave)
		if err == nil && !json.Valid(text) {
			err = fmt.Errorf("%s: not JSON", f.Enclave)
		}
		if err != nil {
			return c, fmt.Errorf("--enclave: %w", err)
		}
		c.Enclave = text
	}
	return c, nil
}
