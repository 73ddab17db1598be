package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
)

// BenchmarkToolCallEvents measures what the two events of a tool call cost whoever publishes them: with
// a bus that has the subscriber of a terminal, and with a Stream and its readers beside it.
func BenchmarkToolCallEvents(b *testing.B) {
	for _, readers := range []int{-1, 0, 1, 100} {
		name := fmt.Sprintf("%d readers", readers)
		if readers < 0 {
			name = "no stream"
		}
		b.Run(name, func(b *testing.B) {
			var events bus.Bus
			terminal := events.Subscribe(nil, func(bus.Event) {})
			defer terminal.Close(time.Second)
			if readers >= 0 {
				s := NewStream(StreamOptions{})
				watched := s.Watch(&events)
				defer watched.Close(time.Second)
				defer readBy(b, s, readers)()
			}
			result := "The light in the hall is on."
			publishing := time.Duration(0)
			for b.Loop() {
				began := time.Now()
				events.Publish(bus.Event{Type: bus.ToolCall, Tool: "light", CallID: "call_1", Args: []byte(`{"room":"hall"}`), Script: "lights.lua"})
				events.Publish(bus.Event{Type: bus.ToolResult, Tool: "light", CallID: "call_1", Result: &result, Seconds: 0.01, Script: "lights.lua"})
				publishing += time.Since(began)
				time.Sleep(time.Millisecond) // calls do not come without a pause
			}
			b.ReportMetric(float64(publishing.Nanoseconds())/float64(b.N), "ns/call")
		})
	}
}

// BenchmarkNote measures what the stream itself does with one event, on the goroutine of its subscription.
func BenchmarkNote(b *testing.B) {
	s := NewStream(StreamOptions{})
	result := "The light in the hall is on."
	for b.Loop() {
		s.Note(bus.Event{Type: bus.ToolResult, Tool: "light", CallID: "call_1", Result: &result, Seconds: 0.01, Script: "lights.lua"})
	}
}

// BenchmarkAttachedPages reports the memory that 100 readers need.
func BenchmarkAttachedPages(b *testing.B) {
	const readers = 100
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	for b.Loop() {
		s := NewStream(StreamOptions{})
		for i := range 100 {
			s.Note(text(i))
		}
		before := heap()
		end := readBy(b, s, readers)
		b.ReportMetric(float64(heap()-before)/readers/1024, "KB/page")
		end()
	}
}

// readBy opens readers of the stream, which read everything. Call end at the end.
func readBy(b *testing.B, s *Stream, readers int) (end func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(s.ServeEvents)}
	go server.Serve(l)
	var open []net.Conn
	for range readers {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprint(conn, "GET /events?since=0 HTTP/1.1\r\nHost: x\r\n\r\n")
		in := bufio.NewReaderSize(conn, 16)
		for line := ""; !strings.Contains(line, "snapshot"); {
			if line, err = in.ReadString('\n'); err != nil {
				b.Fatal(err)
			}
		}
		go io.Copy(io.Discard, in)
		open = append(open, conn)
	}
	return func() {
		for _, conn := range open {
			conn.Close()
		}
		server.Close()
	}
}
