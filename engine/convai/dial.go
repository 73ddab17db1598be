package convai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// DefaultHost is where agents live that live nowhere in particular.
	DefaultHost = "api.elevenlabs.io"

	// MaxFrame is the longest message that is read, in bytes: the most that
	// ElevenLabs sends, and what elevenlabs-python conversation.py reads
	// (max_size). One piece of audio of over 1 MiB is nothing unusual.
	MaxFrame = 16 << 20

	// maxEarly is how many frames may come before the metadata.
	maxEarly = 1000

	// bufferSize is that of the socket's buffers. A message that does not fit
	// is sent in several WebSocket frames, which not everyone likes to put
	// together, so most should fit.
	bufferSize = 64 << 10
)

// Options say how to open a conversation.
type Options struct {
	// URL is opened as it is: one of AgentURL, a signed URL, or that of any
	// other server that speaks the protocol.
	URL string
	// Header goes with the handshake. An agent may demand an Origin.
	Header http.Header
	// Subprotocols are offered to the server, which need not choose one.
	// ElevenLabs knows "convai" and does without.
	Subprotocols []string
	// Initiation is the first message; nil sends an empty one.
	Initiation *ConversationInitiationClientData
	// Enclave, when it is set, goes before Initiation. Only an orchestrator
	// that somebody runs themselves wants it.
	Enclave *EnclaveSetupConfig
	// ConnectTimeout is how long all of Dial may take, from the first packet
	// to the metadata. Zero means ten seconds.
	ConnectTimeout time.Duration
	// Log is told of frames that make no sense. It is called by the
	// goroutines that carry the conversation and must not block them. Nil
	// means nobody is told.
	Log *slog.Logger
}

// AgentURL is where a public agent is reached. An empty host means DefaultHost.
func AgentURL(host, agentID string) string {
	if host == "" {
		host = DefaultHost
	}
	return "wss://" + host + "/v1/convai/conversation?agent_id=" + url.QueryEscape(agentID)
}

// Dial opens a conversation and returns once the server has said what it is:
// see [Conversation.Metadata]. Run should follow soon, as nobody reads or
// answers a ping in between. A conversation that was dialled is to be ended
// with Run or Close, whether it is wanted or not.
//
// The error is a *HandshakeError when the server answered but opened no
// WebSocket, a *CloseError when it closed before the metadata, and is
// context.DeadlineExceeded when ConnectTimeout is over.
func Dial(ctx context.Context, opts Options) (*Conversation, error) {
	timeout := opts.ConnectTimeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, lateError(timeout))
	defer cancel()

	c, err := open(ctx, opts)
	if err == nil {
		err = c.begin(ctx, opts)
	}
	if deadline, _ := ctx.Deadline(); err != nil && !time.Now().Before(deadline) {
		<-ctx.Done() // the socket knows the deadline too, and can be first
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // and not what the socket made of it
	}
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return c, nil
}

// A lateError is ConnectTimeout having passed.
type lateError time.Duration

func (e lateError) Error() string        { return fmt.Sprintf("no answer within %v", time.Duration(e)) }
func (e lateError) Is(target error) bool { return target == context.DeadlineExceeded }

// CheckURL says what is wrong with a URL that a conversation cannot be opened
// at, nil when nothing is. The error does not repeat the URL, whose signature
// is nobody's business.
func CheckURL(text string) error {
	target, err := url.Parse(text)
	if bad := (*url.Error)(nil); errors.As(err, &bad) {
		err = bad.Err
	}
	if err == nil && (target.Scheme != "ws" && target.Scheme != "wss" || target.Host == "") {
		err = errors.New("want wss://host/path or ws://host/path")
	}
	if err != nil {
		return fmt.Errorf("URL: %w", err)
	}
	return nil
}

// open makes the WebSocket.
func open(ctx context.Context, opts Options) (*Conversation, error) {
	if err := CheckURL(opts.URL); err != nil {
		return nil, err
	}
	// gorilla waits for the answer to the handshake without an eye on ctx.
	stop := func() bool { return true }
	defer func() { stop() }()
	socket := &ear{heard: new(atomic.Int64), began: time.Now()}
	dial := func(_ context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		stop = context.AfterFunc(ctx, func() { conn.Close() })
		socket.Conn = conn
		return socket, nil
	}
	dialer := websocket.Dialer{
		NetDialContext:  dial,
		Proxy:           http.ProxyFromEnvironment,
		Subprotocols:    opts.Subprotocols,
		ReadBufferSize:  bufferSize,
		WriteBufferSize: bufferSize,
	}
	conn, response, err := dialer.DialContext(ctx, opts.URL, opts.Header)
	if errors.Is(err, websocket.ErrBadHandshake) && response != nil {
		body, _ := io.ReadAll(response.Body) // gorilla keeps the first KiB of it
		text := shorten(strings.Join(strings.Fields(string(bytes.ToValidUTF8(body, nil))), " "), 200)
		return nil, &HandshakeError{response.StatusCode, text, Hint(response.StatusCode, text)}
	}
	if err != nil {
		return nil, err
	}
	return newConversation(conn, socket, opts.Log), nil
}

// begin says what we want and waits to be told what we get. It closes the
// socket on any error.
func (c *Conversation) begin(ctx context.Context, opts Options) error {
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	err := c.introduce(opts)
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

// introduce writes the first messages.
func (c *Conversation) introduce(opts Options) error {
	first := []Message{}
	if opts.Enclave != nil {
		first = append(first, opts.Enclave)
	}
	if opts.Initiation != nil {
		first = append(first, opts.Initiation)
	} else {
		first = append(first, new(ConversationInitiationClientData))
	}
	for _, m := range first {
		frame, err := Marshal(m)
		if err != nil {
			return err
		}
		if err := c.put(websocket.TextMessage, frame); err != nil {
			return err
		}
	}
	return nil
}

// awaitMetadata reads up to the metadata, and keeps all it reads for Run. It
// writes too, as there is no writer yet: the answers to pings.
func (c *Conversation) awaitMetadata() error {
	for len(c.early) < maxEarly {
		frame, err := c.read(kept)
		if err != nil {
			return err
		}
		for item := c.out.control.first; item != nil; item = item.next {
			if err := c.put(item.opcode, item.frame); err != nil {
				return err
			}
			c.out.written(item)
		}
		c.early = append(c.early, frame)
		if m, ok := frame.Message.(*ConversationInitiationMetadata); ok {
			c.metadata = *m
			return nil
		}
	}
	return fmt.Errorf("%d messages and no conversation_initiation_metadata", maxEarly)
}
