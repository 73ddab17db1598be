package control

import (
	"io"
	"net/http"
	"time"
)

// A streamWriter is the ResponseWriter of a Mount with Streams. Each Write and Flush may take
// writeTimeout. The timeout of the server itself is for the whole response, and would end every stream.
type streamWriter struct {
	http.ResponseWriter
	deadlines *http.ResponseController
}

// extend sets the write deadline for the next Write or Flush.
func (w *streamWriter) extend() { w.deadlines.SetWriteDeadline(time.Now().Add(writeTimeout)) }

// Write writes a part of the response.
func (w *streamWriter) Write(data []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(data)
}

// Flush sends what has been written to the client.
func (w *streamWriter) Flush() { w.FlushError() }

// FlushError is like Flush. It returns an error if the client cannot be reached or does not read.
func (w *streamWriter) FlushError() error {
	w.extend()
	return w.deadlines.Flush()
}

// Unwrap returns the ResponseWriter of the server, for an http.ResponseController.
func (w *streamWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A streamBody is the body of a request to a Mount with Streams. It removes the read deadline when
// the body has been read. After that, the server reads only to notice that the client has gone away, and
// an expired deadline would look the same.
type streamBody struct {
	io.ReadCloser
	deadlines *http.ResponseController
}

// Read reads a part of the body.
func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.deadlines.SetReadDeadline(time.Time{})
	}
	return n, err
}
