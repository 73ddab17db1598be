package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const checkAgent = "check the agent's id, and the region: an agent lives in one"

// SignedURLOptions are what a signed URL can be asked for with. The zero value
// works.
type SignedURLOptions struct {
	IncludeConversationID bool   // the URL is good for one conversation only
	Branch                string // of the agent; empty means its main one
	Environment           string // empty means "production"
}

// SignedURL is where a conversation with an agent can be opened, a private one
// too. It is good for 15 minutes. The error is an *Error, or the context's.
func (c *Client) SignedURL(ctx context.Context, agentID string, opts SignedURLOptions) (string, error) {
	const op = "signed URL"
	query := url.Values{"agent_id": {agentID}}
	if opts.IncludeConversationID {
		query.Set("include_conversation_id", "true")
	}
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
	if err := checkSocket(answer.URL); err != nil {
		return "", &Error{Op: op, Text: "the answer makes no sense: " + err.Error()}
	}
	return answer.URL, nil
}

type signedURL struct {
	URL string `json:"signed_url"`
}

// FetchSignedURL asks a server of one's own, which holds the key, for a signed
// URL. What is at from is either {"signed_url": "wss://..."} or the URL as
// text. Our own key is not sent. The error shows neither of the URLs, as there
// can be secrets in both; it is an *Error, or the context's.
func (c *Client) FetchSignedURL(ctx context.Context, from string) (string, error) {
	const op = "signed URL"
	source, err := parseSource(from)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, bare(err))
	}
	r.Header.Set("Accept", "application/json, text/plain")
	anonymous := Client{HTTP: c.HTTP}
	body, err := anonymous.do(r, op, "check the path of the URL that signed URLs come from", keepTLS)
	if err != nil {
		var e *Error
		if errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || e.Status == http.StatusUnprocessableEntity) {
			e.Hint = "the server that signed URLs come from refuses: check its URL" // hint speaks of the API's
		}
		return "", err
	}
	text := strings.TrimSpace(string(body))
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		var answer signedURL
		if err := json.Unmarshal(body, &answer); err != nil {
			return "", &Error{Op: op, Text: source.Host + " answers no JSON"}
		}
		text = answer.URL
	}
	if err := checkSocket(text); err != nil {
		return "", &Error{Op: op, Text: source.Host + ": " + err.Error(), Hint: `it is to answer {"signed_url": "wss://..."}, or the URL as text`}
	}
	return text, nil
}

// CheckSource says what is wrong with a URL that signed URLs cannot come from,
// without repeating it: it can have a secret in it.
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
		return nil, fmt.Errorf("URL: %w", bare(err))
	}
	return source, nil
}

// keepTLS follows redirects, but not out of TLS.
func keepTLS(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return errors.New("10 redirects")
	case via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https":
		return errors.New("redirected from https to " + r.URL.Scheme)
	}
	return nil
}

// checkSocket says what is wrong with a signed URL, without repeating it.
func checkSocket(text string) error {
	target, err := url.Parse(text)
	if text == "" || err != nil || target.Scheme != "wss" && target.Scheme != "ws" || target.Hostname() == "" {
		return errors.New("no URL that begins with wss:// or ws://")
	}
	return nil
}
