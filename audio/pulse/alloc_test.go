package pulse

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"moonlark/audio"
)

// A tone is a source and a sink that does next to nothing.
type tone struct{ level float32 }

func (s *tone) Fill(sound []float32, _ time.Duration) {
	for i := range sound {
		sound[i] = s.level
	}
}

func (s *tone) Lost(int) {}

func (s *tone) Take(sound []float32, _ time.Duration) { s.level = sound[0] }

// A hole is a connection to someone who takes everything and says nothing.
type hole struct {
	net.Conn
	closed chan struct{}
}

func (h hole) Write(p []byte) (int, error)      { return len(p), nil }
func (h hole) SetWriteDeadline(time.Time) error { return nil }
func (h hole) Close() error                     { close(h.closed); return nil }
func (h hole) Read([]byte) (int, error)         { <-h.closed; return 0, io.EOF }

// connectToHole is a connection of which nothing comes back.
func connectToHole(t testing.TB) *connection {
	c := &connection{wire: newWire(hole{closed: make(chan struct{})}), unhook: func() {}}
	c.client = &proto.Client{Callback: c.take}
	c.client.Open(c.wire)
	t.Cleanup(c.close)
	return c
}

func TestPlayingAllocatesNothing(t *testing.T) {
	p := newPlayback(NewSpeaker(Options{}), &tone{level: 0.5})
	p.connection = connectToHole(t)
	request := &proto.Request{Length: 10 * audio.Rate / 1000 * sampleSize}
	ask := func() {
		p.hear(request)
		if err := p.feed(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, ask); n != 0 {
		t.Errorf("got %v allocations for 10 ms of sound, want none", n)
	}
	if p.written < 100*10*audio.Rate/1000 {
		t.Errorf("only %d samples were sent", p.written)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := newRecording(NewMicrophone(Options{}), &tone{})
	packet := &proto.DataPacket{Data: make([]byte, 20*audio.Rate/1000*sampleSize)}
	if n := testing.AllocsPerRun(100, func() { r.hear(packet) }); n != 0 {
		t.Errorf("got %v allocations for 20 ms of sound, want none", n)
	}
}

func TestSamplesSurvive(t *testing.T) {
	want := []float32{0, 1, -1, 0.123456, -1.0 / 32768}
	data := make([]byte, len(want)*sampleSize)
	got := make([]float32, len(want))
	encode(data, want)
	decode(got, data)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
}
