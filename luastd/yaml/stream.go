package yaml

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// A stream is what the library reads a text from, or writes a text to. It calls Checkpoint now and
// then, which may raise a Lua error while the library runs.
type stream struct {
	luastd.Checkpointer
	L     *lua.LState
	input *strings.Reader
	text  []byte // what the library has written
	count int    // number of bytes since the last Checkpoint
}

// bytesPerCheckpoint is how many bytes the library reads or writes between two calls of Checkpoint.
const bytesPerCheckpoint = 16 << 10

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.input.Read(p)
	s.pass(n)
	return n, err
}

func (s *stream) Write(p []byte) (int, error) {
	if s.text = append(s.text, p...); len(s.text) > maxText {
		s.L.RaiseError("yaml.encode: longer than %d bytes", maxText)
	}
	s.pass(len(p))
	return len(p), nil
}

func (s *stream) pass(n int) {
	if s.count += n; s.count >= bytesPerCheckpoint {
		s.count = 0
		s.Checkpoint(s.L)
	}
}
