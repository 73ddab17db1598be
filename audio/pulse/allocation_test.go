package pulse

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"moonlark/audio"
)

// A constantSource is an audio.Source in which all samples have the value level. It is also an
// audio.Sink, which stores the first sample of each chunk in level.
type constantSource struct{ level float32 }

func (s *constantSource) Fill(sound []float32, _ time.Duration) {
	for i := range sound {
		sound[i] = s.level
	}
}

func (s *constantSource) Lost(int) {}

func (s *constantSource) Take(sound []float32, _ time.Duration) { s.level = sound[0] }

// A silentConn is a net.Conn that discards all written bytes. Read blocks until the connection is
// closed.
type silentConn struct {
	net.Conn
	closed chan struct{}
}

func (c silentConn) Write(p []byte) (int, error)      { return len(p), nil }
func (c silentConn) SetWriteDeadline(time.Time) error { return nil }
func (c silentConn) Close() error                     { close(c.closed); return nil }
func (c silentConn) Read([]byte) (int, error)         { <-c.closed; return 0, io.EOF }

// newSilentConnection returns a connection to a sound server that never replies.
func newSilentConnection(t testing.TB) *connection {
	c := &connection{socket: newSocket(silentConn{closed: make(chan struct{})}), stopContext: func() {}}
	c.client = &proto.Client{Callback: c.receive}
	c.client.Open(c.socket)
	t.Cleanup(c.close)
	return c
}

func TestPlayingDoesNotAllocate(t *testing.T) {
	p := newPlayback(NewSpeaker(Options{}), &constantSource{level: 0.5})
	p.connection = newSilentConnection(t)
	request := &proto.Request{Length: 10 * audio.Rate / 1000 * sampleSize}
	step := func() {
		p.onMessage(request)
		if err := p.sendRequested(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("got %v allocations for 10 ms of sound, want none", n)
	}
	if p.written < 100*10*audio.Rate/1000 {
		t.Errorf("%d samples were sent, want 1 s of sound", p.written)
	}
}

func TestRecordingDoesNotAllocate(t *testing.T) {
	r := newRecording(NewMicrophone(Options{}), &constantSource{})
	packet := &proto.DataPacket{Data: make([]byte, 20*audio.Rate/1000*sampleSize)}
	if n := testing.AllocsPerRun(100, func() { r.onMessage(packet) }); n != 0 {
		t.Errorf("got %v allocations for 20 ms of sound, want none", n)
	}
}
