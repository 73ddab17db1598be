package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A carrier is a Device whose pages connect to a server.
type carrier struct {
	*Device
	t       *testing.T
	url     string
	reasons chan error // why each page has gone
}

// serve serves a device until the test ends.
func serve(t *testing.T) *carrier {
	t.Helper()
	c := &carrier{Device: New(Use{Microphone: true, Speaker: true}), t: t, reasons: make(chan error, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	var open sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Done()
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		c.reasons <- c.Serve(ctx, conn, r.URL.Query().Get("page"))
	}))
	c.url = "ws" + strings.TrimPrefix(server.URL, "http")
	t.Cleanup(func() {
		cancel()
		open.Wait()
		server.Close()
	})
	return c
}

// observe records the calls of the observer. The function that it returns returns them, each as the id of the page
// and whether it carries the sound. Call observe before a page is connected.
func (c *carrier) observe() (calls func() []string) {
	var mu sync.Mutex
	var seen []string
	c.Observe(func(id string, carries bool) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprint(id, " ", carries))
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

// A client is a page without a browser.
type client struct {
	t    *testing.T
	conn *websocket.Conn
	rate int

	writing sync.Mutex // held while a message is written

	mu      sync.Mutex // guards the fields below
	sound   []float32  // what the server has sent, without what was flushed
	pieces  []int      // the sizes of the pieces in samples
	flushes []int      // the numbers of the flushes
	texts   []string   // the other text messages
	answer  func(flush int) (lost int, answers bool)
	closed  error // what ended the connection
	done    chan struct{}
}

const hello = `{"hello":1,"rate":44100,"latency":0.04,"settings":{"aec":true,"ns":true,"agc":true},"label":"Fake"}`

// connect connects a page that has not said anything. It reads until the connection ends.
func (c *carrier) connect(id string) *client {
	c.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(c.url+"/?page="+id, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	p := &client{t: c.t, conn: conn, rate: 44100, done: make(chan struct{})}
	go p.read()
	c.t.Cleanup(func() {
		conn.Close()
		<-p.done
	})
	return p
}

// open connects a page with a rate of 44,100 and waits until it has the sound.
func (c *carrier) open(id string) *client {
	c.t.Helper()
	p := c.connect(id)
	p.send(hello)
	p.awaitText(`{"ready":1}`)
	testkit.Until(c.t, "the page has the sound", func() bool {
		current := c.current()
		return current != nil && current.id == id
	})
	return p
}

func (p *client) read() {
	defer close(p.done)
	for {
		kind, data, err := p.conn.ReadMessage()
		if err != nil {
			p.mu.Lock()
			p.closed = err
			p.mu.Unlock()
			p.conn.Close()
			return
		}
		p.mu.Lock()
		if kind == websocket.BinaryMessage {
			p.sound = pcm.NewDecoder(pcm.Format{Encoding: pcm.S16, Rate: p.rate}).Append(p.sound, data)
			p.pieces = append(p.pieces, len(data)/2)
			p.mu.Unlock()
			continue
		}
		var m struct{ Flush int }
		json.Unmarshal(data, &m)
		if m.Flush == 0 {
			p.texts = append(p.texts, strings.TrimSpace(string(data)))
			p.mu.Unlock()
			continue
		}
		p.flushes = append(p.flushes, m.Flush)
		lost, answers := 0, true
		if p.answer != nil {
			lost, answers = p.answer(m.Flush)
		}
		p.sound = p.sound[:len(p.sound)-lost]
		p.mu.Unlock()
		if answers {
			p.sendJSON(map[string]int{"flushed": m.Flush, "lost": lost})
		}
	}
}

func (p *client) send(text string) { p.write(websocket.TextMessage, []byte(text)) }

func (p *client) sendJSON(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		p.t.Error(err)
	}
	p.write(websocket.TextMessage, text)
}

// write sends a message. Any goroutine may call it.
func (p *client) write(kind int, data []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.conn.WriteMessage(kind, data)
}

// record sends sound at the rate of the page, in pieces of 20 ms, as fast as possible.
func (p *client) record(sound []float32) {
	for len(sound) > 0 {
		n := min(len(sound), p.rate/50)
		p.write(websocket.BinaryMessage, pcm.Format{Encoding: pcm.S16, Rate: p.rate}.Append(nil, sound[:n]))
		sound = sound[n:]
	}
}

// heard returns how many samples have come.
func (p *client) heard() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sound)
}

// awaitText waits for a text message.
func (p *client) awaitText(text string) {
	p.t.Helper()
	testkit.Until(p.t, text, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, one := range p.texts {
			if one == text {
				return true
			}
		}
		return false
	})
}

// awaitClose waits until the server has closed the connection, and returns the code and the reason that it has given.
func (p *client) awaitClose() (code int, reason string) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(testkit.Timeout):
		p.t.Fatal("the server does not close the connection")
	}
	var c *websocket.CloseError
	if !errors.As(p.closed, &c) {
		p.t.Fatalf("the connection ended with %v, want a close message", p.closed)
	}
	return c.Code, c.Text
}

// tone returns a sine wave at a sample rate.
func tone(hertz float64, rate int, length time.Duration) []float32 {
	sound := make([]float32, int(length.Seconds()*float64(rate)))
	for i := range sound {
		sound[i] = float32(0.5 * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))
	}
	return sound
}

// purity returns the part of the power of sound that belongs to one frequency, from 0 to 1 (Goertzel).
func purity(sound []float32, hertz float64, rate int) float64 {
	w := 2 * math.Pi * hertz / float64(rate)
	var s1, s2, power float64
	for _, x := range sound {
		s1, s2 = float64(x)+2*math.Cos(w)*s1-s2, s1
		power += float64(x) * float64(x)
	}
	return (s1*s1 + s2*s2 - 2*math.Cos(w)*s1*s2) / (power * float64(len(sound)) / 2)
}

// A sink keeps what the microphone records.
type sink struct {
	mu    sync.Mutex
	sound []float32
	sizes map[int]bool
	age   time.Duration // the greatest one
}

func (s *sink) Take(sound []float32, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sizes == nil {
		s.sizes = map[int]bool{}
	}
	s.sizes[len(sound)] = true
	s.sound = append(s.sound, sound...)
	s.age = max(s.age, age)
}

func (s *sink) recorded() []float32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]float32(nil), s.sound...)
}

// A source plays a tone of 441 Hz.
type source struct {
	mu     sync.Mutex
	next   int // number of the next sample
	losses []int
	delays []time.Duration
}

func (s *source) Fill(sound []float32, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range sound {
		sound[i] = float32(0.5 * math.Sin(2*math.Pi*441*float64(s.next)/audio.Rate))
		s.next++
	}
	s.delays = append(s.delays, delay)
}

func (s *source) Lost(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.losses = append(s.losses, n)
	s.next -= n
}

func (s *source) state() (next int, losses []int, delays []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, append([]int(nil), s.losses...), append([]time.Duration(nil), s.delays...)
}

// run calls f, which is Play or Record, with a context that ends with the test, and returns what f returns.
func run(t *testing.T, f func(context.Context) error) <-chan error {
	ctx, cancel := context.WithCancel(context.Background())
	returned := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { returned <- f(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	return returned
}

// await returns what a function started by run has returned.
func await(t *testing.T, returned <-chan error) error {
	t.Helper()
	select {
	case err := <-returned:
		return err
	case <-time.After(testkit.Timeout):
		t.Fatal("the device goes on")
		return nil
	}
}
