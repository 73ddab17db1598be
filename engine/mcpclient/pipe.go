package mcpclient

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	// maxFrame is the maximal length of a message from a server, in bytes. A longer message is not
	// kept; if it is the answer to a call, the call fails.
	maxFrame = 16 << 20
	// frameEnds is how many bytes of the beginning and of the end of such a message are searched for
	// the id of the call.
	frameEnds = 512

	// maxAsked is how many requests of a server wait for their answers. A server that sends more, and
	// does not read the answers, gets none for them.
	maxAsked = 64

	// codeTooLarge is the code of the error that a call gets instead of an answer that is too long. It
	// is never sent.
	codeTooLarge = 413
)

// A pipe is the connection to a server by its standard input and output, with one JSON object a
// line. It implements mcp.Transport and mcp.Connection. A line that is not a JSON-RPC message is
// passed to noise, and skipped.
type pipe struct {
	in    *os.File // the standard input of the server
	out   *os.File // the standard output of the server
	noise func(line string)

	messages chan jsonrpc.Message
	ended    chan struct{} // closed when the output has ended
	closing  sync.Once
	closed   chan struct{}
	asked    atomic.Int32 // requests of the server that have no answer yet

	writing chan struct{} // holds a token while nobody writes
	broken  error         // why nothing can be written any more; only for who holds the token
}

// newPipe returns a pipe. The caller must close in and out when the pipe is not used any more: only
// then the goroutine that reads ends.
func newPipe(in, out *os.File, noise func(line string)) *pipe {
	p := &pipe{
		in: in, out: out, noise: noise,
		messages: make(chan jsonrpc.Message), ended: make(chan struct{}), closed: make(chan struct{}), writing: make(chan struct{}, 1),
	}
	p.writing <- struct{}{}
	go p.read()
	return p
}

// Connect implements mcp.Transport.
func (p *pipe) Connect(context.Context) (mcp.Connection, error) { return p, nil }

// SessionID implements mcp.Connection.
func (p *pipe) SessionID() string { return "" }

// Close implements mcp.Connection. It does not end the server.
func (p *pipe) Close() error {
	p.closing.Do(func() { close(p.closed) })
	return nil
}

// Read implements mcp.Connection.
func (p *pipe) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case m := <-p.messages:
		return m, nil
	case <-p.ended:
		return nil, io.EOF
	case <-p.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Write implements mcp.Connection. A server that does not read its input holds it up until ctx is
// done. If only a part of the message has been written then, the pipe is broken.
func (p *pipe) Write(ctx context.Context, m jsonrpc.Message) error {
	if _, isAnswer := m.(*jsonrpc.Response); isAnswer {
		defer p.asked.Add(-1)
	}
	data, err := jsonrpc.EncodeMessage(m)
	if err != nil {
		return err
	}
	select {
	case <-p.writing:
	case <-p.closed:
		return io.ErrClosedPipe
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { p.writing <- struct{}{} }()
	if p.broken != nil {
		return p.broken
	}
	p.in.SetWriteDeadline(time.Time{})
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		p.in.SetWriteDeadline(time.Now())
		close(interrupted)
	})
	n, err := p.in.Write(append(data, '\n'))
	if !stop() {
		<-interrupted // so that it does not interrupt the next message
	}
	if err != nil && (n > 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
		p.broken = fmt.Errorf("the server does not read its input: %w", err)
		p.Close()
	}
	return err
}

// read reads messages until the output ends or the pipe is closed.
func (p *pipe) read() {
	defer close(p.ended)
	lines := bufio.NewReaderSize(p.out, 64<<10)
	for {
		line, size, err := readLine(lines)
		if m := p.message(line, size); m != nil {
			select {
			case p.messages <- m:
			case <-p.closed:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// readLine reads a line. If it has more than maxFrame bytes, readLine returns its beginning and its
// end, of frameEnds bytes each. size is the length of the whole line.
func readLine(r *bufio.Reader) (line []byte, size int, err error) {
	for {
		part, err := r.ReadSlice('\n')
		size += len(part)
		if size <= maxFrame {
			line = append(line, part...)
		} else {
			if len(line) > 2*frameEnds { // the first part that is too much
				line = append(make([]byte, 0, 4*frameEnds+r.Size()), line[:frameEnds]...)
			}
			line = append(line, part...)
			if extra := len(line) - 2*frameEnds; extra > 0 {
				line = append(line[:frameEnds], line[frameEnds+extra:]...)
			}
		}
		if err != bufio.ErrBufferFull {
			return line, size, err
		}
	}
}

// message returns the message in a line, or nil if there is none.
func (p *pipe) message(line []byte, size int) jsonrpc.Message {
	line = bytes.TrimSpace(line)
	if size > maxFrame {
		return p.tooLong(line, size)
	}
	if len(line) == 0 {
		return nil
	}
	if line[0] == '{' {
		if m, err := jsonrpc.DecodeMessage(line); err == nil {
			if r, ok := m.(*jsonrpc.Request); ok && r.IsCall() {
				if p.asked.Load() >= maxAsked {
					return nil
				}
				p.asked.Add(1)
			}
			return m
		}
	}
	p.noise(string(line[:min(len(line), frameEnds)]))
	return nil
}

var (
	firstID = regexp.MustCompile(`^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*,`)
	lastID  = regexp.MustCompile(`,\s*"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}$`)
)

// tooLong returns an error as the answer to the call that a message belongs to, or nil if the id of
// the call is not found. ends is the beginning and the end of the message.
func (p *pipe) tooLong(ends []byte, size int) jsonrpc.Message {
	found := firstID.FindSubmatch(ends)
	if found == nil {
		found = lastID.FindSubmatch(ends)
	}
	if found == nil {
		p.noise(fmt.Sprintf("(a line of %d bytes)", size))
		return nil
	}
	n, err := strconv.ParseInt(string(found[1]), 10, 53)
	if err != nil {
		return nil
	}
	id, _ := jsonrpc.MakeID(float64(n)) // a number is a valid id
	return &jsonrpc.Response{ID: id, Error: tooLarge(size)}
}

// tooLarge returns the error of a call whose answer has size bytes.
func tooLarge(size int) *jsonrpc.Error {
	return &jsonrpc.Error{Code: codeTooLarge, Message: fmt.Sprintf("the answer has %d bytes; the maximum is %d", size, maxFrame)}
}
