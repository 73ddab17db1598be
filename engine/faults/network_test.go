package faults

import (
	"net"
	"sync"
	"testing"
	"time"
)

// A network is a TCP proxy between the moonlark process and an agent. It can delay, stall and cut
// connections. Each direction of a connection has two goroutines, which end with the connection.
type network struct {
	listener   net.Listener
	server     string // address of the agent
	goroutines sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	delay   time.Duration
	rate    int           // maximum rate of each direction in bytes per second; 0 means no limit
	stalled chan struct{} // closed by resume; nil if the network is not stalled
	count   int           // number of connections so far
	severed int           // connections with this number or a lower one pass no data any more
	open    map[net.Conn]bool
}

// newNetwork returns a proxy for the agent at the address server, such as "127.0.0.1:80".
func newNetwork(t testing.TB, server string) *network {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: listener, server: server, open: make(map[net.Conn]bool)}
	n.goroutines.Go(n.accept)
	t.Cleanup(func() {
		n.listener.Close()
		n.resume()
		n.cut()
		n.goroutines.Wait()
	})
	return n
}

// url returns the URL under which the process reaches the agent through the proxy.
func (n *network) url() string { return "ws://" + n.listener.Addr().String() + "/" }

// accept connects each client to the agent, until the listener is closed.
func (n *network) accept() {
	for {
		near, err := n.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.server)
		if err != nil {
			near.Close()
			continue
		}
		n.mu.Lock()
		n.count++
		number := n.count
		n.open[near], n.open[far] = true, true
		n.mu.Unlock()
		n.goroutines.Go(func() { n.forward(number, near, far) })
		n.goroutines.Go(func() { n.forward(number, far, near) })
	}
}

// A packet is data that was read together, and the time when it was read.
type packet struct {
	bytes []byte
	at    time.Time
}

// forward copies data from one connection to the other, with the current delay and rate, until one
// of them is closed. number is the number of the connection.
func (n *network) forward(number int, from, to net.Conn) {
	packets := make(chan packet, 4096)
	n.goroutines.Go(func() {
		defer to.Close()
		for p := range packets {
			if !n.pass(number, p) {
				continue
			}
			if _, err := to.Write(p.bytes); err != nil {
				from.Close()
			}
		}
	})
	defer close(packets)
	for {
		n.mu.Lock()
		size := 32 << 10
		if n.rate > 0 {
			size = max(1, n.rate/10)
		}
		n.mu.Unlock()
		buffer := make([]byte, size)
		count, err := from.Read(buffer)
		if count > 0 {
			packets <- packet{buffer[:count], time.Now()}
		}
		if err != nil {
			from.Close()
			n.mu.Lock()
			delete(n.open, from)
			n.mu.Unlock()
			return
		}
	}
}

// pass waits until the packet may be written. It returns false if the packet must be dropped.
func (n *network) pass(number int, p packet) bool {
	n.mu.Lock()
	delay, rate, stalled, severed := n.delay, n.rate, n.stalled, number <= n.severed
	n.mu.Unlock()
	if severed {
		return false
	}
	time.Sleep(time.Until(p.at.Add(delay)))
	if rate > 0 {
		time.Sleep(time.Duration(len(p.bytes)) * time.Second / time.Duration(rate))
	}
	if stalled != nil {
		<-stalled
	}
	return true
}

// slow delays every packet and limits the rate of each direction, in bytes per second. A rate of 0
// means no limit.
func (n *network) slow(delay time.Duration, rate int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.delay, n.rate = delay, rate
}

// stall delays all packets until resume is called.
func (n *network) stall() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stalled = make(chan struct{})
}

// resume ends stall.
func (n *network) resume() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stalled != nil {
		close(n.stalled)
		n.stalled = nil
	}
}

// sever drops all further packets of the current connections without closing them. Later
// connections work.
func (n *network) sever() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.severed = n.count
}

// cut closes the current connections. Neither end receives a WebSocket close frame.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for conn := range n.open {
		conn.Close()
	}
}
