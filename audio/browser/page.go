package browser

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/safetext"
)

const (
	// readTimeout is the maximum time between two messages of a page. A page sends several messages a
	// second.
	readTimeout = 5 * time.Second
	// writeTimeout is the maximum time in which the network must accept one message. If it takes longer,
	// the connection is closed.
	writeTimeout = 2 * time.Second
	// maxMessage is the maximum size of a message in bytes. That is enough for 100 ms of sound at maxRate,
	// and for every text message.
	maxMessage = 40 << 10
	// After a page has broken the rules of the protocol, the connection stays open for at most lingerTime,
	// and at most maxLinger bytes are read and discarded. So the page receives the close message.
	lingerTime, maxLinger = 500 * time.Millisecond, 16 << 20
	// minRate and maxRate limit the sample rate of a page, in samples per second.
	minRate, maxRate = 8000, 192000

	// messagesPerSecond limits the average number of messages that a page may send, and maxMessages the
	// number of messages in a burst. A page sends about 60 messages a second. After it was stopped for some
	// seconds, it sends a burst.
	messagesPerSecond, maxMessages = 200, 1000
	// maxSpeed and maxBacklog limit the sound that a page sends from its microphone. On average, the sound
	// may arrive maxSpeed times as fast as it was recorded. In a burst, sound with the length maxBacklog
	// may arrive.
	maxSpeed, maxBacklog = 1.05, 4 * time.Second
)

var (
	errTaken = errors.New("another page has taken the sound")
	errGone  = errors.New("the page with the sound has gone")
)

// A page is one connected page.
type page struct {
	device *Device         // does not change after newPage
	conn   *websocket.Conn // does not change after newPage
	id     string          // does not change after newPage
	gone   chan struct{}   // closed by close, when the connection ends

	writeMu sync.Mutex // held while a message is written

	// rate is the sample rate of the page. It does not change after the page has become the one that has
	// the sound.
	rate int
	// flushed receives the page's answer to a flush.
	flushed chan message
	// microphoneLost receives a value when the page loses its microphone.
	microphoneLost chan struct{}

	mu       sync.Mutex    // guards the fields below
	err      error         // why the connection has ended; nil until then
	sent     int64         // number of samples that were sent
	lost     int64         // number of samples that flushes have discarded
	played   int64         // number of samples that the page has played, according to its latest report
	playedAt time.Time     // the time of the latest report of played and delay
	delay    time.Duration // the delay of the page's sound output, according to its latest report
	noMic    error         // why the page has no microphone; nil if it has one
	flushing int64         // number of the flush that the page has not answered; 0 if there is none
	flushes  int64         // number of flushes

	// The goroutine of the page is the only user of the fields below.
	intake    intake
	messages  bucket
	underruns int64
	dropped   int64
}

func newPage(d *Device, conn *websocket.Conn, id string) *page {
	return &page{
		device: d, conn: conn, id: id, gone: make(chan struct{}), flushed: make(chan message, 1), microphoneLost: make(chan struct{}, 1),
		messages: bucket{perSecond: messagesPerSecond, capacity: maxMessages},
	}
}

// run reads and handles the messages of the page until the connection ends. It returns why the connection
// has ended.
func (p *page) run() error {
	if err := p.greet(); err != nil {
		return err
	}
	p.device.add(p)
	for {
		kind, data, err := p.read()
		switch {
		case err != nil:
			return err
		case !p.messages.take(1):
			return violation("too many messages")
		case kind == websocket.BinaryMessage:
			err = p.record(data)
		default:
			err = p.handle(data)
		}
		if err != nil {
			return err
		}
	}
}

// read reads one message.
func (p *page) read() (kind int, data []byte, err error) {
	p.conn.SetReadDeadline(time.Now().Add(readTimeout))
	kind, r, err := p.conn.NextReader()
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(r, maxMessage+1))
	}
	switch {
	case err != nil:
		return 0, nil, errGone
	case len(data) > maxMessage:
		return 0, nil, &protocolError{websocket.CloseMessageTooBig, fmt.Sprintf("a message is longer than %d bytes", maxMessage)}
	}
	return kind, data, nil
}

// greet reads the first message and answers it.
func (p *page) greet() error {
	kind, data, err := p.read()
	if err != nil {
		return err
	}
	if kind != websocket.TextMessage {
		return violation("want the message hello first")
	}
	m, err := parse(data)
	switch {
	case err != nil:
		return err
	case m.Hello == nil:
		return violation("want the message hello first")
	case *m.Hello != 1:
		return violation("the page has version %d of the protocol, want 1", *m.Hello)
	case m.Rate < minRate || m.Rate > maxRate:
		return violation("rate: got %d, want %d to %d", m.Rate, minRate, maxRate)
	}
	p.rate = m.Rate
	p.delay, p.playedAt, p.noMic = limited(m.Latency, time.Second), time.Now(), microphoneOf(m)
	p.intake = newIntake(p.rate)
	return p.send(map[string]int{"ready": 1})
}

// handle handles a text message.
func (p *page) handle(data []byte) error {
	m, err := parse(data)
	switch {
	case err != nil:
		return err
	case m.Played != nil:
		return p.notePlayed(m)
	case m.Flushed != nil:
		return p.noteFlushed(m)
	case m.Mic != nil:
		p.noteMicrophone(m)
		return nil
	}
	return violation("the message hello came twice")
}

// notePlayed handles the message that says how much was played.
func (p *page) notePlayed(m message) error {
	p.mu.Lock()
	bad := *m.Played < p.played || *m.Played > p.sent-p.lost
	if !bad {
		p.played, p.playedAt, p.delay = *m.Played, time.Now(), limited(m.Delay, time.Millisecond)
	}
	p.mu.Unlock()
	if bad || m.Underruns < p.underruns || m.Dropped < p.dropped {
		return violation("played: the page cannot have played %d samples", *m.Played)
	}
	underruns, dropped := min(m.Underruns-p.underruns, 100), min(m.Dropped-p.dropped, 100)
	p.underruns, p.dropped = m.Underruns, m.Dropped
	p.device.count(func(c *audio.Counts) {
		c.Underruns.Add(underruns)
		c.Overruns.Add(dropped)
	})
	return nil
}

// noteFlushed handles the answer to a flush.
func (p *page) noteFlushed(m message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if *m.Flushed != p.flushing || p.flushing == 0 || m.Lost < 0 || m.Lost > p.sent-p.lost-p.played {
		return violation("flushed: there was no such flush")
	}
	p.flushing = 0
	p.lost += m.Lost
	p.flushed <- m // has room: Play takes each answer before the next flush
	return nil
}

// noteMicrophone handles the message that says that the page has lost or regained its microphone.
func (p *page) noteMicrophone(m message) {
	reason := microphoneOf(m)
	if *m.Mic == 0 && reason == nil {
		reason = errors.New("the page has lost its microphone")
	}
	p.mu.Lock()
	p.noMic = reason
	p.mu.Unlock()
	if reason != nil {
		select {
		case p.microphoneLost <- struct{}{}:
		default:
		}
	} else {
		p.intake.clock = clock{} // nothing came meanwhile
	}
	p.device.observe()
}

// record passes sound of the microphone to the sink.
func (p *page) record(data []byte) error {
	if len(data)%2 != 0 {
		return violation("a piece of sound has %d bytes, want two for each sample", len(data))
	}
	p.device.sinkMu.Lock()
	defer p.device.sinkMu.Unlock()
	sink := p.device.sink
	if p.device.current() != p {
		sink = nil
	}
	if !p.intake.take(data, sink, p.outputDelay()) {
		return violation("the microphone sends sound faster than real time")
	}
	return nil
}

// outputDelay returns the delay of the sound output of the page.
func (p *page) outputDelay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delay
}

// carries reports whether the page carries the sound if it is the page that has it.
func (p *page) carries() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err == nil && (p.noMic == nil || !p.device.use.Microphone)
}

// microphoneProblem returns why the page has no microphone; nil if it has one.
func (p *page) microphoneProblem() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.noMic
}

// send sends a text message. If that is not possible, it closes the page and returns errGone.
func (p *page) send(message map[string]int) error {
	return p.write(func() error { return p.conn.WriteJSON(message) })
}

// sendSound sends a piece of sound with this number of samples. If that is not possible, it closes the page
// and returns errGone.
func (p *page) sendSound(wire []byte, samples int) error {
	p.mu.Lock()
	p.sent += int64(samples) // before the page can say that it has played them
	p.mu.Unlock()
	return p.write(func() error { return p.conn.WriteMessage(websocket.BinaryMessage, wire) })
}

// write calls f, which writes a message.
func (p *page) write(f func() error) error {
	p.writeMu.Lock()
	p.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	err := f()
	p.writeMu.Unlock()
	if err != nil {
		p.close(websocket.CloseGoingAway, errGone)
		return errGone
	}
	return nil
}

// close ends the connection and tells the page why. Only the first call has an effect.
func (p *page) close(code int, err error) {
	p.mu.Lock()
	first := p.err == nil
	if first {
		p.err = err
	}
	p.mu.Unlock()
	if !first {
		return
	}
	close(p.gone)
	text := websocket.FormatCloseMessage(code, safetext.Cut(err.Error(), 120, "..."))
	p.conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second))
	if wrong := (*protocolError)(nil); errors.As(err, &wrong) {
		// If data that nobody has read is left, the page may not get the message.
		p.conn.SetReadDeadline(time.Now().Add(lingerTime))
		io.Copy(io.Discard, io.LimitReader(p.conn.NetConn(), maxLinger))
	}
	p.conn.Close()
}

// reason returns why the connection is over.
func (p *page) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// format returns the format of the sound.
func (p *page) format() pcm.Format { return pcm.Format{Encoding: pcm.S16, Rate: p.rate} }
