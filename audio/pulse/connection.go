package pulse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

const (
	requestTimeout = 2 * time.Second // maximum time until the server replies to a request
	// maximum time until a device is open; a wireless device may take seconds
	openTimeout = 8 * time.Second
)

// A connection is a network connection to a sound server. Its methods may be called from any
// goroutine. Package proto reads the server's messages on a goroutine of its own, which ends when
// the connection is closed.
type connection struct {
	socket      *socket
	client      *proto.Client
	clientIndex uint32 // the server's number for this client
	// called with each message that is not a reply to a request, on the goroutine of package proto
	// that reads the messages; must not block; nil if such messages are ignored
	onMessage   func(any)
	stopContext func() // ends the effect of connect's context on the connection
}

// connect connects to a sound server and authenticates this client. onMessage is called with each
// message of the server that is not a reply to a request. When ctx is done, the connection fails
// and all pending requests return an error.
func connect(ctx context.Context, server string, onMessage func(any)) (*connection, error) {
	conn, address, err := dial(ctx, server)
	if err != nil {
		return nil, err
	}
	c := &connection{socket: newSocket(conn), onMessage: onMessage}
	c.stopContext = c.failWhenDone(ctx)
	c.client = &proto.Client{Callback: c.receive}
	c.client.SetTimeout(requestTimeout)
	c.client.Open(c.socket)
	if err := c.introduce(cookie(os.Getenv, address)); err != nil {
		c.close()
		return nil, fmt.Errorf("sound server at %s: %w", address, err)
	}
	return c, nil
}

// introduce authenticates this client with a cookie and sends the client's name to the server.
// PipeWire refuses many requests before it knows the name.
func (c *connection) introduce(cookie []byte) error {
	var auth proto.AuthReply
	if err := c.request(&proto.Auth{Version: c.client.Version(), Cookie: cookie}, &auth); err != nil {
		return err
	}
	c.client.SetVersion(auth.Version)
	var name proto.SetClientNameReply
	err := c.request(&proto.SetClientName{Props: proto.PropList{
		"application.name":           proto.PropListString(clientName),
		"application.process.id":     proto.PropListString(strconv.Itoa(os.Getpid())),
		"application.process.binary": proto.PropListString(truncate(filepath.Base(os.Args[0]))),
	}}, &name)
	c.clientIndex = name.ClientIndex
	return err
}

// clientName is the name that a mixer shows for this program.
const clientName = "Moonlark"

// truncate cuts s to 100 bytes, because package proto panics if a request is longer than 1024
// bytes.
func truncate(s string) string { return s[:min(len(s), 100)] }

// receive handles one message of the server. Package proto calls it on its own goroutine.
func (c *connection) receive(message any) {
	if _, closed := message.(*proto.ConnectionClosed); closed {
		close(c.socket.readingEnded)
		return
	}
	// After the connection has failed, proto may deliver an incomplete message. Ignore that
	// message.
	if !c.failed() && c.onMessage != nil {
		c.onMessage(message)
	}
}

// failed reports whether the connection has failed or was closed.
func (c *connection) failed() bool {
	select {
	case <-c.socket.failed:
		return true
	default:
		return false
	}
}

// request sends a request, waits for the server's reply, and stores it in reply. If no reply
// arrives in time, request fails the connection, because a late reply could be mistaken for the
// reply to another request.
func (c *connection) request(args proto.RequestArgs, reply proto.Reply) error {
	err := c.client.Request(args, reply)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[proto.Error](err); ok {
		return serverError(e)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		c.socket.fail(errNoAnswer)
	}
	if c.failed() {
		return c.socket.err
	}
	return err
}

// close closes the connection. Then it waits until the goroutine of package proto that reads the
// messages has ended, for at most 1 s.
func (c *connection) close() {
	c.socket.fail(errClosed)
	c.stopContext()
	select {
	case <-c.socket.readingEnded:
	case <-time.After(time.Second):
		// Package proto does not report the end of its goroutine if the connection's data ends
		// within a packet header.
	}
}

// failWhenDone makes the connection fail when ctx is done. Call the returned function to prevent
// that. If the connection is failing at that moment, the function waits until it has failed.
func (c *connection) failWhenDone(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	stopAfterFunc := context.AfterFunc(ctx, func() {
		c.socket.fail(context.Cause(ctx))
		close(done)
	})
	return sync.OnceFunc(func() {
		if !stopAfterFunc() {
			<-done
		}
	})
}

var (
	errClosed       = errors.New("the connection is closed")
	errNoAnswer     = errors.New("the sound server does not answer")
	errServerClosed = errors.New("the sound server has closed the connection")
)

// A serverError is an error that the server has sent as its reply to a request.
type serverError proto.Error

func (e serverError) Error() string {
	switch proto.Error(e) {
	case proto.ErrNoSuchEntity:
		return "device not found"
	case proto.ErrAccessDenied:
		return "the sound server denies access"
	case proto.ErrConnectionTerminated, proto.ErrConnectionRefused:
		return "the sound server is shutting down"
	}
	return "sound server: " + proto.Error(e).Error()[len("pulseaudio: "):]
}
