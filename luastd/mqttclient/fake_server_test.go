package mqttclient

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/backoff"
	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A user is the User of a client, and what it has been told.
type user struct {
	User
	mu     sync.Mutex // guards the fields below
	log    []string
	events []Event
}

type freeBudget struct{}

func (freeBudget) Take(int) bool { return true }
func (freeBudget) Give(int)      {}

func newUser(dial func(ctx context.Context) (net.Conn, error)) *user {
	u := &user{}
	u.User = User{
		Dial: dial, Budget: freeBudget{}, Dropped: func(int) {},
		Event: func(e Event) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.events = append(u.events, e)
		},
		Log: func(_ slog.Level, text string) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.log = append(u.log, text)
		},
	}
	return u
}

func (u *user) text() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return strings.Join(u.log, "\n")
}

// connect makes a client of a server, which is handle for each connection. In memory, there is no
// network.
func connect(t *testing.T, o Options, handle func(n int, conn net.Conn, r *bufio.Reader)) (*Client, *user) {
	var mu sync.Mutex
	n := 0
	var wg sync.WaitGroup
	u := newUser(func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		mu.Lock()
		n++
		number := n
		mu.Unlock()
		wg.Go(func() {
			defer theirs.Close()
			handle(number, theirs, bufio.NewReader(theirs))
		})
		return ours, nil
	})
	o.Host, o.ClientID = "test", "one"
	if o.KeepAlive == 0 {
		o.KeepAlive = 30 * time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxMessage == 0 {
		o.MaxMessage = 1 << 20
	}
	o.Backoff = backoff.Backoff{First: 10 * time.Millisecond, Max: 50 * time.Millisecond}
	c := New(o)
	c.Attach(&u.User)
	t.Cleanup(func() {
		c.Stop()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		c.Close(ctx)
		wg.Wait()
	})
	return c, u
}

// readKind reads packets until one of this kind comes, and returns its body.
func readKind(r *bufio.Reader, kind byte) ([]byte, error) {
	for {
		first, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		n, err := readLength(r)
		if err != nil {
			return nil, err
		}
		body := make([]byte, n)
		for i := range body {
			if body[i], err = r.ReadByte(); err != nil {
				return nil, err
			}
		}
		if first>>4 == kind {
			return body, nil
		}
	}
}

// readAll reads until the client closes the connection.
func readAll(r *bufio.Reader) { readKind(r, 0) }

// accepted5 is the answer with which a broker of MQTT 5 accepts a connection.
var accepted5 = []byte{kindConnack << 4, 3, 0, 0, 0}

// versionOf returns the version in the body of a CONNECT packet.
func versionOf(body []byte) byte { return body[6] }

func TestABrokerThatKnowsOnlyMQTT311(t *testing.T) {
	for name, refuse := range map[string]func(conn net.Conn){
		"a code of MQTT 3.1.1": func(conn net.Conn) { conn.Write([]byte{kindConnack << 4, 2, 0, 1}) },
		"a code of MQTT 5":     func(conn net.Conn) { conn.Write([]byte{kindConnack << 4, 3, 0, 0x84, 0}) },
		"a closed connection":  func(conn net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var versions []byte
			c, _ := connect(t, Options{}, func(n int, conn net.Conn, r *bufio.Reader) {
				body, err := readKind(r, kindConnect)
				if err != nil {
					return
				}
				mu.Lock()
				versions = append(versions, versionOf(body))
				mu.Unlock()
				if versionOf(body) == version5 {
					refuse(conn)
					return
				}
				conn.Write([]byte{kindConnack << 4, 2, 0, 0})
				if n < 5 { // the client stays with the version that works
					return
				}
				readAll(r)
			})
			c.Start()
			testkit.Until(t, "the client is connected with MQTT 3.1.1 again", func() bool {
				event, _ := c.State()
				mu.Lock()
				defer mu.Unlock()
				return event.Connected && event.Version == version3 && len(versions) >= 5
			})
			mu.Lock()
			defer mu.Unlock()
			if last := versions[2:]; strings.Contains(string(last), "\x05") {
				t.Errorf("the versions were %v", versions)
			}
		})
	}
}

// A broker of MQTT 5 that closes connections for a while does not make the client fall back.
func TestABrokerThatHasSpokenMQTT5(t *testing.T) {
	c, _ := connect(t, Options{}, func(n int, conn net.Conn, r *bufio.Reader) {
		body, err := readKind(r, kindConnect)
		if err != nil || versionOf(body) != version5 || n > 1 && n < 6 {
			return
		}
		conn.Write(accepted5)
		if n > 1 {
			readAll(r)
		}
	})
	c.Start()
	testkit.Until(t, "the second connection", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.link != nil && c.event.Version == version5
	})
}

func TestHostileServers(t *testing.T) {
	for name, server := range map[string]struct {
		handle func(conn net.Conn, r *bufio.Reader)
		want   string // in the log
	}{
		"HTTP":    {func(conn net.Conn, r *bufio.Reader) { conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, "closed: test has closed the connection"},
		"garbage": {func(conn net.Conn, r *bufio.Reader) { conn.Write([]byte(strings.Repeat("\xff", 1000))) }, "does not speak MQTT"},
		"a huge answer": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write([]byte{kindConnack << 4, 0xff, 0xff, 0xff, 0x7f})
		}, "does not speak MQTT"},
		"silence": {func(conn net.Conn, r *bufio.Reader) { readAll(r) }, "timeout: no answer from test in 0.3 s"},
		"a refusal with a reason": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write([]byte{kindConnack << 4, 8, 0, 0x97, 5, propReason, 0, 2, 'n', 'o'})
		}, "failed: test has refused the connection: no"},
		"another packet first": {func(conn net.Conn, r *bufio.Reader) { conn.Write([]byte{kindPingresp << 4, 0}) }, "invalid: test does not speak MQTT"},
		"a packet that is cut": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write(append(accepted5, kindPublish<<4, 1, 0))
			readAll(r)
		}, "does not follow the rules of MQTT: a packet ends too early"},
		"a packet that only clients send": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write(append(accepted5, kindSubscribe<<4, 0))
			readAll(r)
		}, "does not follow the rules of MQTT"},
		"a huge packet that is no message": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write(append(accepted5, kindSuback<<4, 0xff, 0xff, 0xff, 0x7f))
			readAll(r)
		}, "a packet has 268435455 bytes"},
		"a topic with a wildcard": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write(append(accepted5, kindPublish<<4, 4, 0, 1, '#', 0))
			readAll(r)
		}, "the topic of a message is wrong"},
		"session taken over": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write(append(accepted5, kindDisconnect<<4, 1, takenOver))
			readAll(r)
		}, "another client has connected to test with the client id one: give each client an id of its own"},
		"a broker that shuts down": {func(conn net.Conn, r *bufio.Reader) {
			conn.Write(append(accepted5, kindDisconnect<<4, 2, 0x8b, 0))
			readAll(r)
		}, "test has closed the connection: server shutting down"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, u := connect(t, Options{Version: 5, Timeout: 300 * time.Millisecond}, func(_ int, conn net.Conn, r *bufio.Reader) {
				if _, err := readKind(r, kindConnect); err != nil {
					return
				}
				server.handle(conn, r)
			})
			c.Start()
			defer func() {
				if t.Failed() {
					t.Log(u.text())
				}
			}()
			testkit.Until(t, server.want, func() bool { return strings.Contains(u.text(), server.want) })
		})
	}
}

// A broker that does not answer pings loses the connection after twice the time of keepalive.
func TestASilentBroker(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	pings := make(chan bool, 100)
	c, u := connect(t, Options{KeepAlive: time.Second}, func(_ int, conn net.Conn, r *bufio.Reader) {
		readKind(r, kindConnect)
		conn.Write(accepted5)
		for {
			if _, err := readKind(r, kindPingreq); err != nil {
				return
			}
			pings <- true
		}
	})
	c.Start()
	testkit.Until(t, "the connection is lost", func() bool { return strings.Contains(u.text(), "test has not answered a ping") })
	if len(pings) == 0 {
		t.Error("there was no ping")
	}
}

// A message that is too large is dropped, and the connection stays open.
func TestAMessageThatIsTooLarge(t *testing.T) {
	acks := make(chan []byte, 10)
	c, u := connect(t, Options{MaxMessage: 100}, func(_ int, conn net.Conn, r *bufio.Reader) {
		readKind(r, kindConnect)
		conn.Write(accepted5)
		if _, err := readKind(r, kindSubscribe); err != nil {
			return
		}
		size := 10 << 20
		head := appendLength([]byte{kindPublish<<4 | 2}, 2+1+2+1+size)
		conn.Write(append(head, 0, 1, 'a', 0, 7, 0))
		chunk := make([]byte, 1<<20)
		for range 10 {
			conn.Write(chunk)
		}
		for range 2 {
			body, err := readKind(r, kindPuback)
			if err != nil {
				return
			}
			acks <- body
			conn.Write(appendPublish(nil, version5, &Message{Topic: "a", Payload: "ok", QoS: 1}, 8, false))
		}
		readAll(r)
	})
	r := c.Subscribe(&u.User, []string{"a"}, SubscribeOptions{QoS: 1, Retained: true}, func() {})
	c.Start()
	testkit.Until(t, "the next message", func() bool {
		m, ok, _ := r.Take(&u.User)
		return ok && m.Payload == "ok"
	})
	if ack := <-acks; string(ack) != "\x00\x07" {
		t.Errorf("the acknowledgement is %x", ack)
	}
	if !strings.Contains(u.text(), "a message with the topic a was dropped, because it has more than 100 bytes") {
		t.Errorf("the log is %s", u.text())
	}
}

// Empty user properties take memory too. Messages that have nothing else use up the limit of a route.
func TestUserPropertiesCountAsMemory(t *testing.T) {
	c, u := connect(t, Options{}, func(_ int, _ net.Conn, r *bufio.Reader) { readAll(r) })
	r := c.Subscribe(&u.User, []string{"a"}, SubscribeOptions{}, func() {})
	for range 100 {
		c.Deliver(&Message{Topic: "a", User: make([][2]string, 20000)})
	}
	if len(r.queue) > 10 {
		t.Errorf("%d messages with 20000 user properties each wait", len(r.queue))
	}
}

// Properties that are longer than a packet may be besides its payload are not read.
func TestPropertiesThatAreTooLarge(t *testing.T) {
	properties := bytes.Repeat([]byte{propUser, 0, 0, 0, 0}, packetRoom)
	packet := appendLength([]byte{kindPublish << 4}, 3+3+len(properties))
	packet = append(appendLength(append(packet, 0, 1, 'a'), len(properties)), properties...)
	p, err := readPacket(bufio.NewReader(bytes.NewReader(packet)), version5, len(packet))
	if err != nil || !p.isTooLarge || len(p.message.User) > 0 {
		t.Errorf("got %d properties, %v, %v", len(p.message.User), p.isTooLarge, err)
	}
}

// A broker that accepts connections, and ends them without an acknowledgement, does not fill the
// queue with messages of the status topic.
func TestTheStatusIsQueuedOnce(t *testing.T) {
	for _, sessionPresent := range []byte{0, 1} {
		published := make(chan bool)
		c, _ := connect(t, Options{Version: 5, Status: "status"}, func(n int, conn net.Conn, r *bufio.Reader) {
			readKind(r, kindConnect)
			conn.Write([]byte{kindConnack << 4, 3, sessionPresent, 0, 0})
			readKind(r, kindPublish)
			if n == 5 {
				close(published)
				readAll(r)
			}
		})
		c.Start()
		<-published
		c.mu.Lock()
		if n := len(c.order) + len(c.outbox); n != 1 || c.outBytes != c.opts.status(online).size() {
			t.Errorf("%d messages with %d bytes wait", n, c.outBytes)
		}
		c.mu.Unlock()
	}
}

// A message belongs to each of the subscriptions that the broker names, but comes once to each.
func TestSubscriptionsOfAMessage(t *testing.T) {
	c, u := connect(t, Options{}, func(_ int, _ net.Conn, r *bufio.Reader) { readAll(r) })
	take := func(r *Route) (texts []string) {
		for {
			m, ok, _ := r.Take(&u.User)
			if !ok {
				return texts
			}
			texts = append(texts, m.Payload)
		}
	}
	o := SubscribeOptions{Retained: true}
	one, two := c.Subscribe(&u.User, []string{"a/+"}, o, func() {}), c.Subscribe(&u.User, []string{"a/#", "b"}, o, func() {})
	ids := func(filters ...string) (ids []int) {
		for _, filter := range filters {
			ids = append(ids, c.subscriptions[filter].id)
		}
		return ids
	}
	c.mu.Lock()
	c.deliver(&Message{Topic: "a/x", Payload: "1"}, ids("a/+"))
	c.deliver(&Message{Topic: "a/x", Payload: "2"}, ids("a/+", "a/#"))
	c.deliver(&Message{Topic: "a/x", Payload: "3"}, []int{12345})
	c.deliver(&Message{Topic: "c", Payload: "4"}, nil)
	c.mu.Unlock()
	if got := take(one); len(got) != 3 {
		t.Errorf("a/+ got %v", got)
	}
	if got := take(two); len(got) != 2 {
		t.Errorf("a/# got %v", got)
	}
	// Another user gets what waits for the same filters.
	c.mu.Lock()
	c.deliver(&Message{Topic: "a/x", Payload: "5"}, nil)
	c.mu.Unlock()
	next := newUser(u.Dial)
	c.Attach(&next.User)
	if _, ok, f := one.Take(&u.User); ok || f != errReplaced {
		t.Errorf("the user before gets %v", f)
	}
	adopted := c.Subscribe(&next.User, []string{"a/+"}, o, func() {})
	if m, ok, _ := adopted.Take(&next.User); !ok || m.Payload != "5" {
		t.Errorf("the new user gets %v %v", m, ok)
	}
}

func TestARouteDropsItsOldestMessages(t *testing.T) {
	c, u := connect(t, Options{}, func(_ int, _ net.Conn, r *bufio.Reader) { readAll(r) })
	dropped := 0
	u.Dropped = func(n int) { dropped += n }
	r := c.Subscribe(&u.User, []string{"a"}, SubscribeOptions{}, func() {})
	for range maxQueue + 10 {
		c.Deliver(&Message{Topic: "a", Payload: "x"})
	}
	if len(r.queue) != maxQueue || dropped != 10 {
		t.Errorf("%d messages wait, %d were dropped", len(r.queue), dropped)
	}
	c.Detach(&u.User) // now nobody takes messages
	for range 2 * maxQueue {
		c.Deliver(&Message{Topic: "a", Payload: "x"})
	}
	c.Attach(&u.User)
	r = c.Subscribe(&u.User, []string{"a"}, SubscribeOptions{}, func() {})
	if len(r.queue) != 3*maxQueue || dropped != 10 {
		t.Errorf("%d messages wait, %d were dropped", len(r.queue), dropped)
	}
	big := strings.Repeat("x", maxQueueBytes)
	c.Deliver(&Message{Topic: "a", Payload: big})
	if len(r.queue) != 1 {
		t.Errorf("%d messages wait", len(r.queue))
	}
}

// Stop and Close end the client soon, whatever the broker does.
func TestCloseDoesNotWaitForTheBroker(t *testing.T) {
	for name, handle := range map[string]func(ctx context.Context, r *bufio.Reader){
		"a broker that does not answer": func(_ context.Context, r *bufio.Reader) { readAll(r) },
		"a broker that does not read":   func(ctx context.Context, _ *bufio.Reader) { <-ctx.Done() },
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes seconds of real time")
			}
			t.Parallel()
			c, _ := connect(t, Options{}, func(_ int, conn net.Conn, r *bufio.Reader) {
				readKind(r, kindConnect)
				conn.Write(accepted5)
				handle(t.Context(), r)
			})
			c.Start()
			testkit.Until(t, "the connection", func() bool {
				event, _ := c.State()
				return event.Connected
			})
			c.Publish(&Message{Topic: "a", Payload: strings.Repeat("x", 1<<20), QoS: 1}, nil)
			began := time.Now()
			c.Stop()
			c.Close(context.Background())
			if took := time.Since(began); took > drainTime+20*time.Second {
				t.Errorf("Close took %v", took)
			}
		})
	}
}
