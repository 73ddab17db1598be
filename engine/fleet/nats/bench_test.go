package nats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"testing"

	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/work"
)

// benchFleet returns a centre and a device that are connected over a port of this machine.
func benchFleet(b *testing.B) (*testHub, *Center, *Device) {
	b.Helper()
	h := newHub(b)
	h.listen = true
	h.start()
	c, d := h.center(), h.device("kiosk-07")
	online(b, d)
	b.ReportAllocs()
	return h, c, d
}

func BenchmarkRead(b *testing.B) {
	_, c, d := benchFleet(b)
	if err := c.SetWish(soon(b), message.All, wishFor(), 0); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := d.Read(b.Context(), message.All); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChunk(b *testing.B) {
	_, c, d := benchFleet(b)
	content := make([]byte, message.ChunkSize)
	sum := sha256.Sum256(content)
	name := hex.EncodeToString(sum[:])
	if err := c.PutFile(soon(b), name, content); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(message.ChunkSize)
	for b.Loop() {
		if _, err := d.Chunk(b.Context(), name, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReport(b *testing.B) {
	_, _, d := benchFleet(b)
	record := make([]byte, 300)
	n := 0
	for b.Loop() {
		n++
		if err := d.Report(b.Context(), message.LogKind, "boot-"+strconv.Itoa(n), record); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCommand(b *testing.B) {
	_, c, d := benchFleet(b)
	d.Serve(ping)
	settled(b, d)
	for b.Loop() {
		if _, err := c.Command(b.Context(), "kiosk-07", "healthz", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOffer(b *testing.B) {
	h, _, d := benchFleet(b)
	w := h.worker("gpu-1")
	_, err := w.Serve("weather", func(_ work.Request, p work.Peer) {
		_ = p.Reply(work.Reply{Kind: work.Busy, Worker: "gpu-1"})
	})
	if err != nil {
		b.Fatal(err)
	}
	_ = w.link.conn.Flush()
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		replies, err := d.Offer(ctx, "weather", call(1))
		if err != nil {
			b.Fatal(err)
		}
		<-replies
		cancel()
	}
}
