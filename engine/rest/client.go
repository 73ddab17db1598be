// Package rest is as much of the ElevenLabs REST API as Moonlark needs. It
// knows neither Lua nor the WebSocket.
//
// A request is made once, on the goroutine that asks, and takes as long as its
// context lets it: nothing is tried again, and nothing is left running. The API
// key goes to the host of the [Client] and nowhere else: not after a redirect,
// not over a line that can be listened to, and into no error.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// maxBody is the longest answer that is read, in bytes. An agent with its
// prompt and its workflow is rarely over 1 MiB.
const maxBody = 8 << 20

// A Client asks one host. It is never changed by its methods, which any
// goroutine may call.
type Client struct {
	// Host is where the API is, as "api.elevenlabs.io" or "localhost:8443": see
	// [Host]. Empty means DefaultHost. It may begin with "https://", and with
	// "http://" when it is this machine.
	Host string
	// Key is sent with each request to Host. Without it only FetchSignedURL works.
	Key Key
	// HTTP carries the requests. Nil means one that uses the proxy that
	// HTTPS_PROXY, HTTP_PROXY and NO_PROXY name.
	HTTP *http.Client
}

// get asks the API and decodes its answer into out. op is what an error begins
// with, missing the hint when the API does not have what was asked for.
func (c *Client) get(ctx context.Context, op, path string, query url.Values, missing string, out any) error {
	base, err := c.BaseURL()
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if c.Key.IsZero() {
		return &Error{Op: op, Text: "no API key", Hint: "set ELEVENLABS_API_KEY to a key of your ElevenLabs account"}
	}
	target := base.Scheme + "://" + base.Host + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", op, bare(err))
	}
	r.Header.Set("xi-api-key", c.Key.reveal())
	body, err := c.do(r, op, missing, noRedirect)
	if err != nil {
		return err
	}
	if err := decode(body, out); err != nil {
		return &Error{Op: op, Text: "the answer makes no sense: " + c.Key.hide(err.Error()), Hint: "is " + base.Host + " the ElevenLabs API?"}
	}
	return nil
}

// BaseURL is the URL of Host, without a path. The error is a mistake in Host.
func (c *Client) BaseURL() (*url.URL, error) {
	text := c.Host
	if text == "" {
		text = DefaultHost
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	base, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("host: %w", bare(err))
	case base.Scheme != "https" && base.Scheme != "http" || base.Hostname() == "" || base.User != nil || strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("host: %q is not a host name, as %s", c.Host, DefaultHost)
	case base.Scheme == "http" && !loopback(base.Hostname()):
		return nil, fmt.Errorf("host: %s: the API key is not sent without TLS, but to this machine", base.Host)
	}
	return base, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// CheckHost says what is wrong with a Host, nil when nothing is.
func CheckHost(host string) error {
	_, err := (&Client{Host: host}).BaseURL()
	return err
}

// noRedirect keeps the key from following: net/http takes headers along, to
// whatever host it is sent.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// do makes one request and returns the body of a good answer. The error is an
// *Error, or the context's.
func (c *Client) do(r *http.Request, op, missing string, redirect func(*http.Request, []*http.Request) error) ([]byte, error) {
	r.Header.Set("User-Agent", "moonlark")
	client := http.Client{CheckRedirect: redirect}
	if c.HTTP != nil {
		client.Transport, client.Jar, client.Timeout = c.HTTP.Transport, c.HTTP.Jar, c.HTTP.Timeout
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, c.unreached(op, r, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, c.unreached(op, r, err)
	case response.StatusCode != http.StatusOK:
		return nil, c.refused(op, missing, response.StatusCode, body)
	case len(body) > maxBody:
		return nil, &Error{Op: op, Status: response.StatusCode, Text: fmt.Sprintf("the answer is longer than %d MiB", maxBody>>20)}
	}
	return body, nil
}

// unreached is the error for a request that got no answer.
func (c *Client) unreached(op string, r *http.Request, err error) error {
	if cause := context.Cause(r.Context()); cause != nil {
		return fmt.Errorf("%s: no answer from %s: %w", op, r.URL.Host, cause)
	}
	err = bare(err)
	e := &Error{Op: op, Text: c.Key.hide(err.Error()), err: err}
	var dns *net.DNSError
	switch {
	case strings.Contains(e.Text, "invalid proxy address"): // and then it says which, password included
		return &Error{Op: op, Text: "the proxy's address makes no sense", Hint: "check HTTPS_PROXY: http://host:port"}
	case strings.Contains(e.Text, "Location header"): // likewise
		return &Error{Op: op, Text: "a redirect that makes no sense", Hint: "check the URL"}
	case errors.As(err, &dns):
		e.Hint = "check the network, and the name of the host"
	case strings.Contains(e.Text, "certificate"), strings.Contains(e.Text, "tls:"):
		e.Hint = "a clock that is wrong, or a proxy that opens TLS, looks like this: moonlark doctor tells"
	case strings.Contains(e.Text, "proxyconnect"):
		e.Hint = "check the proxy that HTTPS_PROXY names"
	}
	return e
}

// bare is an error of net/http without the URL, which may have a secret in it.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// decode reads an object as far as it fits: an answer of tomorrow, or one with
// something odd in a corner, is worth more than an error.
func decode(body []byte, out any) error {
	err := json.Unmarshal(body, out)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) && odd.Field != "" { // the rest has been decoded all the same
		return nil
	}
	return err
}

// decodePart is decode for a value inside another, of which nothing is kept if
// it makes no sense at all.
func decodePart(text []byte, out any) error {
	err := json.Unmarshal(text, out)
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		return nil
	}
	return err
}
