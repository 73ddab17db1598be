//go:build !nohub

package hub

import (
	"net"
	"runtime"
	"strings"
	"testing"
)

// BenchmarkStart measures a start and the end of a hub with an empty store.
func BenchmarkStart(b *testing.B) {
	f := newFleet()
	o := f.options(b.TempDir())
	o.DontListen, o.Listen = false, "127.0.0.1:0"
	for b.Loop() {
		h, err := Start(o)
		if err != nil {
			b.Fatal(err)
		}
		h.Close()
	}
}

// BenchmarkConnections measures how much memory a thousand connections take, of which each has a
// subscription. The memory of the clients is included, which is small: they have no buffers.
func BenchmarkConnections(b *testing.B) {
	const connections = 1000
	f := newFleet()
	o := f.options(b.TempDir())
	o.DontListen, o.Listen = false, "127.0.0.1:0"
	h := start(b, o)
	before := memory()
	for b.Loop() {
		conns := make([]net.Conn, connections)
		for i := range conns {
			conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL(), "nats://"))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := newClient(conn, f.User); err != nil {
				b.Fatal(err)
			}
			conns[i] = conn
		}
		b.StopTimer()
		b.ReportMetric(float64(memory()-before)/connections, "B/conn")
		for _, conn := range conns {
			conn.Close()
		}
		eventually(b, "no client is connected", func() bool { return h.server.NumClients() == 0 })
		b.StartTimer()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*connections)*1e6, "µs/conn")
}

// memory returns how many bytes of heap and stacks the process uses.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
