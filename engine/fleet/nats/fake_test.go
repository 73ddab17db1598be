package nats

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

// A fakeHub speaks the protocol of NATS with one client, and can break it.
type fakeHub struct {
	t testing.TB
	// answer returns what is sent for a message that the client publishes. reply is the subject for the
	// reply, and number that of the subscription of the client which has this subject.
	answer func(subject, reply, number string) string

	silent      atomic.Bool // the hub answers nothing any more
	connections atomic.Int32
	mu          sync.Mutex
	numbers     map[string]string // subscriptions of the last connection: number by subject
	conn        net.Conn          // the last one
}

// connect is an Options.InProcess.
func (f *fakeHub) connect() (net.Conn, error) {
	client, hub := net.Pipe()
	f.connections.Add(1)
	f.mu.Lock()
	f.conn, f.numbers = hub, map[string]string{}
	f.mu.Unlock()
	go f.serve(hub)
	return client, nil
}

func (f *fakeHub) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte(`INFO {"server_id":"X","version":"2.15.3","headers":true,"max_payload":1048576,"proto":1}` + "\r\n"))
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		if f.silent.Load() {
			continue
		}
		switch words[0] {
		case "PING":
			_, _ = conn.Write([]byte("PONG\r\n"))
		case "SUB":
			f.mu.Lock()
			f.numbers[words[1]] = words[len(words)-1]
			f.mu.Unlock()
		case "HPUB", "PUB":
			var size int
			_, _ = fmt.Sscan(words[len(words)-1], &size)
			if _, err := r.Discard(size + 2); err != nil {
				return
			}
			if f.answer == nil || len(words) < 4 {
				continue
			}
			inbox := words[2]
			number := f.number(inbox[:strings.LastIndexByte(inbox, '.')] + ".*")
			_, _ = conn.Write([]byte(f.answer(words[1], inbox, number)))
		}
	}
}

func (f *fakeHub) number(subject string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.numbers[subject]
}

// send sends bytes to the client.
func (f *fakeHub) send(text string) {
	f.mu.Lock()
	conn := f.conn
	f.mu.Unlock()
	_, _ = conn.Write([]byte(text))
}

// device returns a device that is connected with the hub.
func (f *fakeHub) device() (*Device, *testLog) {
	f.t.Helper()
	h := newHub(f.t)
	o := h.options(h.creds("device", "kiosk-07", "group:kiosk"))
	log := &testLog{t: f.t}
	o.InProcess, o.Log = f.connect, log.logger()
	d, err := DialDevice(o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(d.Close)
	online(f.t, d)
	return d, log
}

// reply returns a message of the hub.
func reply(subject, number, header, data string) string {
	if header == "" {
		return fmt.Sprintf("MSG %s %s %d\r\n%s\r\n", subject, number, len(data), data)
	}
	header = "NATS/1.0" + header + "\r\n\r\n"
	return fmt.Sprintf("HMSG %s %s %d %d\r\n%s%s\r\n", subject, number, len(header), len(header)+len(data), header, data)
}

func TestWrongRepliesAreErrors(t *testing.T) {
	t.Parallel()
	stored := "\r\nNats-Subject: $KV.ML_WISH.all\r\nNats-Sequence: 7"
	chunk := "\r\nNats-Subject: ml.blob." + strings.Repeat("a", 64) + ".0\r\nNats-Sequence: 7"
	for _, c := range []struct {
		name, header, data string
		read, chunk, ack   string // the errors
	}{
		{"empty", "", "", "not a stored message", "not a stored message", "does not say that it was stored"},
		{"no headers", "", "{}", "not a stored message", "not a stored message", "does not say that it was stored"},
		{"no sequence", "\r\nNats-Subject: $KV.ML_WISH.all", "{}", "not a stored message", "not a stored message", "does not say"},
		{"wrong sequence", "\r\nNats-Subject: $KV.ML_WISH.all\r\nNats-Sequence: -1", "{}", "not a stored message", "not a stored message", "does not say"},
		{"other subject", "\r\nNats-Subject: $KV.ML_WISH.grp.kiosk\r\nNats-Sequence: 7", "{}", "not a stored message", "not a stored message", "does not say"},
		{"damaged headers", "\r\nNats-Subject", "{}", "not a stored message", "not a stored message", "does not say"},
		{"status", " 408 Bad Request", "", "408 Bad Request", "408 Bad Request", "does not say"},
		{"not there", " 404 Message Not Found", "", follow.ErrNone.Error(), follow.ErrNone.Error(), "does not say"},
		{"nobody", " 503", "", "no stream", "no stream", "no stream"},
		{"long value", stored, strings.Repeat("x", message.MaxWish+1), "524289 bytes; 524288 are allowed", "not a stored message", "does not say"},
		{"long chunk", chunk, strings.Repeat("x", message.ChunkSize+1), "not a stored message", "131073 bytes; 131072 are allowed", "does not say"},
		{"empty chunk", chunk, "", "not a stored message", "empty chunk", "does not say"},
		{"refusal", "", `{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"ML_LOG"}`, "not a stored", "not a stored", "maximum bytes exceeded (10077)"},
		{"no number", "", `{"stream":"ML_LOG"}`, "not a stored", "not a stored", "does not say that it was stored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakeHub{t: t, answer: func(_, inbox, number string) string { return reply(inbox, number, c.header, c.data) }}
			d, _ := f.device()
			if _, _, err := d.Read(soon(t), "all"); err == nil || !strings.Contains(err.Error(), c.read) {
				t.Errorf("read: got %v, want %q", err, c.read)
			}
			if _, err := d.Chunk(soon(t), strings.Repeat("a", 64), 0); err == nil || !strings.Contains(err.Error(), c.chunk) {
				t.Errorf("chunk: got %v, want %q", err, c.chunk)
			}
			if err := d.Report(soon(t), message.LogKind, "a-1", []byte("{}")); err == nil || !strings.Contains(err.Error(), c.ack) {
				t.Errorf("report: got %v, want %q", err, c.ack)
			}
		})
	}
}

func TestConnectionIsMadeAgainAfterEveryBreach(t *testing.T) {
	t.Parallel()
	f := &fakeHub{t: t}
	d, log := f.device()
	for _, c := range []struct{ name, sent, reason string }{
		{"huge message", "MSG a 1 99999999999999999\r\n", "MSG a 1 9999"},
		{"large message", "MSG a 1 99999999\r\n", "message of 99999999 bytes"},
		{"negative size", "MSG a 1 -5\r\n", "MSG a 1 -5"},
		{"size behind a carriage return", "MSG a 1 99999999999999\r1\r\n", "the hub sent the line"},
		{"headers longer than the message", "HMSG a 1 9 5\r\n", "Header Size"},
		{"endless line", "INFO " + strings.Repeat("x", maxLine+1), "too long"},
		{"garbage", "\x00\x01\x02\r\n", "Parse Error"},
		{"unknown error", "-ERR 'the moon is full'\r\n", "the moon is full"},
		{"error that closes", "-ERR 'Maximum Payload Violation'\r\n", "Maximum Payload Violation"},
		{"refused credentials", "-ERR 'User Authentication Revoked'\r\n", "the hub refuses the credentials: authentication revoked"},
	} {
		before := f.connections.Load()
		f.send(c.sent)
		if strings.Contains(c.sent, "Revoked") {
			eventually(t, "the error has arrived", func() bool { return strings.Contains(log.String(), "authentication revoked") })
			f.mu.Lock()
			_ = f.conn.Close()
			f.mu.Unlock()
		}
		eventually(t, c.name+": there is a new connection", func() bool { return f.connections.Load() > before && d.Link().Connected })
		if !strings.Contains(log.String(), c.reason) {
			t.Errorf("%s: the log lacks %q", c.name, c.reason)
		}
	}
}

func TestCommandOfAnotherSubjectIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	f := &fakeHub{t: t}
	d, _ := f.device()
	commands := make(chan string, 10)
	d.Serve(func(_ context.Context, verb string, _ []byte) message.Answer {
		commands <- verb
		return message.Answer{Status: 200}
	})
	eventually(t, "the device has subscribed", func() bool { return f.number("ml.cmd.kiosk-07.*") != "" })
	number := f.number("ml.cmd.kiosk-07.*")
	for _, m := range []string{
		"MSG ml.up.kiosk-08.event %s _INBOX_x.1 0\r\n\r\n",      // stored by another device, and delivered here
		"MSG ml.cmd.kiosk-08.stop %s _INBOX_x.1 0\r\n\r\n",      // of another device
		"MSG ml.cmd.kiosk-07.stop.now %s _INBOX_x.1 0\r\n\r\n",  // a longer subject
		"MSG ml.cmd.kiosk-07.stop %s $KV.ML_WISH.all 0\r\n\r\n", // the answer would change the wish
		"MSG ml.cmd.kiosk-07.stop %s 0\r\n\r\n",                 // nobody waits for the answer
		"MSG ml.cmd.kiosk-07.say %s _INBOX_x.1 0\r\n\r\n",
	} {
		f.send(fmt.Sprintf(m, number))
	}
	if verb := <-commands; verb != "say" || len(commands) != 0 {
		t.Errorf("the first command is %s, and there are %d more", verb, len(commands))
	}
}

func TestNoticeOfAnotherSubjectIsIgnored(t *testing.T) {
	t.Parallel()
	f := &fakeHub{t: t}
	d, _ := f.device()
	nextNotice(t, d, 0)
	number := f.number("ml.live.all")
	const stored = "\r\nNats-Stream: KV_ML_WISH\r\nNats-Subject: $KV.ML_WISH.all\r\nNats-Sequence: "
	for _, m := range []string{
		reply("ml.live.dev.kiosk-08", number, stored+"9", ""),
		reply("ml.live.all", number, "\r\nNats-Sequence: 9", ""),
		reply("ml.live.all", number, stored+"9", "the reply to another device"),
		reply("ml.live.all", number, stored+"soon", ""),
		reply("ml.live.all", number, "", `{"stream":"ML_LOG","seq":9}`),
		reply("ml.live.all", number, stored+"5", ""),
	} {
		f.send(m)
	}
	if n := nextNotice(t, d, 0); n.Sequence != 5 {
		t.Errorf("got the sequence number %d", n.Sequence)
	}
}

func TestRequestEndsWithTheConnection(t *testing.T) {
	t.Parallel()
	asked := make(chan bool, 1)
	f := &fakeHub{t: t, answer: func(string, string, string) string {
		asked <- true
		return ""
	}}
	d, _ := f.device()
	go func() {
		<-asked
		f.mu.Lock()
		defer f.mu.Unlock()
		_ = f.conn.Close()
	}()
	began := time.Now()
	if _, _, err := d.Read(soon(t), "all"); !errors.Is(err, follow.ErrOffline) || time.Since(began) > 15*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestSilentHubIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeHub{t: t}
		d, _ := f.device()
		defer d.Close()
		time.Sleep(10*time.Minute + pingInterval*2/3) // the hub answers the pings; the next one is not sent now
		if f.connections.Load() != 1 {
			t.Errorf("%d connections with a hub that answers", f.connections.Load())
		}
		f.silent.Store(true)
		time.Sleep(2 * pingInterval) // it gets two pings; the third one would be too many
		f.silent.Store(false)
		time.Sleep(maxPause)
		// attempts while the hub was silent count as connections too
		if f.connections.Load() < 2 || !d.Link().Connected {
			t.Errorf("%d connections with a hub that was silent: %+v", f.connections.Load(), d.Link())
		}
	})
}

func TestHubThatDoesNotReadIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, hub := net.Pipe()
		defer func() { _ = hub.Close() }()
		released := false
		g := &guard{Conn: client, release: func() bool { released = true; return true }}
		began := time.Now()
		_, err := g.Write([]byte("PING"))
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != writeTimeout || !released {
			t.Errorf("got %v after %v", err, took)
		}
		if _, err := g.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the connection is still open: %v", err)
		}
	})
}

// FuzzGuard checks that a guard lets nothing through that makes the client library allocate much, or panic.
func FuzzGuard(f *testing.F) {
	for _, seed := range []string{
		"PING\r\nMSG a 1 5\r\nhello\r\nPONG\r\n", "HMSG a 1 b 12 17\r\nNATS/1.0\r\n\r\nhello\r\n", "MSG a 1 99999999999999999999\r\n",
		"msg\ta\t1\t0\r\n\r\nMSG a 1 9\r2\r\n", "+OK\r\n-ERR 'x'\r\nMSG a 1 2\nhixMSG a 1 9999999999\r\n", "\n\nMSG\n", "MSG a 1 2\r\nhi\nMSG a 1 99999999\r\n",
	} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, sent []byte, size int) {
		if size < 1 || size > 1000 {
			size = 7
		}
		whole, parts := &guard{}, &guard{}
		err := whole.check(sent)
		for len(sent) > 0 && parts.payload >= 0 {
			n := min(size, len(sent))
			if e := parts.check(sent[:n]); e != nil {
				if err == nil {
					t.Fatalf("an error only in parts: %v", e)
				}
				return
			}
			sent = sent[n:]
		}
		if err != nil {
			t.Fatalf("an error only as a whole: %v", err)
		}
		if whole.payload != parts.payload || whole.ending != parts.ending || whole.payload > maxMessage+1 || len(whole.line) > maxLine {
			t.Fatalf("got %d, %v as a whole and %d, %v in parts", whole.payload, whole.ending, parts.payload, parts.ending)
		}
	})
}
