package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

const (
	// maxLine is the maximum length of a line in a stream, in bytes. Some servers send the
	// arguments of a tool call as one line.
	maxLine = 4 << 20
	// maxReply is the maximum size of a whole reply, in bytes.
	maxReply = 16 << 20
)

// read calls each with the data of each event of the response, until the stream ends or each
// returns an error. It calls alive whenever the server has sent something. done reports whether the
// stream has ended as it should. A response that is not a stream is one event.
func read(response *http.Response, alive func(), each func(data []byte) error) (done bool, err error) {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind == "text/html" {
		return false, errors.New("the server has answered with a web page: is this the URL of its API?")
	}
	in := bufio.NewReaderSize(io.LimitReader(response.Body, maxReply), 16<<10)
	if start, err := in.Peek(1); kind == "application/json" || err == nil && start[0] == '{' {
		alive()
		data, err := io.ReadAll(in)
		if err != nil {
			return false, err
		}
		return true, each(data)
	}
	for {
		line, err := readLine(in)
		if len(line) > 0 {
			alive()
		}
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			data = bytes.TrimSpace(data)
			if string(data) == "[DONE]" {
				return true, nil
			}
			if len(data) > 0 {
				if err := each(data); err != nil {
					return false, err
				}
			}
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// readLine returns the next line with its end, or an error if it is longer than maxLine. At the end
// of the stream it returns what is left, and io.EOF.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("a line of the reply is longer than %d MiB", maxLine>>20)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}
