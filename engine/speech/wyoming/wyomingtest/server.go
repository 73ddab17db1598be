// Package wyomingtest has a Wyoming server for tests. The server speaks the real protocol over TCP,
// as wyoming-openwakeword, wyoming-faster-whisper and wyoming-piper do, but it recognises and
// speaks nothing: the test decides when a wake word is detected, and what is recognised and spoken.
package wyomingtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// timeout is how long the Await methods wait before they fail the test.
const timeout = 20 * time.Second

// A Server is a Wyoming server. Create a Server with Start.
type Server struct {
	Address string // the server listens on this HOST:PORT address

	t        testing.TB
	names    []string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	changed *sync.Cond // signals that a field below has changed or that a timeout has ended
	events  []string   // type and data of each event that clients have sent, except sound
	sound   []byte
	conns   map[net.Conn]bool
	closed  bool
}

// Start starts a server that listens on address, or on a free port of this machine if address is
// empty. When a client asks, the server says that it knows the wake words in names. It runs until
// Close is called or the test ends.
func Start(t testing.TB, address string, names ...string) *Server {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String(), t: t, names: names, listener: listener, conns: make(map[net.Conn]bool)}
	s.changed = sync.NewCond(&s.mu)
	s.running.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// Close closes all connections and stops the server.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		if s.closed {
			conn.Close()
		}
		s.mu.Unlock()
		s.running.Go(func() {
			defer func() {
				conn.Close()
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			}()
			s.serve(conn)
		})
	}
}

// serve reads the events of one client until the connection is closed.
func (s *Server) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var e struct {
			Type          string
			Data          map[string]any
			DataLength    int `json:"data_length"`
			PayloadLength int `json:"payload_length"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			s.t.Errorf("wyomingtest: the client sends %q", line)
			return
		}
		data, payload := make([]byte, e.DataLength), make([]byte, e.PayloadLength)
		if _, err := io.ReadFull(in, data); err != nil {
			return
		}
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		if e.DataLength > 0 {
			json.Unmarshal(data, &e.Data)
		}
		s.store(e.Type, e.Data, payload)
		if e.Type == "describe" {
			s.describe(conn)
		}
	}
}

func (s *Server) store(kind string, data map[string]any, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changed.Broadcast()
	if kind == "audio-chunk" {
		s.sound = append(s.sound, payload...)
		return
	}
	text, _ := json.Marshal(data)
	s.events = append(s.events, kind+" "+string(text))
}

// describe answers a "describe" event: it sends the wake words that the server knows.
func (s *Server) describe(conn net.Conn) {
	var models []map[string]any
	for _, name := range s.names {
		models = append(models, map[string]any{"name": name, "installed": true, "languages": []string{}})
	}
	data, _ := json.Marshal(map[string]any{"wake": []any{map[string]any{"name": "fake", "installed": true, "models": models}}})
	fmt.Fprintf(conn, "{\"type\": \"info\", \"version\": \"1.5.2\", \"data_length\": %d}\n%s", len(data), data)
}

// Detect tells every client that the server has detected the word.
func (s *Server) Detect(word string) {
	data, _ := json.Marshal(map[string]any{"name": word, "timestamp": 1200, "speaker": nil})
	s.Send(fmt.Sprintf("{\"type\": \"detection\", \"version\": \"1.5.2\", \"data_length\": %d}\n%s", len(data), data))
}

// Send sends text to every client without changing it.
func (s *Server) Send(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		io.WriteString(conn, text)
	}
}

// Events returns the type and the data of each event that clients have sent, except sound.
func (s *Server) Events() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// AwaitListener waits until a client is about to send sound, so that all other events of the client
// have been received.
func (s *Server) AwaitListener() {
	s.t.Helper()
	s.await("a client starts to send sound", func() bool {
		return slices.ContainsFunc(s.events, func(e string) bool { return strings.HasPrefix(e, "audio-start ") })
	})
}

// AwaitEvent waits until a client has sent an event of the type kind, and returns its data.
func (s *Server) AwaitEvent(kind string) (data string) {
	s.t.Helper()
	s.await("an event "+kind, func() bool {
		for _, e := range s.events {
			if t, rest, _ := strings.Cut(e, " "); t == kind {
				data = rest
				return true
			}
		}
		return false
	})
	return data
}

// AwaitSound waits until clients have sent at least n bytes of sound, and returns all sound that
// they have sent so far. The sound has signed 16-bit samples, 16000 per second.
func (s *Server) AwaitSound(n int) []byte {
	s.t.Helper()
	var sound []byte
	s.await(fmt.Sprintf("%d bytes of sound", n), func() bool {
		sound = slices.Clone(s.sound)
		return len(sound) >= n
	})
	return sound
}

// await waits until condition returns true, and fails the test after a timeout; what describes the
// condition for the error. await calls condition under the lock, after each change.
func (s *Server) await(what string, condition func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(timeout)
	wake := time.AfterFunc(timeout, s.changed.Broadcast)
	defer wake.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !condition() {
		if !time.Now().Before(deadline) {
			s.t.Fatalf("wyomingtest: not within %v: %s; events: %q", timeout, what, s.events)
		}
		s.changed.Wait()
	}
}
