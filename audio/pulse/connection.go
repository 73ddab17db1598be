package pulse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

const (
	patience     = 2 * time.Second // for an answer of the server
	openPatience = 8 * time.Second // while it wakes a device: a wireless one takes its time
)

// A connection is one conversation with a sound server. One goroutine makes the
// requests; proto's own reads, and ends when the connection is closed.
type connection struct {
	wire   *wire
	client *proto.Client
	index  uint32    // what the server calls this client
	hear   func(any) // called on proto's goroutine with each message: must not wait
	unhook func()    // of the context that cuts everything off
}

// connect finds a server and makes ourselves known to it. What the server says
// unasked goes to hear. When ctx ends, everything that waits for the server
// returns at once, and nothing works any more.
func connect(ctx context.Context, server string, hear func(any)) (*connection, error) {
	socket, at, err := dial(ctx, server)
	if err != nil {
		return nil, err
	}
	c := &connection{wire: newWire(socket), hear: hear}
	c.unhook = c.cutOff(ctx)
	c.client = &proto.Client{Callback: c.take}
	c.client.SetTimeout(patience)
	c.client.Open(c.wire)
	if err := c.greet(cookie(os.Getenv, at)); err != nil {
		c.close()
		return nil, fmt.Errorf("sound server at %s: %w", at, err)
	}
	return c, nil
}

// greet says who we are. PipeWire refuses much to those who have not said it.
func (c *connection) greet(cookie []byte) error {
	var auth proto.AuthReply
	if err := c.request(&proto.Auth{Version: c.client.Version(), Cookie: cookie}, &auth); err != nil {
		return err
	}
	c.client.SetVersion(auth.Version)
	var name proto.SetClientNameReply
	err := c.request(&proto.SetClientName{Props: proto.PropList{
		"application.name":           proto.PropListString(ourName),
		"application.process.id":     proto.PropListString(strconv.Itoa(os.Getpid())),
		"application.process.binary": proto.PropListString(clip(filepath.Base(os.Args[0]))),
	}}, &name)
	c.index = name.ClientIndex
	return err
}

// ourName is what a mixer shows.
const ourName = "Moonlark"

// clip cuts s to what surely fits into a request: see Options.device.
func clip(s string) string { return s[:min(len(s), 100)] }

// take gets each message of the server, on proto's goroutine.
func (c *connection) take(message any) {
	if _, closed := message.(*proto.ConnectionClosed); closed {
		close(c.wire.ended)
		return
	}
	// After the connection broke, proto makes one up of what it had.
	if !c.broken() && c.hear != nil {
		c.hear(message)
	}
}

func (c *connection) broken() bool {
	select {
	case <-c.wire.lost:
		return true
	default:
		return false
	}
}

// request asks the server and waits for its answer. A connection on which one
// has not come is of no further use, and closed.
func (c *connection) request(ask proto.RequestArgs, answer proto.Reply) error {
	err := c.client.Request(ask, answer)
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[proto.Error](err); ok {
		return refusalError(refusal)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		c.wire.fail(errDeaf)
	}
	if c.broken() {
		return c.wire.err
	}
	return err
}

// close ends the connection and returns once nothing of it runs.
func (c *connection) close() {
	c.wire.fail(errClosed)
	c.unhook()
	select {
	case <-c.wire.ended:
	case <-time.After(time.Second): // proto does not say so if the end came in the middle of a header
	}
}

// cutOff breaks the connection when ctx ends, unless undo was called before.
func (c *connection) cutOff(ctx context.Context) (undo func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.wire.fail(context.Cause(ctx))
		close(done)
	})
	return sync.OnceFunc(func() {
		if !stop() {
			<-done
		}
	})
}

var (
	errClosed = errors.New("the connection was closed")
	errDeaf   = errors.New("the sound server does not answer")
	errGone   = errors.New("the sound server has closed the connection")
)

// A refusalError is an answer of the server's that says no.
type refusalError proto.Error

func (r refusalError) Error() string {
	switch proto.Error(r) {
	case proto.ErrNoSuchEntity:
		return "there is no such device"
	case proto.ErrAccessDenied:
		return "the sound server does not let us in"
	case proto.ErrConnectionTerminated, proto.ErrConnectionRefused:
		return "the sound server is ending"
	}
	return "the sound server says: " + proto.Error(r).Error()[len("pulseaudio: "):]
}

// A wire is the socket below proto. It knows why it broke, which proto does not
// say, and never waits for a server that has stopped reading.
type wire struct {
	net.Conn
	once  sync.Once
	err   error         // why it is lost; read it after lost is closed
	lost  chan struct{} // closed when the wire is of no more use
	ended chan struct{} // closed when proto has stopped reading it
	place atomic.Bool   // the next sound goes where the device reads: see atOnce
}

func newWire(conn net.Conn) *wire {
	return &wire{Conn: conn, lost: make(chan struct{}), ended: make(chan struct{})}
}

// fail breaks the wire for the reason err, if nothing has yet.
func (w *wire) fail(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.lost)
		w.Conn.Close()
	})
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err == io.EOF {
		w.fail(errGone)
	} else if err != nil {
		w.fail(fmt.Errorf("the connection to the sound server broke: %s", reason(err)))
	}
	if err != nil {
		return n, io.EOF // the only error after which proto says that it has ended
	}
	return n, nil
}

// atOnce has the server put the next sound that is sent where the device reads
// when it comes, and not behind the last. After a flush that is further on by
// what the device took meanwhile, and as much would not be heard.
func (w *wire) atOnce() { w.place.Store(true) }

// What proto writes before a packet: its length, the number of a stream or, for
// a message, noStream, an offset, and flags.
const (
	headerSize   = 20
	noStream     = 0xffffffff
	seekFromRead = 2
)

func (w *wire) Write(p []byte) (int, error) {
	if len(p) == headerSize && binary.BigEndian.Uint32(p[4:]) != noStream && w.place.Swap(false) {
		placed := [headerSize]byte(p)
		placed[headerSize-1] = seekFromRead
		p = placed[:]
	}
	w.Conn.SetWriteDeadline(time.Now().Add(patience))
	n, err := w.Conn.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.fail(errDeaf)
	} else if err != nil {
		w.fail(errGone)
	}
	return n, err
}
