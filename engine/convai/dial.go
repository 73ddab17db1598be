package convai

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/network"
	"moonlark/engine/safetext"
)

const (
	// MaxFrame is the maximum size of a message from the server, in bytes. The Python SDK of
	// ElevenLabs has the same limit (max_size in conversation.py). Audio messages larger than 1 MiB
	// are common.
	MaxFrame = 16 << 20

	// maxEarlyFrames is the maximum number of frames that Dial reads to find the metadata.
	maxEarlyFrames = 1000

	// bufferSize is the size of the WebSocket's read and write buffers, in bytes. A larger message
	// is sent as several WebSocket frames, which some servers cannot reassemble. So the buffer must
	// be large enough for most messages.
	bufferSize = 64 << 10

	// defaultConnectTimeout is the timeout if Options.ConnectTimeout is zero.
	defaultConnectTimeout = 10 * time.Second
)

// Options are the options for Dial.
type Options struct {
	// URL is the WebSocket URL: the result of AgentURL, a signed URL, or the URL of another server
	// that uses the same protocol. Dial does not change it.
	URL string
	// Header has the HTTP headers of the handshake. Some agents require the header Origin.
	Header http.Header
	// Initiation is the first message that Dial sends. If it is nil, Dial sends one without fields.
	Initiation *ConversationInitiationClientData
	// Enclave is a message that Dial sends before Initiation, if it is not nil. Only an
	// orchestrator that the user runs needs it.
	Enclave *EnclaveSetupConfig
	// ConnectTimeout is how long Dial may take in all, until the metadata has been received. Zero
	// means ten seconds.
	ConnectTimeout time.Duration
	// ServerTimeout is how long nothing may be received from the server, not even a reply to a
	// ping, before the conversation ends. Zero means 12 s. If it is negative, there is no limit.
	ServerTimeout time.Duration
	// Proxy returns the proxy for a request, or nil if there is none. If Proxy itself is nil, the
	// environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY name the proxy.
	Proxy func(*http.Request) (*url.URL, error)
	// Log gets a warning for each frame that cannot be parsed. The goroutines of the conversation
	// call it, so it must not block. Nil drops the warnings.
	Log *slog.Logger
}

// AgentURL returns the WebSocket URL of a public agent. host is the host of the API.
func AgentURL(host, agentID string) string {
	return "wss://" + host + "/v1/convai/conversation?agent_id=" + url.QueryEscape(agentID)
}

// Dial opens a conversation. It returns when the server has sent its first message, the metadata
// (see [Conversation.Metadata]). The caller must then call Run or Close, even if the conversation
// is no longer needed. Until Run or Close is called, nothing is read, so the server gets no reply
// to its pings.
//
// The error is a *ConnectError. It wraps:
//
// - a *HandshakeError if the server replied with an HTTP status and opened no WebSocket;
// - a *network.ProxyError if a proxy did not open the connection;
// - a *CloseError if the server closed the connection before it sent the metadata;
// - context.DeadlineExceeded if ConnectTimeout has passed;
// - the cause of ctx if ctx was cancelled;
// - otherwise the error of the network or of opts.
func Dial(ctx context.Context, opts Options) (*Conversation, error) {
	timeout := opts.ConnectTimeout
	if timeout == 0 {
		timeout = defaultConnectTimeout
	}
	timedOut := &timeoutError{after: timeout}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, timedOut)
	defer cancel()

	d := dialing{opts: opts, stop: func() bool { return true }}
	c, err := d.open(ctx)
	if err == nil {
		err = c.begin(ctx, opts)
	}
	if deadline, _ := ctx.Deadline(); err != nil && !time.Now().Before(deadline) {
		// The socket has the same deadline as ctx, and its error may come a moment before ctx ends.
		<-ctx.Done()
	}
	if err != nil && ctx.Err() != nil {
		timedOut.opened = c != nil
		timedOut.begun = d.watcher != nil && len(d.watcher.start) > 0
		err = context.Cause(ctx) // the cause says more than the socket's error
	}
	if err != nil {
		return nil, &ConnectError{err}
	}
	return c, nil
}

// A timeoutError says that Dial took longer than ConnectTimeout.
type timeoutError struct {
	after  time.Duration // ConnectTimeout
	opened bool          // whether the server has opened the WebSocket
	begun  bool          // whether the server has sent a part of the response to the handshake
}

func (e *timeoutError) Error() string {
	switch {
	case e.opened:
		return fmt.Sprintf("no conversation_initiation_metadata within %v: the server opened a WebSocket, but began no conversation", e.after)
	case e.begun:
		return fmt.Sprintf("no complete answer within %v: the server sent only a part of an HTTP response", e.after)
	}
	return fmt.Sprintf("no answer within %v", e.after)
}

func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// CheckURL returns an error if text is not a WebSocket URL that Dial can use. The error does not
// contain the URL, because a signed URL is a secret.
func CheckURL(text string) error {
	target, err := url.Parse(text)
	if bad := (*url.Error)(nil); errors.As(err, &bad) {
		err = bad.Err
	}
	switch {
	case err != nil:
	case target.Scheme != "ws" && target.Scheme != "wss" || target.Host == "":
		err = errors.New("want wss://host/path or ws://host/path")
	case target.User != nil:
		err = errors.New("a WebSocket URL has no user name and password: leave out what stands before the @")
	case target.Hostname() == "":
		err = errors.New("the host is missing: want wss://host/path or ws://host/path")
	}
	if err != nil {
		return fmt.Errorf("URL: %w", err)
	}
	return nil
}

// A dialing opens the network connection for one WebSocket.
type dialing struct {
	opts    Options
	socket  *timedConn    // the connection to the server or to the proxy; nil before it is open
	watcher *frameWatcher // the connection for the WebSocket; nil before it is open
	stop    func() bool   // stops closing the connection when the context ends
}

// open opens the WebSocket and returns the conversation, which has not sent or received anything
// yet.
func (d *dialing) open(ctx context.Context) (*Conversation, error) {
	opts := d.opts
	if err := CheckURL(opts.URL); err != nil {
		return nil, err
	}
	// The WebSocket library does not react to the end of ctx while it waits for the response to the
	// handshake. So d.dial makes sure that the network connection is closed when ctx ends.
	defer func() { d.stop() }()
	dialer := websocket.Dialer{
		NetDialContext:    func(_ context.Context, _, addr string) (net.Conn, error) { return d.dial(ctx, addr, false) },
		NetDialTLSContext: func(_ context.Context, _, addr string) (net.Conn, error) { return d.dial(ctx, addr, true) },
		ReadBufferSize:    bufferSize,
		WriteBufferSize:   bufferSize,
	}
	conn, response, err := dialer.DialContext(ctx, opts.URL, opts.Header)
	if errors.Is(err, websocket.ErrBadHandshake) && response != nil {
		return nil, handshakeError(opts.URL, response)
	}
	if err != nil {
		return nil, err
	}
	c := newConversation(conn, d.socket, d.watcher, opts.Log)
	c.setServerTimeout(opts.ServerTimeout)
	return c, nil
}

// dial opens the network connection to addr, a host and port, through a proxy if there is one.
// encrypted says that the connection must use TLS.
func (d *dialing) dial(ctx context.Context, addr string, encrypted bool) (net.Conn, error) {
	scheme := "http"
	if encrypted {
		scheme = "https"
	}
	proxy := d.opts.Proxy
	if proxy == nil {
		proxy = network.ProxyFromEnvironment
	}
	proxyURL, err := proxy(&http.Request{URL: &url.URL{Scheme: scheme, Host: addr}})
	if err != nil {
		return nil, err
	}
	conn, err := network.Dial(ctx, proxyURL, addr, func(ctx context.Context, protocol, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, protocol, addr)
		if err != nil {
			return nil, err
		}
		d.socket = &timedConn{Conn: conn, opened: time.Now(), lastRead: new(atomic.Int64)}
		return d.socket, nil
	})
	if err != nil {
		return nil, err
	}
	if encrypted {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			host = addr
		}
		client := tls.Client(conn, &tls.Config{ServerName: host})
		if err := client.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		conn = client
	}
	d.stop = context.AfterFunc(ctx, func() { conn.Close() })
	d.watcher = &frameWatcher{Conn: conn}
	return d.watcher, nil
}

// handshakeError returns the error for a response that does not open a WebSocket. target is the URL
// of the request.
func handshakeError(target string, response *http.Response) *HandshakeError {
	body, _ := io.ReadAll(response.Body) // the library keeps at most 1 KiB of the body
	e := &HandshakeError{
		Status: response.StatusCode, RetryAfter: network.RetryAfter(response.Header.Get("Retry-After"), time.Now()),
		Body: safetext.Cut(safetext.Line(string(bytes.ToValidUTF8(body, nil))), 200, ""),
	}
	e.Hint = Hint(e.Status, e.Body)
	switch {
	case e.Status == http.StatusSwitchingProtocols:
		e.Body = "the answer does not fit the WebSocket handshake that was sent"
		e.Hint = "a proxy or cache between here and the server may have answered, or the server's WebSocket is faulty"
	case e.Status >= 300 && e.Status < 400:
		e.Body, e.Hint = redirection(target, response.Header.Get("Location"))
	}
	return e
}

// redirection returns what a redirect to location says, and a suggestion to the user. target is the
// URL of the request. The query of location is left out, because it may contain a secret.
func redirection(target, location string) (text, hint string) {
	base, err := url.Parse(target)
	if err != nil || location == "" {
		return "the server redirects, but does not say where", "check the URL: the server answers with a redirect in place of a WebSocket"
	}
	to, err := base.Parse(location)
	if err != nil {
		return "the server redirects to a URL that is not valid", "check the URL"
	}
	switch to.Scheme {
	case "https":
		to.Scheme = "wss"
	case "http":
		to.Scheme = "ws"
	}
	place := safetext.Line(to.Scheme + "://" + to.Host + to.Path)
	return "the server redirects to " + place, "redirects are not followed: if you trust it, connect to " + place
}

// begin sends the first messages and waits for the metadata. If there is an error, begin closes the
// connection.
func (c *Conversation) begin(ctx context.Context, opts Options) error {
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	err := c.sendInitiation(opts)
	if err == nil {
		err = c.awaitMetadata()
	}
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.conn.Close()
	}
	return err
}

// sendInitiation writes the first messages: opts.Enclave if it is not nil, and opts.Initiation.
func (c *Conversation) sendInitiation(opts Options) error {
	var messages []Message
	if opts.Enclave != nil {
		messages = append(messages, opts.Enclave)
	}
	if opts.Initiation != nil {
		messages = append(messages, opts.Initiation)
	} else {
		messages = append(messages, new(ConversationInitiationClientData))
	}
	for _, m := range messages {
		frame, err := Marshal(m)
		if err != nil {
			return err
		}
		if err := c.writeFrame(websocket.TextMessage, frame); err != nil {
			return err
		}
	}
	return nil
}

// awaitMetadata reads frames until it has read the metadata, and keeps all of them for Run. It also
// writes the replies to pings, because the goroutine that writes does not run yet.
func (c *Conversation) awaitMetadata() error {
	for len(c.early) < maxEarlyFrames {
		frame, err := c.read()
		if err != nil {
			return err
		}
		if err := c.writeFrames(c.queue.nextAnswers()); err != nil {
			return err
		}
		c.queue.written()
		c.early = append(c.early, frame)
		if m, ok := frame.Message.(*ConversationInitiationMetadata); ok {
			c.metadata = *m
			return nil
		}
	}
	return fmt.Errorf("%d messages and no conversation_initiation_metadata", maxEarlyFrames)
}
