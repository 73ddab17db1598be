package http

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// receive reads the body of an answer, or makes it a stream.
func (c *call) receive(h *hop, res *http.Response, done func()) (*answer, error) {
	a := &answer{status: res.StatusCode, header: res.Header, url: h.url}
	body := &bodyReader{c: c, host: h.url.Host, r: res.Body, left: c.r.maxBytes}
	if c.r.stream {
		a.stream = &stream{c: c, body: body, done: done}
		a.elapsed = time.Since(c.begun)
		return a, nil
	}
	defer done()
	var err error
	if c.sink != nil {
		err = c.sink.receive(a, body)
	} else if h.method != http.MethodHead {
		a.body, err = c.readBody(body, res.ContentLength)
	}
	a.elapsed = time.Since(c.begun)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// readBody returns the rest of body. length is what the server says, or -1.
func (c *call) readBody(body *bodyReader, length int64) (string, error) {
	var chunks [][]byte
	size := int64(4 << 10)
	if length > 0 {
		size = min(length+1, maxChunk) // one more byte, so that the read at the end has room
	}
	for {
		chunk := make([]byte, size)
		n, err := readFull(body, chunk)
		if !c.holdAnswer(n) {
			return "", errBudget
		}
		chunks = append(chunks, chunk[:n])
		switch {
		case err == io.EOF:
			return join(chunks), nil
		case err != nil:
			return "", err
		}
		size = min(2*size, maxChunk)
	}
}

// maxChunk is the maximal number of bytes that readBody reads at once.
const maxChunk = 1 << 20

// readFull fills p. It returns the error of r, unlike io.ReadFull.
func readFull(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = r.Read(p[n:])
		n += more
	}
	return n, err
}

func join(chunks [][]byte) string {
	size := 0
	for _, chunk := range chunks {
		size += len(chunk)
	}
	var b strings.Builder
	b.Grow(size)
	for _, chunk := range chunks {
		b.Write(chunk)
	}
	return b.String()
}

// A bodyReader reads the body of an answer. Its errors are io.EOF and failures.
type bodyReader struct {
	c    *call
	host string
	r    io.Reader
	left int64 // how many more bytes the body may have; always 0 if there is no maximum
	read int64 // how many bytes have been read
}

func (b *bodyReader) Read(p []byte) (int, error) {
	limit := b.c.r.maxBytes
	if limit > 0 && int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	if limit > 0 {
		if b.left -= int64(n); b.left < 0 {
			return 0, &failure{code: "too_large", text: fmt.Sprintf("the body from %s has more than %d bytes: set max_bytes", b.host, limit)}
		}
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	if cause, ok := isCancelled(b.c.ctx); ok {
		err = cause
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return n, &failure{code: "closed", text: fmt.Sprintf("%s has closed the connection before the end of the body", b.host), temporary: true}
	}
	return n, b.c.explain(err, b.host, fmt.Sprintf("only %d bytes of the body", b.read))
}
