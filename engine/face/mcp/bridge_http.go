package mcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"moonlark/engine/backoff"
	"moonlark/engine/network"
	"moonlark/engine/safetext"
)

const (
	// bridgeRetryTimeout is how long the bridge tries to send a request to an agent that cannot be
	// reached, so that clients do not notice a restart of the agent.
	bridgeRetryTimeout = 5 * time.Second

	bridgeConnectTimeout = 3 * time.Second

	// maxAnswer is the maximum length of a message of the agent, in bytes.
	maxAnswer = 8 << 20
)

// newBridgeClient returns the HTTP client of a bridge. It follows no redirects, because they could send
// the token to another host.
func newBridgeClient() *http.Client {
	t := network.Transport()
	t.Proxy = network.ProxyFromEnvironment
	t.DialContext = (&net.Dialer{Timeout: bridgeConnectTimeout}).DialContext
	t.DisableCompression = true // decompression would delay events
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// A bridgeExchange is one request to the agent and its answer.
type bridgeExchange struct {
	id     jsonrpc.ID
	line   []byte      // the message
	header http.Header // the headers that MCP requires

	// canRepeat says that the request may be sent again if it is not certain that the agent got it.
	canRepeat bool

	sent     func()            // called when the request has been sent, or the agent cannot be reached; may be nil
	onHeader func(http.Header) // called with the header of the response; may be nil
	forward  func([]byte)      // called with each message before the answer, without line ends
}

// An agentError is a response of the agent that is not a message.
type agentError struct {
	status int
	text   string
}

func (e *agentError) Error() string { return e.text }

// isStatus reports whether err is a response of this status that is not a message.
func isStatus(err error, status int) bool {
	var e *agentError
	return errors.As(err, &e) && e.status == status
}

// ask sends a request to the agent and returns the answer, without line ends.
func (b *bridge) ask(ctx context.Context, e bridgeExchange) ([]byte, error) {
	response, err := b.post(ctx, e.line, e.header, e.canRepeat, e.sent)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if e.onHeader != nil {
		e.onHeader(response.Header)
	}
	var answer []byte
	receive := func(text []byte) (isLast bool) {
		message, err := jsonrpc.DecodeMessage(text)
		if err != nil {
			b.opts.Log.Debug("mcp: " + b.agent + " has sent something that is not a message: " + err.Error())
			return false
		}
		var line bytes.Buffer
		json.Compact(&line, text) // it is JSON, so there is no error
		switch r, ok := message.(*jsonrpc.Response); {
		case ok && r.ID == e.id:
			answer = line.Bytes()
			return true
		case ok && !r.ID.IsValid(): // an error that the agent found before it had read the id
			answer = errorAnswer(e.id, jsonrpc.CodeInvalidRequest, r.Error.Error())
			return true
		}
		e.forward(line.Bytes())
		return false
	}
	err = b.readResponse(response, receive)
	switch {
	case answer != nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("the answer of the agent at %s is longer than %d MiB", b.agent, maxAnswer>>20)
	case isStatus(err, response.StatusCode):
		return nil, err
	}
	return nil, fmt.Errorf("the agent at %s has ended the connection before it answered", b.agent)
}

// readResponse calls receive with each message in a response, until receive returns true or the response
// ends. The error is an agentError if the response is neither a message nor a stream of messages.
func (b *bridge) readResponse(response *http.Response, receive func(text []byte) (isLast bool)) error {
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode == http.StatusOK && mediaType == "text/event-stream":
		return readEvents(response.Body, receive)
	case mediaType == "application/json":
		text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		if err == nil && !isMessage(text) {
			return b.refusal(response, text)
		}
		if err == nil {
			receive(text)
		}
		return err
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // the beginning is enough for an error
	return b.refusal(response, text)
}

// isMessage reports whether text is a message of the protocol.
func isMessage(text []byte) bool {
	_, err := jsonrpc.DecodeMessage(text)
	return err == nil
}

// post sends a message to the agent and returns the response when its header has arrived. It tries
// again for bridgeRetryTimeout if it is certain that the agent has not got the message, or if canRepeat
// says that the message may be sent twice. sent is like that of a bridgeExchange.
func (b *bridge) post(ctx context.Context, line []byte, header http.Header, canRepeat bool, sent func()) (*http.Response, error) {
	if sent == nil {
		sent = func() {}
	}
	pauses := backoff.Backoff{First: 50 * time.Millisecond, Max: time.Second}
	began := time.Now()
	for {
		response, err := b.send(ctx, http.MethodPost, line, header, sent)
		switch {
		case err == nil && response.StatusCode != http.StatusServiceUnavailable:
			return response, nil
		case err == nil:
			response.Body.Close()
			err = fmt.Errorf("the agent at %s is busy: too many requests are open", b.agent)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !canRepeat && !isDialError(err):
			return nil, fmt.Errorf("the agent at %s has ended the connection before it answered: %w", b.agent, err)
		default:
			err = fmt.Errorf("the agent at %s cannot be reached: %w: is it running, with --http and --mcp?", b.agent, err)
		}
		if time.Since(began) > bridgeRetryTimeout {
			return nil, err
		}
		sent()
		if !pause(ctx, pauses.Next()) {
			return nil, ctx.Err()
		}
	}
}

// send sends one HTTP request. The error does not contain the URL, in which a token can be.
func (b *bridge) send(ctx context.Context, method string, body []byte, header http.Header, sent func()) (*http.Response, error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent() }})
	r, err := http.NewRequestWithContext(ctx, method, b.opts.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		r.Header = header.Clone()
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json, text/event-stream")
	if b.opts.Token != "" {
		r.Header.Set("Authorization", "Bearer "+b.opts.Token)
	}
	response, err := b.client.Do(r)
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	return response, err
}

// isDialError reports whether err says that no connection could be made.
func isDialError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// pause waits for the duration. It returns false as soon as ctx is done.
func pause(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}

// refusal returns the error for a response that is not a message. text is the body of the response,
// or its beginning.
func (b *bridge) refusal(response *http.Response, text []byte) error {
	e := &agentError{status: response.StatusCode}
	switch {
	case e.status == http.StatusUnauthorized && b.opts.Token == "":
		e.text = "the agent at " + b.agent + " needs a token: set MOONLARK_HTTP_TOKEN"
	case e.status == http.StatusUnauthorized:
		e.text = "the agent at " + b.agent + " refuses the token: MOONLARK_HTTP_TOKEN must be the token of the agent"
	case e.status == http.StatusNotFound:
		e.text = "the agent at " + b.agent + " does not offer MCP at this address: was it started with --mcp?"
	case e.status >= 300 && e.status < 400:
		e.text = b.agent + " redirects to another address: use that address"
	default:
		var fields struct{ Error string }
		why := string(text)
		if json.Unmarshal(text, &fields) == nil && fields.Error != "" {
			why = fields.Error
		}
		e.text = fmt.Sprintf("the agent at %s answers %s: %s", b.agent, response.Status, safetext.Cut(safetext.Line(why), 200, "…"))
	}
	return e
}

// readEvents calls receive with the data of each event of a stream until receive returns true or the
// stream ends. The error is nil in both cases.
func readEvents(stream io.Reader, receive func(data []byte) (isLast bool)) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 0, 4<<10), maxAnswer)
	var data []byte
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if value, ok := strings.CutPrefix(line, "data:"); ok {
			if data != nil {
				data = append(data, '\n')
			}
			data = append(data, strings.TrimPrefix(value, " ")...)
			if len(data) > maxAnswer {
				return bufio.ErrTooLong
			}
			continue
		}
		if line == "" && data != nil {
			if receive(data) {
				return nil
			}
			data = nil
		}
	}
	return lines.Err()
}
