// Package rest is a client for the parts of the ElevenLabs REST API that Moonlark needs: agents,
// tools and signed URLs.
//
// Each method sends its requests on the caller's goroutine: one request, or one for each page of a
// list. It returns early when the context ends, does not repeat a failed request, and leaves no
// goroutine running. The API key is sent only to the host of the [Client], only over TLS or to this
// machine, and never after a redirect. No error contains the key.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"moonlark/engine/apikey"
	"moonlark/engine/network"
)

// maxBody is the maximum size of a response's body, in bytes. The settings of an agent, with its
// prompt and workflow, are rarely larger than 1 MiB.
const maxBody = 8 << 20

// A Client sends requests to one host. The methods do not change the Client, and any goroutine may
// call them.
type Client struct {
	// Host is the host of the API, such as "api.elevenlabs.io" or "localhost:8443". The function
	// [Host] returns the host of a region. Empty means DefaultHost. Host may begin with "https://".
	// It may begin with "http://" only if it is the name or address of this machine.
	Host string
	// Key is sent with each request to Host. Without a key, only FetchSignedURL works.
	Key apikey.Key
	// HTTP sends the requests. Nil means a client that uses the proxy in the environment variables
	// HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
	HTTP *http.Client
}

// get sends a GET request to the API and decodes the JSON in the response into out. op says what is
// requested, such as "agent": each error begins with op. notFound is the hint for the user if the
// response is HTTP 404.
func (c *Client) get(ctx context.Context, op, path string, query url.Values, notFound string, out any) error {
	return c.send(ctx, http.MethodGet, op, path, query, nil, notFound, out)
}

// send sends a request with this method to the API, and decodes the JSON in the response into out,
// unless out is nil. body is sent as JSON, unless it is nil. The other parameters are those of get.
func (c *Client) send(ctx context.Context, method, op, path string, query url.Values, body any, notFound string, out any) error {
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
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, target, content)
	if err != nil {
		return fmt.Errorf("%s: %w", op, withoutURL(err))
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("xi-api-key", c.Key.Reveal())
	answer, err := c.do(r, op, notFound, noRedirect)
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := decode(answer, out); err != nil {
		return &Error{Op: op, Text: "invalid answer: " + c.Key.Hide(err.Error()), Hint: "is " + base.Host + " the ElevenLabs API?"}
	}
	return nil
}

// transport returns the HTTP transport of clients whose field HTTP is nil.
var transport = sync.OnceValue(network.Transport)

// noRedirect makes http.Client return a redirect instead of following it. If net/http followed the
// redirect, it would send the key to the other host as well.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// do sends a request and returns the body of the response. redirect decides whether a redirect is
// followed (see http.Client.CheckRedirect). A response with a status other than 200 is an error.
// Errors begin with op, and notFound is the hint for HTTP 404. The error is an *Error or the cause
// of the request's context.
func (c *Client) do(r *http.Request, op, notFound string, redirect func(*http.Request, []*http.Request) error) ([]byte, error) {
	r.Header.Set("User-Agent", "moonlark")
	client := http.Client{CheckRedirect: redirect, Transport: transport()}
	if c.HTTP != nil {
		client.Transport, client.Jar, client.Timeout = c.HTTP.Transport, c.HTTP.Jar, c.HTTP.Timeout
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, c.noAnswer(op, r, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, c.noAnswer(op, r, err)
	case response.StatusCode != http.StatusOK:
		return nil, c.refused(op, r.Method, notFound, response, body)
	case len(body) > maxBody:
		return nil, &Error{Op: op, Status: response.StatusCode, Text: fmt.Sprintf("the answer is larger than %d MiB", maxBody>>20)}
	}
	return body, nil
}
