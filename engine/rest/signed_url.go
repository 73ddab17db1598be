package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// checkAgent is the hint for the user if the API does not find the agent.
const checkAgent = "check the agent's id and the region: each agent is stored in one region"

// SignedURLOptions are options for SignedURL. The zero value is valid.
type SignedURLOptions struct {
	Branch      string // the branch of the agent; empty means the main branch
	Environment string // the environment of the agent; empty means "production"
}

// SignedURL requests a WebSocket URL for a conversation with an agent. The agent may be private.
// The URL is valid for 15 minutes. If the request fails, the error is an *Error or the cause of
// ctx.
func (c *Client) SignedURL(ctx context.Context, agentID string, opts SignedURLOptions) (string, error) {
	const op = "signed URL"
	query := url.Values{"agent_id": {agentID}}
	if opts.Branch != "" {
		query.Set("branch_id", opts.Branch)
	}
	if opts.Environment != "" {
		query.Set("environment", opts.Environment)
	}
	var answer signedURL
	if err := c.get(ctx, op, "/v1/convai/conversation/get-signed-url", query, checkAgent, &answer); err != nil {
		return "", err
	}
	if err := checkWebSocketURL(answer.URL); err != nil {
		return "", &Error{Op: op, Text: "invalid answer: " + err.Error()}
	}
	return answer.URL, nil
}

type signedURL struct {
	URL string `json:"signed_url"`
}

// FetchSignedURL requests a signed URL from a server of the user, which holds the API key. from is
// the URL of that server. The server responds with the URL as plain text or as a JSON string, with
// {"signed_url": "wss://..."} or {"signedUrl": "wss://..."}, or with one of these as the value of
// "data" or "result" in a JSON object. The client's own key is not sent. If the request fails, the error is an *Error or the
// cause of ctx. No error contains from or the signed URL, because both may contain secrets.
func (c *Client) FetchSignedURL(ctx context.Context, from string) (string, error) {
	const op = "signed URL"
	source, err := parseSource(from)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, withoutURL(err))
	}
	r.Header.Set("Accept", "application/json, text/plain")
	anonymous := Client{HTTP: c.HTTP}
	body, err := anonymous.do(r, op, "check the path of the URL given with --signed-url-from", keepTLS)
	if err != nil {
		var e *Error
		if errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || e.Status == http.StatusUnprocessableEntity) {
			// This hint replaces one about the API key, which was not sent.
			e.Hint = "the server refuses the request: check the URL given with --signed-url-from"
		}
		return "", err
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(body), "\ufeff"))
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, `"`) {
		if !json.Valid([]byte(text)) {
			return "", &Error{Op: op, Text: source.Host + ": the answer is not valid JSON"}
		}
		text = findSignedURL([]byte(text), maxWrappers)
	}
	if err := checkWebSocketURL(text); err != nil {
		return "", &Error{Op: op, Text: source.Host + ": " + err.Error(), Hint: `the server must answer {"signed_url": "wss://..."}, or the URL as text`}
	}
	return text, nil
}

// maxWrappers is the maximum number of JSON objects around the signed URL in an answer.
const maxWrappers = 3

// findSignedURL returns the signed URL in answer, which is JSON: a string, or an object that has the
// URL in one of the forms of FetchSignedURL. wrappers is the maximum number of objects around it.
// findSignedURL returns "" if there is none.
func findSignedURL(answer json.RawMessage, wrappers int) string {
	var text string
	if json.Unmarshal(answer, &text) == nil {
		return strings.TrimSpace(text)
	}
	var members map[string]json.RawMessage
	if wrappers == 0 || json.Unmarshal(answer, &members) != nil {
		return ""
	}
	for _, name := range []string{"signed_url", "signedUrl", "signedURL", "data", "result"} {
		if url := findSignedURL(members[name], wrappers-1); url != "" {
			return url
		}
	}
	return ""
}

// CheckSource returns an error if from is not a URL that FetchSignedURL accepts. The error does not
// contain the URL, because the URL may contain a secret.
func CheckSource(from string) error {
	_, err := parseSource(from)
	return err
}

func parseSource(from string) (*url.URL, error) {
	source, err := url.Parse(from)
	if err == nil && (source.Scheme != "https" && source.Scheme != "http" || source.Hostname() == "") {
		err = errors.New("want https://host/path or http://host/path")
	}
	if err != nil {
		return nil, fmt.Errorf("URL: %w", withoutURL(err))
	}
	return source, nil
}

// keepTLS is an http.Client.CheckRedirect function. It lets the client follow at most 10 redirects,
// and none from https to another scheme.
func keepTLS(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return errors.New("10 redirects")
	case via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https":
		return errors.New("redirected from https to " + r.URL.Scheme)
	}
	return nil
}

// checkWebSocketURL returns an error if text is not a WebSocket URL. The error does not contain the
// text.
func checkWebSocketURL(text string) error {
	target, err := url.Parse(text)
	if text == "" || err != nil || target.Scheme != "wss" && target.Scheme != "ws" || target.Hostname() == "" {
		return errors.New("the answer is not a URL that begins with wss:// or ws://")
	}
	return nil
}
