package localagent

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/safetext"

	"github.com/gorilla/websocket"
)

const (
	// maximum length of a frame from the client in bytes; the same limit as at ElevenLabs
	maxFrame  = 16 << 20
	maxQueued = 256 // maximum number of frames that wait to be written to the client
	// writeTimeout is how long it may take to write one frame. After that the client is
	// disconnected.
	writeTimeout = 10 * time.Second
	// closeTimeout limits the end of a conversation: writing the queued frames and waiting for the
	// client's close frame.
	closeTimeout = 2 * time.Second
)

// A socket is the connection of one conversation. It has two goroutines, the reader and the writer.
// Both start in openSocket and have ended when close returns.
type socket struct {
	ws *websocket.Conn // only the reader reads from ws, and only the writer writes messages to it

	in      chan incoming // frames from the client; the reader sets err and then closes the channel
	err     error         // why the reader ended; valid after the channel in is closed
	out     chan []byte   // frames for the writer to write; the method close closes the channel
	drained chan struct{} // gets a value after the writer has written a frame
	over    chan struct{} // closed by the method close; frames that arrive later are dropped
	written chan struct{} // closed when the writer has ended

	// never changes; if false, the reader drops frames with the user's sound
	passSound     bool
	droppedChunks atomic.Int64 // number of frames with the user's sound that the reader dropped
}

// An incoming is one frame from the client. err says what is wrong with the frame, or is nil.
type incoming struct {
	frame convai.Frame
	err   error
}

// openSocket returns a socket for ws and starts its reader and its writer. If passSound is false,
// the reader drops the frames with the user's sound.
func openSocket(ws *websocket.Conn, passSound bool) *socket {
	ws.SetReadLimit(maxFrame)
	s := &socket{
		ws:        ws,
		in:        make(chan incoming, 16),
		out:       make(chan []byte, maxQueued),
		drained:   make(chan struct{}, 1),
		over:      make(chan struct{}),
		written:   make(chan struct{}),
		passSound: passSound,
	}
	go s.read()
	go s.write()
	return s
}

// read runs on the reader's goroutine and passes frames from the client to s.in. After the end of
// the conversation it drops them, until the client has closed the connection or the connection is
// lost.
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
			got.frame, got.err = parseFrame(data)
		}
		if got.frame.Type == "user_audio_chunk" && got.err == nil && !s.passSound {
			s.droppedChunks.Add(1)
			continue
		}
		select {
		case s.in <- got:
		case <-s.over:
		}
	}
}

// parseFrame parses a frame from the client. It refuses the same frames as the servers of
// ElevenLabs, which are stricter than package convai.
func parseFrame(data []byte) (convai.Frame, error) {
	f, err := convai.ParseClient(data)
	if err != nil {
		return f, err
	}
	switch f.Message.(type) {
	case nil:
		return f, fmt.Errorf("no such message: %q", f.Type)
	case *convai.ClientToolResult:
		var required struct {
			ID     *string `json:"tool_call_id"`
			Result *string `json:"result"`
		}
		if err := json.Unmarshal(f.Inner, &required); err != nil || required.ID == nil || required.Result == nil {
			return f, fmt.Errorf("%s: tool_call_id and result must be strings", f.Type)
		}
	}
	return f, nil
}

// write runs on the writer's goroutine and writes the frames in s.out to the client. If a frame
// cannot be written, it closes the connection, which ends the reader, and discards the remaining
// frames.
func (s *socket) write() {
	defer close(s.written)
	failed := false
	for frame := range s.out {
		if !failed {
			err := s.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
			if err == nil {
				err = s.ws.WriteMessage(websocket.TextMessage, frame)
			}
			if err != nil {
				failed = true
				s.ws.Close()
			}
		}
		select {
		case s.drained <- struct{}{}:
		default:
		}
	}
}

// send queues a frame for the writer. It never waits. It returns false if the queue is full, which
// means that the client does not read fast enough.
func (s *socket) send(frame []byte) bool {
	select {
	case s.out <- frame:
		return true
	default:
		return false
	}
}

// hasRoom reports whether the queue has room for frames that are not urgent, such as sound. They
// may fill only half of the queue, so that there is always room for urgent frames.
func (s *socket) hasRoom() bool { return len(s.out) < maxQueued/2 }

// A closing is an error that means: the agent ends the conversation with a close frame.
type closing struct {
	code   int
	reason string
}

func (c closing) Error() string { return fmt.Sprintf("closed with %d: %s", c.code, c.reason) }

// close ends the connection; why is the reason why the conversation ended. If why is a closing,
// close first writes the queued frames and the close frame, and waits for the client's close frame.
// close returns when the reader and the writer have ended.
func (s *socket) close(why error) {
	timer := time.AfterFunc(closeTimeout, func() { s.ws.Close() })
	defer timer.Stop()
	close(s.over)
	close(s.out)
	var byAgent closing
	if !errors.As(why, &byAgent) {
		s.ws.Close() // the client has disconnected, or does not read
	}
	<-s.written
	if byAgent.code != 0 {
		const maxReason = 123 // maximum length of a reason in bytes, from the WebSocket protocol
		body := websocket.FormatCloseMessage(byAgent.code, safetext.Cut(byAgent.reason, maxReason, ""))
		_ = s.ws.WriteControl(websocket.CloseMessage, body, time.Now().Add(closeTimeout))
	}
	for range s.in { // wait until the reader has ended
	}
	s.ws.Close()
}
