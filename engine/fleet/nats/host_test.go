package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/host"
)

// leaseOfTests is how long leases last in these tests.
const leaseOfTests = 2 * time.Second

// hostHub returns a hub with the streams of hosts.
func hostHub(t testing.TB) *testHub {
	h := newHub(t).start()
	c := h.center()
	if err := c.Layout(t.Context(), leaseOfTests); err != nil {
		t.Fatal(err)
	}
	return h
}

// host returns the connection of a host, or of a caller.
func (h *testHub) host(role, name string) *Host {
	h.t.Helper()
	c, err := DialHost(h.options(h.creds(role, name)))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	if err := c.Await(soon(h.t)); err != nil {
		h.t.Fatal(err)
	}
	return c
}

func TestTheStoresOfAHostCompareRevisions(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	a := h.host("host", "host-1")
	ctx := soon(t)
	for name, c := range map[string]struct {
		store host.Store
		key   string
	}{"leases": {a.Leases(), "conv.c-1"}, "records": {a.Records(), "c-1"}} {
		if _, _, err := c.store.Read(ctx, c.key); !errors.Is(err, host.ErrNone) {
			t.Errorf("%s: no value: %v", name, err)
		}
		first, err := c.store.Create(ctx, c.key, []byte("1"))
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := c.store.Create(ctx, c.key, []byte("2")); !errors.Is(err, host.ErrTaken) {
			t.Errorf("%s: a second value: %v", name, err)
		}
		second, err := c.store.Update(ctx, c.key, []byte("2"), first)
		if err != nil || second <= first {
			t.Errorf("%s: revision %d, then %d, %v", name, first, second, err)
		}
		if _, err := c.store.Update(ctx, c.key, []byte("3"), first); !errors.Is(err, host.ErrLost) {
			t.Errorf("%s: an old revision: %v", name, err)
		}
		if err := c.store.Delete(ctx, c.key, first); !errors.Is(err, host.ErrLost) {
			t.Errorf("%s: deletion of an old revision: %v", name, err)
		}
		if value, revision, err := c.store.Read(ctx, c.key); string(value) != "2" || revision != second || err != nil {
			t.Errorf("%s: %q, %d, %v", name, value, revision, err)
		}
		if all, err := c.store.List(ctx); len(all) != 1 || string(all[c.key]) != "2" || err != nil {
			t.Errorf("%s: the list is %q, %v", name, all, err)
		}
		if err := c.store.Delete(ctx, c.key, second); err != nil {
			t.Error(name, err)
		}
		if all, err := c.store.List(ctx); len(all) != 0 || err != nil {
			t.Errorf("%s: after the deletion, the list is %q, %v", name, all, err)
		}
		if third, err := c.store.Create(ctx, c.key, []byte("4")); err != nil || third <= second {
			t.Errorf("%s: after the deletion: %d, %v", name, third, err)
		}
		if _, err := c.store.Create(ctx, "a.b.c", []byte("4")); err == nil {
			t.Errorf("%s: a wrong key is written", name)
		}
	}
}

func TestOnlyOneOfManyGetsALeaseThatHasExpired(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	a, b := h.host("host", "host-1"), h.host("host", "host-2")
	if ttl, err := a.TTL(soon(t)); ttl != leaseOfTests || err != nil {
		t.Fatal(ttl, err)
	}
	freed := make(chan string, 100)
	watch, stop := context.WithCancel(t.Context())
	began := make(chan bool, 9)
	var watching sync.WaitGroup
	watching.Go(func() { b.WatchFreed(watch, func() { began <- true }, func(key string) { freed <- key }) })
	<-began
	var ids []string
	for i := range 20 {
		ids = append(ids, fmt.Sprintf("conv.c-%d", i))
	}
	revisions := make(map[string]uint64)
	for _, id := range ids {
		var err error
		if revisions[id], err = a.Leases().Create(soon(t), id, []byte("a")); err != nil {
			t.Fatal(err)
		}
	}
	created := time.Now()
	for range 3 {
		time.Sleep(leaseOfTests / 2)
		var err error
		if revisions[ids[0]], err = a.Leases().Update(soon(t), ids[0], []byte("a"), revisions[ids[0]]); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range len(ids) - 1 { // all but the one that was renewed
		got = append(got, <-freed)
	}
	if time.Since(created) < leaseOfTests || slices.Contains(got, ids[0]) {
		t.Errorf("after %v: %q", time.Since(created), got)
	}
	won := tryAll(t, []host.Store{a.Leases(), b.Leases()}, ids[1], revisions[ids[1]])
	if won != 1 {
		t.Errorf("%d have the lease", won)
	}
	if _, err := a.Leases().Update(soon(t), ids[1], []byte("a"), revisions[ids[1]]); !errors.Is(err, host.ErrLost) {
		t.Errorf("the renewal of the old holder: %v", err)
	}
	stop()
	watching.Wait()
}

// tryAll tries many times at once to take a lease, and returns how often that was successful. The new revision
// must be greater than the old one.
func tryAll(t *testing.T, stores []host.Store, key string, old uint64) (won int) {
	t.Helper()
	results := make(chan error, 8)
	for i := range cap(results) {
		go func() {
			revision, err := stores[i%len(stores)].Create(soon(t), key, []byte("b"))
			if err == nil && revision <= old {
				err = fmt.Errorf("revision %d is not greater than %d", revision, old)
			}
			results <- err
		}()
	}
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.Is(err, host.ErrTaken):
			t.Error(err)
		}
	}
	return won
}

func TestTheNewestTurnsOfAConversationAreKept(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	a := h.host("host", "host-1")
	for i := range 3 * host.MaxTurns {
		for _, id := range []string{"c-1", "c-2"} {
			if err := a.AppendTurn(soon(t), id, fmt.Appendf(nil, "%s %d", id, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if turns, err := a.Turns(soon(t), "c-3"); len(turns) != 0 || err != nil {
		t.Errorf("of an unknown conversation: %q, %v", turns, err)
	}
	turns, err := a.Turns(soon(t), "c-1")
	if err != nil || len(turns) != host.MaxTurns || string(turns[host.MaxTurns-1]) != "c-1 59" {
		t.Errorf("%q, %v", turns, err)
	}
	if err := a.DropTurns(soon(t), "c-1"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{"c-1": 1, "c-2": host.MaxTurns} { // an empty one is left for a minute
		if turns, err := a.Turns(soon(t), id); len(turns) != want || err != nil {
			t.Errorf("%s has %q, %v", id, turns, err)
		}
	}
}

func TestAListCanHaveManyPages(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	a := h.host("host", "host-1")
	for i := range 2*pageSize + 7 {
		if _, err := a.Records().Create(soon(t), fmt.Sprintf("c-%d", i), []byte("1")); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := a.Records().List(soon(t)); len(all) != 2*pageSize+7 || err != nil {
		t.Errorf("%d values, %v", len(all), err)
	}
}

// The hub cuts off a client that reads too slowly when more than 16 MB wait for it.
func TestAPageOfLargeRecordsIsShort(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	a := h.host("host", "host-1")
	const records = 40
	for i := range records {
		if _, err := a.Records().Create(soon(t), fmt.Sprintf("c-%d", i), make([]byte, host.MaxRequest)); err != nil {
			t.Fatal(err)
		}
	}
	conn, _, _ := a.link.state()
	sub, err := conn.SubscribeSync(conn.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for next := uint64(1); next > 0; pages++ {
		size := 0
		if next, err = page(soon(t), conn, sub, recordStream, recordPrefix+">", next, func(m *nats.Msg) { size += len(m.Data) }); err != nil {
			t.Fatal(err)
		}
		if size > pageBytes+host.MaxRequest {
			t.Errorf("a page has %d bytes", size)
		}
	}
	if all, err := a.Records().List(soon(t)); len(all) != records || pages < 3 || err != nil {
		t.Errorf("%d values in %d pages, %v", len(all), pages, err)
	}
}

func TestRequestsReachOneHostAndTextsThatOfTheConversation(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	a, b, caller := h.host("host", "host-1"), h.host("host", "host-2"), h.host("caller", "office")
	if _, err := caller.AskHost(soon(t), []byte("x")); !errors.Is(err, host.ErrNobody) {
		t.Errorf("without a host: %v", err)
	}
	if _, err := caller.AskConversation(soon(t), "c-1", []byte("x")); !errors.Is(err, host.ErrNobody) {
		t.Errorf("without the conversation: %v", err)
	}
	var stops []func()
	for _, c := range []*Host{a, b} {
		stop, err := c.ServeStarts(func(request []byte) []byte { return []byte(c.Name()) })
		if err != nil {
			t.Fatal(err)
		}
		stops = append(stops, stop)
	}
	counts := make(map[string]int)
	eventually(t, "both hosts are asked", func() bool {
		name, err := caller.AskHost(soon(t), []byte("x"))
		if err == nil { // the hub may not know the hosts yet
			counts[string(name)]++
		}
		return counts["host-1"] > 0 && counts["host-2"] > 0
	})
	stops[0]()
	for range 20 {
		if name, err := caller.AskHost(soon(t), []byte("x")); string(name) != "host-2" || err != nil {
			t.Fatalf("%q, %v", name, err)
		}
	}
	stop, err := b.ServeTexts("c-1", func(request []byte) []byte { return append([]byte("b: "), request...) })
	if err != nil {
		t.Fatal(err)
	}
	ask := func() bool {
		text, err := caller.AskConversation(soon(t), "c-1", []byte("hello"))
		if err == nil && string(text) != "b: hello" {
			t.Fatalf("%q", text)
		}
		return err == nil
	}
	eventually(t, "the hub knows the host of the conversation", ask)
	other, err := a.ServeTexts("c-1", func([]byte) []byte { return nil }) // it does not have the conversation any more
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if !ask() {
			t.Error("the host of the conversation does not answer")
		}
	}
	other()
	stop()
	if _, err := caller.AskConversation(soon(t), "c-1", []byte("x")); !errors.Is(err, host.ErrNobody) {
		t.Errorf("after the end of the conversation: %v", err)
	}
}

func TestAHostWatchesAgainAfterAReconnection(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	a := h.host("host", "host-1")
	began, freed := make(chan bool, 100), make(chan string, 100)
	watch, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { a.WatchFreed(watch, func() { began <- true }, func(key string) { freed <- key }) })
	<-began
	h.stop()
	h.start()
	<-began
	revision, err := a.Leases().Create(soon(t), "conv.c-1", []byte("1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Leases().Delete(soon(t), "conv.c-1", revision); err != nil {
		t.Fatal(err)
	}
	if key := <-freed; key != "conv.c-1" {
		t.Errorf("freed %q", key)
	}
	stop()
	watching.Wait()
}

func TestACallerMayNotTouchLeases(t *testing.T) {
	t.Parallel()
	h := hostHub(t)
	caller := h.host("caller", "office")
	if _, err := caller.Leases().Create(soon(t), "conv.c-1", []byte("1")); err == nil {
		t.Error("a caller has taken a lease")
	}
	if _, err := caller.Leases().List(soon(t)); err != nil {
		t.Error(err)
	}
}

// hold runs a host with conversations that end only with it. It returns how often they have begun, and
// ends with the test.
func hold(t *testing.T, c *Host) (began func() int) {
	t.Helper()
	ttl, err := c.TTL(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	engine := &endlessEngine{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { host.New(host.Options{ID: c.Name(), Carrier: c, Engine: engine, Slots: 5, TTL: ttl}).Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return func() int { return int(engine.began.Load()) }
}

type endlessEngine struct{ began atomic.Int64 }

func (e *endlessEngine) Open(ctx context.Context, c *host.Conversation) error {
	e.began.Add(1)
	c.Started()
	<-ctx.Done()
	return nil
}

func TestConversationsSurviveAShortAbsenceOfTheHub(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases")
	}
	t.Parallel()
	h := newHub(t).start()
	if err := h.center().Layout(soon(t), 6*time.Second); err != nil {
		t.Fatal(err)
	}
	a, caller := h.host("host", "host-1"), h.host("caller", "office")
	began := hold(t, a)
	eventually(t, "the conversation begins", func() bool {
		_, err := host.Start(soon(t), caller, host.Request{ID: "c-1"})
		return err == nil
	})
	_, before, err := a.Leases().Read(soon(t), "conv.c-1")
	if err != nil {
		t.Fatal(err)
	}
	gone := time.Now()
	h.stop()
	h.start()
	eventually(t, "the host is back", func() bool { return a.Link().Connected })
	if away := time.Since(gone); away > 2*time.Second {
		t.Skipf("the hub was away for %v", away)
	}
	eventually(t, "the lease is renewed", func() bool {
		_, revision, err := a.Leases().Read(soon(t), "conv.c-1")
		return err == nil && revision > before
	})
	if n := began(); n != 1 {
		t.Errorf("the conversation has begun %d times", n)
	}
}

func TestConversationsBeginAgainAfterALongAbsenceOfTheHub(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases")
	}
	t.Parallel()
	h := hostHub(t)
	a, caller := h.host("host", "host-1"), h.host("caller", "office")
	began := hold(t, a)
	eventually(t, "the conversation begins", func() bool {
		_, err := host.Start(soon(t), caller, host.Request{ID: "c-1"})
		return err == nil
	})
	eventually(t, "the conversation has begun", func() bool { return began() == 1 })
	h.stop()
	time.Sleep(2 * leaseOfTests)
	if n := began(); n != 1 {
		t.Errorf("without the hub, the conversation has begun %d times", n)
	}
	h.start()
	eventually(t, "the conversation begins again", func() bool { return began() == 2 })
	if _, err := host.Say(soon(t), caller, "c-1", "hello"); err != nil {
		t.Error(err)
	}
}
