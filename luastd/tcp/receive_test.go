package tcp

import (
	"net"
	"testing"

	"moonlark/luastd"
)

// Bytes that a read which nobody waits for brings between two steps of receive end the wait.
func TestBytesThatComeJustBeforeTheWait(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := newConn(near, "pipe", 1, new(luastd.Budget), func() {})
	defer c.close()
	line := want{kind: "*l"}
	c.awaitBytes(func() {}) // of a task that does not wait any more
	if _, _, ok, err := c.take(line); ok || err != nil {
		t.Fatal(ok, err)
	}
	far.Write([]byte("hello\n"))
	c.mu.Lock()
	done := c.reading
	c.mu.Unlock()
	if done != nil {
		<-done
	}
	woken := false
	c.awaitBytes(func() { woken = true })
	if data, _, ok, _ := c.take(line); !woken || !ok || data != "hello" {
		t.Errorf("woken: %v, got %q", woken, data)
	}
}
