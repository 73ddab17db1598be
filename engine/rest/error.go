package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"moonlark/engine/network"
	"moonlark/engine/safetext"
)

// maxText is the maximum size of a server's text that an Error contains, in bytes.
const maxText = 300

// An Error says that a request was refused, got no response, or got an invalid response.
type Error struct {
	Op     string // what was requested, such as "signed URL"
	Status int    // the HTTP status of the response; 0 if there was no response or it was invalid
	Text   string // the server's text or the network error, safe to show in a terminal
	Hint   string // a suggestion to the user; may be empty
	// RetryAfter is how long the server asks to wait before another request; 0 if it does not say.
	RetryAfter time.Duration

	err error // the network error; nil if there was a response
}

// Error returns the request, the HTTP status and the text, without the hint.
func (e *Error) Error() string {
	text := e.Op
	if e.Status != 0 {
		text += fmt.Sprintf(": HTTP %d", e.Status)
	}
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}

// Unwrap returns the network error, or nil if there was a response.
func (e *Error) Unwrap() error { return e.err }

// Final reports whether the same request would fail again until somebody changes a setting. It
// returns false for errors that may pass, such as a lost connection or HTTP 503.
func (e *Error) Final() bool {
	switch e.Status {
	case 0:
		if proxy := (*network.ProxyError)(nil); errors.As(e.err, &proxy) {
			return proxy.Final()
		}
		return e.err == nil
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return e.Status < 500
}

// noAnswer returns the error for a request r that failed with err before its response was read. The
// result is an *Error, or wraps the cause of the request's context if that has ended. op says what
// was requested.
func (c *Client) noAnswer(op string, r *http.Request, err error) error {
	if cause := context.Cause(r.Context()); cause != nil {
		return fmt.Errorf("%s: no answer from %s: %w", op, r.URL.Host, cause)
	}
	err = withoutURL(err)
	e := &Error{Op: op, Text: c.Key.Hide(err.Error()), err: err}
	var dns *net.DNSError
	var proxy *network.ProxyError
	switch {
	case errors.As(err, &proxy):
		e.Text, e.Hint = proxy.Error(), proxy.Hint
	// The error of net/http contains the address of the proxy, which may include a password.
	case strings.Contains(e.Text, "invalid proxy address"):
		return &Error{Op: op, Text: "invalid proxy address", Hint: "check HTTPS_PROXY: http://host:port"}
	// The error of net/http contains the URL of the redirect, which may include a secret.
	case strings.Contains(e.Text, "Location header"):
		return &Error{Op: op, Text: "invalid redirect", Hint: "check the URL"}
	case errors.As(err, &dns):
		e.Hint = "check the network and the host name"
	case strings.Contains(e.Text, "proxyconnect"), strings.Contains(e.Text, "socks connect"):
		e.Text, e.Hint = "the proxy: "+e.Text, "check the proxy that HTTPS_PROXY names"
	default:
		e.Hint = network.CertificateHint(err)
	}
	return e
}

// withoutURL returns the cause of an error of net/http without the URL, which may contain a secret.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// refused returns the error for a response with a status other than 200 and this body. op says what
// was requested with the HTTP method, and notFound is the hint for HTTP 404.
func (c *Client) refused(op, method, notFound string, response *http.Response, body []byte) *Error {
	status := response.StatusCode
	kind, text := detail(body)
	if text == "" {
		text = http.StatusText(status)
	}
	if status == http.StatusProxyAuthRequired {
		text = "the proxy says: " + text
	}
	wait := network.RetryAfter(response.Header.Get("Retry-After"), time.Now())
	return &Error{Op: op, Status: status, Text: c.Key.Hide(text), Hint: hint(method, status, kind, notFound), RetryAfter: wait}
}

// detail returns what the body of an error response says: text is the message, and kind is the
// API's name for the problem, such as "invalid_api_key", or empty. The API sends {"detail": ...},
// where the detail is a text, an object with a status and a message, or a list of invalid
// parameters. If the body has no detail, text is the body itself, or empty if the body looks like
// HTML or JSON. text is cut to maxText bytes.
func detail(body []byte) (kind, text string) {
	var whole struct{ Detail json.RawMessage }
	var plain string
	var message struct{ Status, Message string }
	var list []struct {
		Loc []any
		Msg string
	}
	json.Unmarshal(body, &whole)
	switch {
	case json.Unmarshal(whole.Detail, &plain) == nil:
		text = plain
	case json.Unmarshal(whole.Detail, &message) == nil:
		kind, text = message.Status, message.Message
	case json.Unmarshal(whole.Detail, &list) == nil:
		var all []string
		for _, e := range list {
			where := ""
			if len(e.Loc) > 0 {
				where = place(e.Loc) + ": "
			}
			all = append(all, where+e.Msg)
		}
		text = strings.Join(all, "; ")
	case !bytes.ContainsAny(body, "<{"):
		text = string(body)
	}
	return kind, safetext.Cut(safetext.Line(text), maxText, "…")
}

// place returns the path of an invalid parameter, such as "tool_config.name". loc is the path as the
// API writes it; its first element says whether the parameter is in the body, the query or the path.
func place(loc []any) string {
	if len(loc) > 1 {
		loc = loc[1:]
	}
	var words []string
	for _, word := range loc {
		words = append(words, fmt.Sprint(word))
	}
	return strings.Join(words, ".")
}

// hint returns a suggestion that tells the user how to avoid an error, or "" if there is none.
// method is the HTTP method of the request, status the HTTP status of the response, and kind the
// name that the API gives to the problem. notFound is the hint for HTTP 404.
func hint(method string, status int, kind, notFound string) string {
	writes := method != http.MethodGet
	switch {
	case writes && (kind == "missing_permissions" || status == http.StatusForbidden):
		return "give the key the permission to change agents (ElevenLabs, Developers, API Keys)"
	case writes && status == http.StatusUnprocessableEntity:
		return ""
	case kind == "missing_permissions":
		return "give the key the permission to read agents (ElevenLabs, Developers, API Keys)"
	case strings.Contains(kind, "quota"):
		return "the ElevenLabs account has used up its credits"
	case status == http.StatusUnauthorized:
		return "check ELEVENLABS_API_KEY, and that the host belongs to the key's region"
	case status == http.StatusForbidden:
		return "the key may not do this: use a key of the agent's account that has the permission to read agents"
	case status == http.StatusNotFound:
		return notFound
	case status == http.StatusProxyAuthRequired:
		return "the proxy requires a user name and password: write HTTPS_PROXY=http://user:password@host:port"
	case status == http.StatusUnprocessableEntity:
		return "check the agent's id: it begins with agent_"
	case status == http.StatusTooManyRequests:
		return "too many requests: wait a little"
	case status >= 500:
		return "the server is in trouble: try again in a while"
	case status >= 300 && status < 400:
		return "the host redirects to another host: check --host"
	}
	return ""
}
