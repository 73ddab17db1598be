package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"moonlark/engine/safetext"
)

const (
	maxErrorBody = 256 << 10 // the maximum size of a response with an error that is read, in bytes
	maxErrorText = 300       // the maximum length of a server's message in an error, in bytes
)

// Post sends a POST request; see [Endpoint.Send]. A response with a status other than 200 is an
// error with the server's message.
func (e *Endpoint) Post(ctx context.Context, path, contentType string, body io.Reader) (*http.Response, error) {
	response, err := e.Send(ctx, http.MethodPost, path, contentType, body)
	if err != nil {
		return nil, e.Failed(ctx, err)
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()
	data, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBody)) // the error shows what could be read
	return nil, e.Failed(ctx, e.statusError(response.StatusCode, data))
}

// statusError returns the error for a response with this status and body.
func (e *Endpoint) statusError(status int, body []byte) error {
	text, _ := ParseError(body)
	if text == "" {
		text = http.StatusText(status)
	}
	if status == http.StatusUnauthorized && e.KeyName != "" {
		return fmt.Errorf("HTTP %d: %s (check %s)", status, text, e.KeyName)
	}
	return fmt.Errorf("HTTP %d: %s", status, text)
}

// Failed returns err with the name of the server and without the key, or the cause of ctx if ctx
// has ended.
func (e *Endpoint) Failed(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	text := safetext.Cut(safetext.Line(e.Key.Hide(err.Error())), maxErrorText, "…")
	return fmt.Errorf("%s: %s", e.Server, text)
}
