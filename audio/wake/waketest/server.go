// Package waketest has a Wyoming server for tests. It speaks the real protocol
// over real TCP, as wyoming-openwakeword does, but recognises nothing: the test
// says when a word is heard.
package waketest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Server is a Wyoming server. Its zero value is not one: see Start.
type Server struct {
	Address string

	t        testing.TB
	names    []string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex // guards what follows
	events []string   // types, and data of all but sound
	sound  []byte
	conns  map[net.Conn]bool
	closed bool
}

// Start starts a server that knows these words, at an address, or at any if that
// is empty, until the test ends or Close is called.
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
	s.running.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// Close hangs up on everybody, and listens no more.
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
			s.t.Errorf("wake: the client says %q", line)
			return
		}
		more, payload := make([]byte, e.DataLength), make([]byte, e.PayloadLength)
		if _, err := io.ReadFull(in, more); err != nil {
			return
		}
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		if e.DataLength > 0 {
			json.Unmarshal(more, &e.Data)
		}
		s.note(e.Type, e.Data, payload)
		if e.Type == "describe" {
			s.describe(conn)
		}
	}
}

func (s *Server) note(kind string, data map[string]any, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == "audio-chunk" {
		s.sound = append(s.sound, payload...)
		return
	}
	text, _ := json.Marshal(data)
	s.events = append(s.events, kind+" "+string(text))
}

func (s *Server) describe(conn net.Conn) {
	var models []map[string]any
	for _, name := range s.names {
		models = append(models, map[string]any{"name": name, "installed": true, "languages": []string{}})
	}
	data, _ := json.Marshal(map[string]any{"wake": []any{map[string]any{"name": "fake", "installed": true, "models": models}}})
	fmt.Fprintf(conn, "{\"type\": \"info\", \"version\": \"1.5.2\", \"data_length\": %d}\n%s", len(data), data)
}

// Detect tells every client of a word.
func (s *Server) Detect(word string) {
	data, _ := json.Marshal(map[string]any{"name": word, "timestamp": 1200, "speaker": nil})
	s.Say(fmt.Sprintf("{\"type\": \"detection\", \"version\": \"1.5.2\", \"data_length\": %d}\n%s", len(data), data))
}

// Say sends text to every client as it stands.
func (s *Server) Say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		io.WriteString(conn, text)
	}
}

// Events are what clients have said, but for sound, each with its data.
func (s *Server) Events() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.events...)
}

// Sound is all that came, signed 16-bit at 16000 samples a second.
func (s *Server) Sound() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]byte(nil), s.sound...)
}

// Await waits until a client has said all of what it says before its sound.
func (s *Server) Await() {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if strings.Contains(strings.Join(s.Events(), "\n"), "audio-start") {
			return
		}
	}
	s.t.Fatal("wake: nobody has connected")
}
