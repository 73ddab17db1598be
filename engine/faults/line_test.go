package faults

import (
	"net"
	"sync"
	"testing"
	"time"
)

// A line is what a network does to a connection: it lies between the program and
// an agent, and can be bad. Each direction of a connection has two goroutines,
// which end with it.
type line struct {
	listener net.Listener
	server   string
	ends     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	delay  time.Duration
	rate   int // bytes a second; 0 is as many as there are
	held   chan struct{}
	severs int // how many connections there were when it was severed
	count  int
	open   map[net.Conn]bool
}

// through is a line to server, as "127.0.0.1:80".
func through(t testing.TB, server string) *line {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, server: server, open: make(map[net.Conn]bool)}
	l.ends.Go(l.accept)
	t.Cleanup(func() {
		l.listener.Close()
		l.release()
		l.cut()
		l.ends.Wait()
	})
	return l
}

// url is that of the agent at the other end.
func (l *line) url() string { return "ws://" + l.listener.Addr().String() + "/" }

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.server)
		if err != nil {
			near.Close()
			continue
		}
		l.mu.Lock()
		l.count++
		number := l.count
		l.open[near], l.open[far] = true, true
		l.mu.Unlock()
		for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
			l.ends.Go(func() { l.carry(number, way[0], way[1]) })
		}
	}
}

// A packet is what came at some time.
type packet struct {
	bytes []byte
	at    time.Time
}

func (l *line) carry(number int, from, to net.Conn) {
	packets := make(chan packet, 4096)
	l.ends.Go(func() {
		defer to.Close()
		for p := range packets {
			if !l.pass(number, p) {
				continue
			}
			if _, err := to.Write(p.bytes); err != nil {
				from.Close()
			}
		}
	})
	defer close(packets)
	for {
		l.mu.Lock()
		size := 32 << 10
		if l.rate > 0 {
			size = max(1, l.rate/10)
		}
		l.mu.Unlock()
		buffer := make([]byte, size)
		n, err := from.Read(buffer)
		if n > 0 {
			packets <- packet{buffer[:n], time.Now()}
		}
		if err != nil {
			from.Close()
			l.mu.Lock()
			delete(l.open, from)
			l.mu.Unlock()
			return
		}
	}
}

// pass waits as long as the line is slow, and says whether p comes through.
func (l *line) pass(number int, p packet) bool {
	l.mu.Lock()
	delay, rate, held, severed := l.delay, l.rate, l.held, number <= l.severs
	l.mu.Unlock()
	if severed {
		return false
	}
	time.Sleep(time.Until(p.at.Add(delay)))
	if rate > 0 {
		time.Sleep(time.Duration(len(p.bytes)) * time.Second / time.Duration(rate))
	}
	if held != nil {
		<-held
	}
	return true
}

// slow makes everything later, and the line narrow.
func (l *line) slow(delay time.Duration, rate int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay, l.rate = delay, rate
}

// hold lets nothing through until release.
func (l *line) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = make(chan struct{})
}

func (l *line) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held != nil {
		close(l.held)
		l.held = nil
	}
}

// sever makes the connections there are pass nothing any more, and tells nobody.
func (l *line) sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.severs = l.count
}

// cut ends the connections there are without a word of the agent's.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.open {
		conn.Close()
	}
}
