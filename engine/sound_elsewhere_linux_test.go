package engine

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/convai"
)

// A process is an engine in a process of its own.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	agents chan *listener
	end    func()
}

// performElsewhere is perform in another process.
func performElsewhere(t testing.TB, server *pulsetest.Server, speaker, echo string) *process {
	t.Helper()
	p := &process{t: t, agents: make(chan *listener, 1)}
	url := listen(t, full, p.agents)
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), elsewhere+"="+url, elsewhere+"_SPEAKER="+speaker, elsewhere+"_ECHO="+echo,
		"PULSE_SERVER="+server.Address())
	var out bytes.Buffer
	p.cmd.Stdout, p.cmd.Stderr = &out, &out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.end = sync.OnceFunc(func() {
		p.cmd.Process.Signal(syscall.SIGKILL)
		p.cmd.Wait()
		if out.Len() > 0 {
			t.Logf("the other process: %s", &out)
		}
	})
	t.Cleanup(p.end)
	return p
}

func (p *process) agent() *listener {
	p.t.Helper()
	select {
	case a := <-p.agents:
		return a
	case <-time.After(20 * time.Second):
		p.t.Fatal("the other process does not connect")
		return nil
	}
}

// wide is the one format that the Python client knows.
var wide = pcm.Format{Encoding: pcm.S16, Rate: 16000}

// runPythonsWay is a client with the queue of the official Python one, and its
// rule for interruptions, until the test ends.
func runPythonsWay(t testing.TB, server *pulsetest.Server, url string) {
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"conversation_initiation_client_data"}`))
	p := &pythonsWay{resampler: pcm.NewResampler(wide.Rate, audio.Rate)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		// Its device's buffer holds three chunks: with fewer, ours runs dry.
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address(), Depth: wide.Duration(3 * pythonsChunk * wide.SampleBytes())})
		if err := speaker.Play(ctx, p); err != nil {
			t.Error(err)
		}
	})
	running.Go(func() {
		for p.read(t, conn) {
		}
	})
	t.Cleanup(func() { conn.Close(); cancel(); running.Wait() })
}

const pythonsChunk = 1000 // samples

type pythonsWay struct {
	resampler *pcm.Resampler // the speaker's, as is
	ready     []float32
	given     []float32 // the latest

	mu    sync.Mutex // guards what follows
	queue []float32
	last  int
}

func (p *pythonsWay) read(t testing.TB, conn *websocket.Conn) bool {
	_, frame, err := conn.ReadMessage()
	if err != nil {
		return false
	}
	f, err := convai.Parse(frame)
	if err != nil {
		t.Error(err)
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m := f.Message.(type) {
	case *convai.Audio:
		if m.EventID > p.last {
			data, _ := m.Base64.AppendBytes(nil)
			p.queue = pcm.NewDecoder(wide).Append(p.queue, data)
		}
	case *convai.Interruption:
		p.last = m.EventID
		p.queue = nil
	}
	return true
}

// Fill plays chunk after chunk.
func (p *pythonsWay) Fill(sound []float32, _ time.Duration) {
	clear(sound)
	p.mu.Lock()
	for len(p.ready) < len(sound) && len(p.queue) > 0 {
		n := min(pythonsChunk, len(p.queue))
		p.ready = p.resampler.Append(p.ready, p.queue[:n])
		p.queue = p.queue[n:]
	}
	p.mu.Unlock()
	n := copy(sound, p.ready)
	p.ready = p.ready[:copy(p.ready, p.ready[n:])]
	p.given = append(p.given, sound...)
	p.given = p.given[max(0, len(p.given)-audio.Rate):]
}

// Lost gives again what an underrun has cost.
func (p *pythonsWay) Lost(n int) {
	n = min(n, len(p.given))
	p.ready = append(slices.Clone(p.given[len(p.given)-n:]), p.ready...)
	p.given = p.given[:len(p.given)-n]
}
