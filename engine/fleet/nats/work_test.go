package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/work"
	"moonlark/engine/tool"
)

// worker returns the connection of a worker.
func (h *testHub) worker(name string) *Worker {
	h.t.Helper()
	w, err := DialWorker(h.options(h.creds("worker", name)))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(w.Close)
	eventually(h.t, "the worker is connected", func() bool { return w.Link().Connected })
	return w
}

func call(n int) work.Request {
	return work.Request{Call: fmt.Sprint("kiosk-07/boot/", n), Left: 20 * time.Second, Bundle: "d1", Try: 1, Args: []byte(`{"city":"Ulm"}`)}
}

// next returns the next reply to an offer.
func next(t testing.TB, replies <-chan work.Reply) work.Reply {
	t.Helper()
	select {
	case r := <-replies:
		return r
	case <-soon(t).Done():
		t.Fatal("no reply arrives")
		return work.Reply{}
	}
}

func TestWorkerCarriesOutCalls(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	d, w := h.device("kiosk-07"), h.worker("gpu-1")
	online(t, d)
	if r, err := d.Offer(soon(t), "weather", call(0)); err != nil || !errors.Is(next(t, r).Err, work.ErrNobody) {
		t.Errorf("without a worker: %v", err)
	}
	stop, err := w.Serve("weather", func(r work.Request, p work.Peer) {
		go func() {
			_ = p.Reply(work.Reply{Kind: work.Accepted, Worker: w.Name(), Bundle: "d1"})
			_ = p.Reply(work.Reply{Kind: work.Done, Worker: w.Name(), Result: tool.Result{Text: r.Call + " " + string(r.Args)}})
		}()
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker serves the tool", func() bool {
		replies, err := d.Offer(soon(t), "weather", call(1))
		return err == nil && next(t, replies).Err == nil
	})
	replies, err := d.Offer(soon(t), "weather", call(2))
	if err != nil {
		t.Fatal(err)
	}
	if r := next(t, replies); r.Kind != work.Accepted || r.Worker != "gpu-1" || r.Bundle != "d1" {
		t.Errorf("first: got %+v", r)
	}
	if r := next(t, replies); r.Kind != work.Done || r.Result.Text != `kiosk-07/boot/2 {"city":"Ulm"}` {
		t.Errorf("second: got %+v", r)
	}
	wrong := call(3)
	wrong.Try = 0
	if replies, err := d.Offer(soon(t), "weather", wrong); err != nil || !next(t, replies).Result.IsError {
		t.Errorf("a wrong request is not refused: %v", err)
	}
	stop()
	if replies, err := d.Offer(soon(t), "weather", call(4)); err != nil || !errors.Is(next(t, replies).Err, work.ErrNobody) {
		t.Errorf("after stop: %v", err)
	}
	for _, name := range []string{"", "*", "a.b", "ä", strings.Repeat("x", 129)} {
		if _, err := d.Offer(soon(t), name, call(5)); err == nil {
			t.Errorf("a tool may be called %q", name)
		}
		if _, err := w.Serve(name, nil); err == nil {
			t.Errorf("a worker may serve %q", name)
		}
	}
}

func TestEachCallGoesToOneWorker(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	d := h.device("kiosk-07")
	online(t, d)
	var mu sync.Mutex
	calls, workers := map[string]int{}, map[string]int{}
	for _, name := range []string{"gpu-1", "gpu-2", "gpu-3"} {
		w := h.worker(name)
		_, err := w.Serve("weather", func(r work.Request, p work.Peer) {
			mu.Lock()
			calls[r.Call]++
			workers[name]++
			mu.Unlock()
			_ = p.Reply(work.Reply{Kind: work.Busy, Worker: name})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		ctx, cancel := context.WithCancel(soon(t))
		replies, err := d.Offer(ctx, "weather", call(i))
		if err != nil {
			t.Fatal(err)
		}
		next(t, replies)
		cancel()
	}
	mu.Lock()
	defer mu.Unlock()
	for call, n := range calls {
		if n != 1 {
			t.Errorf("%s was carried out %d times", call, n)
		}
	}
	if len(workers) != 3 {
		t.Errorf("only these workers get calls: %v", workers)
	}
	eventually(t, "the offers are forgotten", func() bool {
		d.offers.mu.Lock()
		defer d.offers.mu.Unlock()
		return len(d.offers.open) == 0
	})
}

func TestResultArrivesThroughANewConnectionOfTheDevice(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	d, w := h.device("kiosk-07"), h.worker("gpu-1")
	online(t, d)
	proceed := make(chan bool)
	_, err := w.Serve("weather", func(_ work.Request, p work.Peer) {
		go func() {
			_ = p.Reply(work.Reply{Kind: work.Accepted, Worker: "gpu-1"})
			<-proceed
			_ = p.Reply(work.Reply{Kind: work.Done, Worker: "gpu-1", Result: tool.Result{Text: "sunny"}})
		}()
	})
	if err != nil {
		t.Fatal(err)
	}
	var replies <-chan work.Reply
	eventually(t, "the worker accepts the call", func() bool {
		replies, err = d.Offer(soon(t), "weather", call(1))
		return err == nil && next(t, replies).Kind == work.Accepted
	})
	conn, _, _ := d.link.state()
	conn.Close() // as if the network were lost
	eventually(t, "there is another connection", func() bool {
		again, _, _ := d.link.state()
		return again != nil && again != conn
	})
	if _, _, err := d.Read(soon(t), "all"); err == nil || errors.Is(err, follow.ErrOffline) {
		t.Fatalf("got %v", err) // there are no streams; but the hub has the subscriptions now
	}
	proceed <- true
	if r := next(t, replies); r.Kind != work.Done || r.Result.Text != "sunny" {
		t.Errorf("got %+v", r)
	}
}

func TestOfferWithoutConnectionIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	h := newHub(t) // not started
	d := h.device("kiosk-07")
	if _, err := d.Offer(soon(t), "weather", call(1)); !errors.Is(err, follow.ErrOffline) {
		t.Errorf("got %v", err)
	}
	w, err := DialWorker(h.options(h.creds("worker", "gpu-1")))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Fleet() != "shop" {
		t.Errorf("the fleet is %s", w.Fleet())
	}
}

// The hub would refuse a reply in another connection than that of the request, and nobody would learn it.
func TestAWorkerThatHasReconnectedKnowsThatItCannotReply(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	d, w := h.device("kiosk-07"), h.worker("gpu-1")
	online(t, d)
	peers := make(chan work.Peer, 100)
	if _, err := w.Serve("weather", func(_ work.Request, p work.Peer) { peers <- p }); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker gets a request", func() bool {
		_, err := d.Offer(soon(t), "weather", call(1))
		return err == nil && len(peers) > 0
	})
	p := <-peers
	if err := p.Reply(work.Reply{Kind: work.Busy}); err != nil {
		t.Error(err)
	}
	conn, _, _ := w.link.state()
	conn.Close() // as if the network were lost
	eventually(t, "there is another connection", func() bool {
		again, _, _ := w.link.state()
		return again != nil && again != conn
	})
	if err := p.Reply(work.Reply{Kind: work.Done}); !errors.Is(err, follow.ErrOffline) {
		t.Errorf("a reply: got %v", err)
	}
	if err := p.Accept(soon(t), work.Reply{Kind: work.Accepted}); !errors.Is(err, follow.ErrOffline) {
		t.Errorf("an acceptance: got %v", err)
	}
}

func TestADeviceThatHasReconnectedKnowsThatItCannotConfirm(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	d, w := h.device("kiosk-07"), h.worker("gpu-1")
	online(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	accepted := make(chan error, 100)
	_, err := w.Serve("weather", func(_ work.Request, p work.Peer) {
		go func() { accepted <- p.Accept(ctx, work.Reply{Kind: work.Accepted, Worker: "gpu-1"}) }()
	})
	if err != nil {
		t.Fatal(err)
	}
	var r work.Reply
	eventually(t, "the worker accepts the call", func() bool {
		replies, err := d.Offer(soon(t), "weather", call(1))
		if err == nil {
			r = next(t, replies)
		}
		return err == nil && r.Kind == work.Accepted
	})
	conn, _, _ := d.link.state()
	conn.Close()
	eventually(t, "there is another connection", func() bool {
		again, _, _ := d.link.state()
		return again != nil && again != conn
	})
	if err := r.Confirm(); !errors.Is(err, follow.ErrOffline) {
		t.Errorf("got %v", err)
	}
	cancel()
	if err := <-accepted; err == nil {
		t.Error("the worker was told to begin")
	}
}

func TestHubThatRefusesACallIsAnError(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	d, err := DialDevice(h.options(h.creds("joiner", "kiosk-07"))) // has no right to call tools
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	online(t, d)
	replies, err := d.Offer(soon(t), "weather", call(1))
	if err != nil {
		t.Fatal(err)
	}
	if r := next(t, replies); r.Err == nil || !strings.Contains(r.Err.Error(), "does not allow") {
		t.Errorf("got %+v", r)
	}
}

// A worker replies only to subjects of replies: the hub would let it write anywhere.
func TestWorkerDoesNotReplyToOtherSubjects(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c, w, d := h.center(), h.worker("gpu-1"), h.device("kiosk-07")
	online(t, d)
	handled := make(chan string, 10)
	_, err := w.Serve("weather", func(r work.Request, _ work.Peer) { handled <- r.Call })
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker serves the tool", func() bool {
		_, err := d.Offer(soon(t), "weather", call(1))
		return err == nil && len(handled) > 0
	})
	<-handled
	conn, _, _ := d.link.state()
	if err := conn.PublishRequest("ml.tool.weather", "$KV.ML_WISH.all", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the next call is handled", func() bool {
		_, err := d.Offer(soon(t), "weather", call(2))
		return err == nil && len(handled) > 0
	})
	if _, revision, err := c.Wish(soon(t), "all"); err != nil || revision != 0 {
		t.Errorf("a worker has written a wish: %d, %v", revision, err)
	}
}
