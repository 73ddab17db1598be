package dap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/google/go-dap"

	"moonlark/engine/bus"
	"moonlark/engine/script/debug"
)

const (
	// greetingTimeout is how long a client may take to send its first request.
	greetingTimeout = 10 * time.Second
	// writeTimeout is how long the client may take to read a message.
	writeTimeout = 10 * time.Second
	// maxQueued is how many messages may wait for the client. If there are more, text of the
	// scripts is dropped, and for another message the client is disconnected.
	maxQueued = 4096
)

// A connection is a connected client. Its goroutine of requests uses the fields without a comment.
type connection struct {
	server  *Server          // never changes
	conn    net.Conn         // any goroutine may use it
	queue   chan dap.Message // messages to the client; any goroutine may put one with send
	session *debug.Session
	paths   pathMapping
	// base is 1 if the client counts lines from 1, and otherwise 0.
	base int
}

// serve serves one client until the client disconnects or the server is closed.
func (s *Server) serve(conn net.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer conn.Close()
	c := &connection{server: s, conn: conn, queue: make(chan dap.Message, maxQueued)}
	finish, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		c.write(finish)
	}()
	err := c.talk(ctx)
	if c.session != nil {
		c.session.Close()
	}
	close(finish)
	<-written
	switch {
	case s.ctx.Err() != nil || errors.Is(err, errDisconnected) || errors.Is(err, io.EOF):
	case err != nil:
		s.log.Warn("debugger: disconnected: " + err.Error())
	}
}

// talk handles the requests of the client. The error says why it has ended.
func (c *connection) talk(ctx context.Context) error {
	r := bufio.NewReader(c.conn)
	c.conn.SetReadDeadline(time.Now().Add(greetingTimeout))
	first, err := readMessage(r)
	if err != nil {
		return err
	}
	c.conn.SetReadDeadline(time.Time{})
	if err := c.greet(first); err != nil {
		return err
	}
	subscription := c.server.events.Subscribe(isOutput, c.output)
	defer subscription.Close(0)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	requests := make(chan []byte)
	var reader sync.WaitGroup
	reader.Go(func() { cancel(read(ctx, r, requests)) })
	defer func() {
		c.conn.SetReadDeadline(time.Now()) // ends the goroutine that reads
		reader.Wait()
	}()
	for {
		select {
		case content := <-requests:
			if err := c.handle(ctx, content); err != nil {
				cancel(err)
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// read reads messages and sends them to requests. It returns an error when it cannot read any more,
// or when ctx is done.
func read(ctx context.Context, r *bufio.Reader, requests chan<- []byte) error {
	for {
		content, err := readMessage(r)
		if err != nil {
			return err
		}
		select {
		case requests <- content:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isOutput reports whether events of the type t are shown in the console of the debugger.
func isOutput(t bus.Type) bool { return t == bus.Print || t == bus.Log }

// output shows an event of the bus in the console of the debugger.
func (c *connection) output(e bus.Event) {
	switch {
	case e.Type == bus.Print:
		c.sendOutput("stdout", e.Text+"\n")
	case e.Script != "":
		c.sendOutput("console", e.Level+": "+e.Script+": "+e.Text+"\n")
	default:
		c.sendOutput("console", e.Level+": "+e.Text+"\n")
	}
}

func (c *connection) sendOutput(category, text string) {
	c.send(&dap.OutputEvent{Event: newEvent("output"), Body: dap.OutputEventBody{Category: category, Output: text}})
}

// send puts a message into the queue. It never waits. Any goroutine may call it.
func (c *connection) send(m dap.Message) {
	select {
	case c.queue <- m:
	default:
		if _, isText := m.(*dap.OutputEvent); !isText {
			c.conn.Close()
		}
	}
}

// write writes the messages of the queue. When finish is closed, it writes those that are left, and
// returns.
func (c *connection) write(finish <-chan struct{}) {
	for seq := 1; ; seq++ {
		select {
		case m := <-c.queue:
			c.writeMessage(seq, m)
			continue
		case <-finish:
		}
		select {
		case m := <-c.queue:
			c.writeMessage(seq, m)
		default:
			return
		}
	}
}

// writeMessage writes a message with this number. If the client does not read it, the connection is
// closed.
func (c *connection) writeMessage(seq int, m dap.Message) {
	switch m := m.(type) {
	case dap.ResponseMessage:
		m.GetResponse().Seq = seq
	case dap.EventMessage:
		m.GetEvent().Seq = seq
	}
	var b bytes.Buffer
	dap.WriteProtocolMessage(&b, m) // a Buffer accepts everything, and no message has what JSON cannot have
	c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := c.conn.Write(b.Bytes()); err != nil {
		c.conn.Close()
	}
}
