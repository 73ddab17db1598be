package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/network"
	"moonlark/engine/provider"
	"moonlark/engine/safetext"
)

// maxErrorText is the maximum length of a server's message in an error, in bytes.
const maxErrorText = 300

// tooLongHint is the hint for a request that is longer than the model can read.
const tooLongHint = "the model cannot read so much: shorten the prompt, or give the model a larger context"

// maxRetryAfter is the longest pause that a server can ask for.
const maxRetryAfter = 2 * time.Minute

// A Failure is the failure of one attempt.
type Failure struct {
	Err     *llm.Error
	Code    string // the server's code for the error, such as "tool_use_failed"; may be empty
	passing bool   // the same request may succeed later
	// starting means that the server is not running yet, or is loading the model.
	starting bool
	after    time.Duration // how long the server asks to wait; 0 if it does not ask
}

// failed returns the failure for an error of the network or of the stream.
func (c *Client) failed(err error) *Failure {
	var known *llm.Error
	if errors.As(err, &known) {
		return &Failure{Err: known}
	}
	f := &Failure{Err: &llm.Error{Model: c.String(), Err: err}}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	f.Err.Text = safetext.Cut(safetext.Line(c.Key.Hide(err.Error())), maxErrorText, "…")
	var proxy *network.ProxyError
	var dns *net.DNSError
	var inStream *StreamError
	switch {
	case errors.As(err, &inStream):
		f.Code, f.passing = inStream.Code, inStream.Passing
		if f.Code != "" && isTooLong(f.Code, f.Err.Text) {
			f.Err.TooLong, f.Err.Hint = true, tooLongHint
		}
	case errors.As(err, &proxy):
		f.Err.Hint, f.passing = proxy.Hint, !proxy.Final()
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Err.Text, f.Err.Hint, f.passing, f.starting = "nothing listens at "+c.Host(), c.StartHint, true, true
	case errors.As(err, &dns):
		f.Err.Text, f.passing = "the name "+dns.Name+" cannot be found", dns.IsTemporary || dns.IsTimeout
	case errors.Is(err, errSilent):
		f.Err.Text = "the server does not answer"
		f.Err.Hint = "it may be loading the model, or be busy with another request"
		c.mu.Lock()
		c.replied = time.Time{} // the next request may have to wait until the model is loaded
		c.mu.Unlock()
	case errors.Is(err, ErrCut), errors.Is(err, ErrIncomplete), errors.Is(err, errPaused):
		f.passing = true
	case network.CertificateHint(err) != "":
		f.Err.Hint = network.CertificateHint(err)
	default:
		var network net.Error
		f.passing = errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	}
	return f
}

// failedIn returns the failure for an error in the body of a response.
func (c *Client) failedIn(response *http.Response, err error) *Failure {
	f := c.failed(err)
	f.Err.RequestID = c.requestID(response)
	return f
}

// requestID returns the server's name for a request, or "".
func (c *Client) requestID(response *http.Response) string {
	return safetext.Cut(safetext.Line(c.Key.Hide(response.Header.Get("Request-Id"))), 100, "…")
}

// refusal returns the failure for a response whose status is not 200.
func (c *Client) refusal(ctx context.Context, response *http.Response) *Failure {
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	text, code := provider.ParseError(body)
	if text == "" {
		text = http.StatusText(response.StatusCode)
	}
	text = safetext.Cut(safetext.Line(c.Key.Hide(text)), maxErrorText, "…")
	f := &Failure{Err: &llm.Error{Model: c.String(), Status: response.StatusCode, Text: text, RequestID: c.requestID(response)}, Code: code}
	f.after = retryAfter(response.Header)
	switch status := response.StatusCode; {
	case status/100 == 3:
		f.Err.Hint = "the server sends the request to another URL, which gets no key: give that URL"
		if place := response.Header.Get("Location"); place != "" {
			f.Err.Text = "redirect to " + safetext.Cut(safetext.Line(place), 100, "…")
		}
	case status == 401, status == 403, status == 402, code == "insufficient_quota":
		f.Err.Hint = c.keyHint(status)
	case status == 404:
		f.Err.Hint = c.missingHint(ctx)
	case isTooLong(code, text):
		f.Err.TooLong = true
		f.Err.Hint = tooLongHint
	case status == 400 || status == 422 || status == 500:
		f.Err.Hint = requestHint(text)
		f.passing = status == 500 && f.Err.Hint == ""
	case status == 503 && strings.Contains(strings.ToLower(text), "loading"):
		f.Err.Hint = "the server is still loading the model"
		f.passing, f.starting = true, true
	default:
		f.passing = slices.Contains([]int{408, 409, 425, 429}, status) || status >= 500
	}
	switch response.Header.Get("X-Should-Retry") {
	case "true":
		f.passing = true
	case "false":
		f.passing = false
	}
	return f
}

// keyHint returns the hint for a status that says that the key or the account is refused.
func (c *Client) keyHint(status int) string {
	switch {
	case status == 402 || status == 429:
		return "the account has no credit left"
	case c.KeyName == "":
		return ""
	case c.Key.IsZero():
		return "set " + c.KeyName
	}
	return "check the key in " + c.KeyName
}

// missingHint returns the hint for the status 404: the models of the server, or what is wrong with
// the URL.
func (c *Client) missingHint(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	response, err := c.Send(ctx, http.MethodGet, c.listPath(), "", nil)
	if err == nil {
		response.Body.Close()
	}
	if err == nil && response.StatusCode == http.StatusOK {
		if names, err := c.List(ctx); err == nil {
			return "the server has " + listOf(names)
		}
	}
	if !strings.Contains(c.Base, "/v1") {
		return "does the URL need /v1 at its end?"
	}
	return "check the URL and the name of the model"
}

// requestHint returns a hint for a request that the server does not understand.
func requestHint(text string) string {
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "does not support tools"):
		return "choose a model that can call tools"
	case strings.Contains(text, "--jinja"):
		return "start llama-server with --jinja"
	case strings.Contains(text, "tool-call-parser"), strings.Contains(text, "enable-auto-tool-choice"):
		return "start vLLM with --enable-auto-tool-choice and --tool-call-parser NAME"
	case strings.Contains(text, "credit balance"):
		return "the account has no credit left"
	}
	return ""
}

// isTooLong reports whether an error says that the request is longer than the model can read.
func isTooLong(code, text string) bool {
	text = strings.ToLower(text)
	if slices.Contains([]string{"context_length_exceeded", "exceed_context_size_error", "request_too_large", "model_context_window_exceeded"}, code) {
		return true
	}
	for _, part := range []string{"context length", "context size", "maximum context", "prompt is too long", "exceed context limit"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// retryAfter returns how long the server asks to wait.
func retryAfter(header http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return min(time.Duration(ms*float64(time.Millisecond)), maxRetryAfter)
	}
	return min(network.RetryAfter(header.Get("Retry-After"), time.Now()), maxRetryAfter)
}
