package engine

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/convai"
)

// pythonChunk is the number of samples that the official Python client writes to its device at a
// time.
const pythonChunk = 1000

// A pythonClient handles sound and interruptions as the official Python client does, with the same
// queue. BenchmarkInterruption compares Moonlark with it.
type pythonClient struct {
	// The goroutine that plays uses the fields of this group.
	resampler *pcm.Resampler // converts from format16k to the rate of the speaker
	ready     []float32      // the resampled sound that is played next
	played    []float32      // the sound of the last second

	mu          sync.Mutex // guards the fields below
	queue       []float32  // the sound that has arrived and is not in ready yet
	interrupted int        // the sound of this response and of those before is dropped
}

// startPythonClient starts a client that ends with the test. Its format is format16k.
func startPythonClient(t testing.TB, server *pulsetest.Server, url string) {
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"conversation_initiation_client_data"}`))
	p := &pythonClient{resampler: pcm.NewResampler(format16k.Rate, audio.Rate)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		// The buffer of the device holds three chunks. With fewer, our speaker has underruns.
		depth := format16k.Duration(3 * pythonChunk * format16k.SampleBytes())
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address(), Depth: depth})
		audio.KeepPlaying(ctx, speaker, p, func(h audio.Health) {
			if h.Err != nil {
				t.Logf("the speaker of the Python client: %v", h.Err)
			}
		})
	})
	running.Go(func() {
		for p.read(t, conn) {
		}
	})
	t.Cleanup(func() { conn.Close(); cancel(); running.Wait() })
}

// read handles one frame. It reports false when the conversation has ended.
func (p *pythonClient) read(t testing.TB, conn *websocket.Conn) bool {
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
		if m.EventID > p.interrupted {
			p.queue = pcm.NewDecoder(format16k).Append(p.queue, m.Sound)
		}
	case *convai.Interruption:
		p.interrupted = m.EventID
		p.queue = nil
	}
	return true
}

// Fill implements [audio.Source]. A chunk that has been begun is played to its end, even after an
// interruption.
func (p *pythonClient) Fill(sound []float32, _ time.Duration) {
	clear(sound)
	p.mu.Lock()
	for len(p.ready) < len(sound) && len(p.queue) > 0 {
		n := min(pythonChunk, len(p.queue))
		p.ready = p.resampler.Append(p.ready, p.queue[:n])
		p.queue = p.queue[n:]
	}
	p.mu.Unlock()
	n := copy(sound, p.ready)
	p.ready = p.ready[:copy(p.ready, p.ready[n:])]
	p.played = append(p.played, sound...)
	p.played = p.played[max(0, len(p.played)-audio.Rate):]
}

// Lost implements [audio.Source]. It plays again the last n samples, which the device has not
// played.
func (p *pythonClient) Lost(n int) {
	n = min(n, len(p.played))
	p.ready = append(slices.Clone(p.played[len(p.played)-n:]), p.ready...)
	p.played = p.played[:len(p.played)-n]
}
