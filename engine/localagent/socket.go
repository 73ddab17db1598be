package localagent

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"moonlark/engine/convai"
)

const (
	queued    = 256              // frames on their way to the writer
	writeWait = 10 * time.Second // for one frame: a client that reads none is gone
	closeWait = 2 * time.Second  // for all that is left to write, and the client's goodbye
)

// A socket is the wire of one conversation. Its reader and its writer run from
// open to end.
type socket struct {
	ws *websocket.Conn // read by the reader, written by the writer

	in      chan incoming // closed by the reader; then err says why
	err     error         // why the reader ended
	out     chan []byte   // closed by end
	drained chan struct{} // a frame has been written, or several
	over    chan struct{} // closed by end: what still comes in is dropped
	written chan struct{} // closed by the writer

	listens bool         // fixed: somebody wants the user's voice
	chunks  atomic.Int64 // of the user's voice, when nobody does
}

// An incoming is one frame from the client, or what is wrong with it.
type incoming struct {
	frame convai.Frame
	err   error
}

func open(ws *websocket.Conn, listens bool) *socket {
	ws.SetReadLimit(mostFrame)
	s := &socket{
		ws:      ws,
		in:      make(chan incoming, 16),
		out:     make(chan []byte, queued),
		drained: make(chan struct{}, 1),
		over:    make(chan struct{}),
		written: make(chan struct{}),
		listens: listens,
	}
	go s.read()
	go s.write()
	return s
}

// read is the reader. It goes on when the conversation is over, until the
// client has closed too or the connection is gone.
func (s *socket) read() {
	defer close(s.in)
	for {
		kind, data, err := s.ws.ReadMessage()
		if err != nil {
			s.err = err
			return
		}
		var got incoming
		if kind != websocket.TextMessage {
			got.err = errors.New("not a text frame")
		} else {
			got.frame, got.err = parse(data)
		}
		if got.frame.Type == "user_audio_chunk" && got.err == nil && !s.listens {
			s.chunks.Add(1)
			continue
		}
		select {
		case s.in <- got:
		case <-s.over:
		}
	}
}

// parse is stricter than convai in what it takes from a client: as strict as
// the servers of ElevenLabs are.
func parse(data []byte) (convai.Frame, error) {
	f, err := convai.ParseClient(data)
	if err != nil {
		return f, err
	}
	switch f.Message.(type) {
	case nil:
		return f, fmt.Errorf("no such message: %q", f.Type)
	case *convai.ClientToolResult:
		var must struct {
			ID     *string `json:"tool_call_id"`
			Result *string `json:"result"`
		}
		if err := json.Unmarshal(f.Inner, &must); err != nil || must.ID == nil || must.Result == nil {
			return f, fmt.Errorf("%s: tool_call_id and result must be strings", f.Type)
		}
	}
	return f, nil
}

// write is the writer. After a frame that could not be written it closes the
// connection, which ends the reader, and goes on emptying the queue.
func (s *socket) write() {
	defer close(s.written)
	gone := false
	for frame := range s.out {
		if !gone {
			err := s.ws.SetWriteDeadline(time.Now().Add(writeWait))
			if err == nil {
				err = s.ws.WriteMessage(websocket.TextMessage, frame)
			}
			if err != nil {
				gone = true
				s.ws.Close()
			}
		}
		select {
		case s.drained <- struct{}{}:
		default:
		}
	}
}

// send queues a frame. It never waits: false means that the queue is full, as
// the client does not read.
func (s *socket) send(frame []byte) bool {
	select {
	case s.out <- frame:
		return true
	default:
		return false
	}
}

// room says whether there is place in the queue for what can wait. The half
// that it leaves is for what cannot.
func (s *socket) room() bool { return len(s.out) < queued/2 }

// A leave is how the agent ends a conversation: with a close frame.
type leave struct {
	code   int
	reason string
}

func (l leave) Error() string { return fmt.Sprintf("closed with %d: %s", l.code, l.reason) }

// end writes what is queued and then, when why is a leave, its close frame. It
// waits for the client to close too, and returns when reader and writer have
// ended.
func (s *socket) end(why error) {
	cut := time.AfterFunc(closeWait, func() { s.ws.Close() })
	defer cut.Stop()
	close(s.over)
	close(s.out)
	var bye leave
	if !errors.As(why, &bye) {
		s.ws.Close() // the client has left, or reads nothing
	}
	<-s.written
	if bye.code != 0 {
		body := websocket.FormatCloseMessage(bye.code, clip(bye.reason))
		_ = s.ws.WriteControl(websocket.CloseMessage, body, time.Now().Add(closeWait))
	}
	for range s.in { // until the reader has ended
	}
	s.ws.Close()
}

// clip makes a reason fit into a close frame.
func clip(reason string) string {
	const most = 123
	if len(reason) > most {
		reason = strings.ToValidUTF8(reason[:most], "")
	}
	return reason
}
