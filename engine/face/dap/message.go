package dap

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxContent is the maximal size of a message from a client, in bytes.
const maxContent = 1 << 20

// readMessage reads the JSON text of one message. It accepts no header fields but those of the
// protocol, so that a web page cannot send messages in an HTTP request.
func readMessage(r *bufio.Reader) ([]byte, error) {
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				return nil, errors.New("a line of the header is too long")
			}
			return nil, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		name, value, _ := strings.Cut(text, ":")
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 {
				return nil, errors.New("the header has a wrong Content-Length")
			}
		case "content-type":
		default:
			return nil, errors.New("this is not the Debug Adapter Protocol")
		}
	}
	switch {
	case length < 0:
		return nil, errors.New("the header has no Content-Length")
	case length > maxContent:
		return nil, fmt.Errorf("a message has %d bytes; the maximum is %d", length, maxContent)
	}
	content := make([]byte, length)
	_, err := io.ReadFull(r, content)
	return content, err
}
