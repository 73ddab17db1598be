package nats

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

func wishFor(first ...string) message.Wish {
	return message.Wish{Stable: &message.Signed{Text: []byte("manifest"), Signatures: []byte("signature")}, First: first}
}

func TestDeviceReadsItsWishes(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07", "group:kiosk", "group:lab")
	if d.Name() != "kiosk-07" || strings.Join(d.Groups(), " ") != "kiosk lab" || d.Fleet() != "shop" {
		t.Fatalf("the device is %s of %v in %s", d.Name(), d.Groups(), d.Fleet())
	}
	online(t, d)
	for i, key := range []string{"all", "grp.kiosk", "grp.lab", "dev.kiosk-07"} {
		if _, _, err := d.Read(soon(t), key); !errors.Is(err, follow.ErrNone) {
			t.Errorf("%s: got %v before it was written", key, err)
		}
		want, _ := wishFor(key[strings.IndexByte(key, '.')+1:]).Encode()
		if err := c.SetWish(soon(t), key, wishFor(key[strings.IndexByte(key, '.')+1:]), 0); err != nil {
			t.Fatal(err)
		}
		value, sequence, err := d.Read(soon(t), key)
		if err != nil || !bytes.Equal(value, want) || sequence != uint64(i+1) {
			t.Errorf("%s: got %s, %d, %v", key, value, sequence, err)
		}
	}
	if _, _, err := d.Read(soon(t), "dev.*"); err == nil || !strings.Contains(err.Error(), "no key") {
		t.Errorf("a pattern as the key: %v", err)
	}
}

func TestDeviceMayNotReadTheWishesOfOthers(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	if err := c.SetWish(soon(t), "dev.kiosk-08", wishFor(), 0); err != nil {
		t.Fatal(err)
	}
	d := h.device("kiosk-07", "group:kiosk")
	online(t, d)
	began := time.Now()
	_, _, err := d.Read(soon(t), "dev.kiosk-08")
	if err == nil || !strings.Contains(err.Error(), "does not allow") || time.Since(began) > requestTimeout/2 {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestDeletedWishIsNone(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07")
	online(t, d)
	if err := c.SetWish(soon(t), "all", wishFor(), 0); err != nil {
		t.Fatal(err)
	}
	js, err := c.jetStream(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.PublishMsg(soon(t), &nats.Msg{Subject: wishPut + "all", Header: nats.Header{"KV-Operation": {"DEL"}}}); err != nil {
		t.Fatal(err)
	}
	if _, sequence, err := d.Read(soon(t), "all"); !errors.Is(err, follow.ErrNone) || sequence != 2 {
		t.Errorf("got %d, %v, want the number of the deletion", sequence, err)
	}
	if w, revision, err := c.Wish(soon(t), "all"); err != nil || revision != 0 || w.Stable != nil {
		t.Errorf("the centre reads %+v, %d, %v", w, revision, err)
	}
	if err := c.SetWish(soon(t), "all", wishFor(), 0); err != nil {
		t.Errorf("a deleted wish cannot be written again: %v", err)
	}
}

// nextNotice returns the next notice with at least this sequence number.
func nextNotice(t *testing.T, d *Device, least uint64) follow.Notice {
	t.Helper()
	for ctx := soon(t); ; {
		select {
		case n := <-d.Notices():
			if n.Sequence >= least {
				return n
			}
		case <-ctx.Done():
			t.Fatal("no notice arrives")
		}
	}
}

func TestDeviceHearsOfItsWishes(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07", "group:kiosk")
	if n := nextNotice(t, d, 0); n != (follow.Notice{Connected: true}) {
		t.Fatalf("the notice of the connection is %+v", n)
	}
	settled(t, d)
	for i, key := range []string{"all", "grp.kiosk", "dev.kiosk-07"} {
		if err := c.SetWish(soon(t), key, wishFor(), 0); err != nil {
			t.Fatal(err)
		}
		if n := nextNotice(t, d, uint64(i+1)); n.Sequence != uint64(i+1) {
			t.Errorf("%s: got the sequence number %d, want %d", key, n.Sequence, i+1)
		}
	}
	// Another device and another group: the next notice is that of the last wish.
	for _, key := range []string{"dev.kiosk-08", "grp.lab", "all"} {
		_, revision, err := c.Wish(soon(t), key)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetWish(soon(t), key, wishFor(), revision); err != nil {
			t.Fatal(err)
		}
	}
	if n := nextNotice(t, d, 1); n.Sequence != 6 {
		t.Errorf("got a notice with the sequence number %d, want 6", n.Sequence)
	}
}

func TestSeveralNoticesBecomeOne(t *testing.T) {
	t.Parallel()
	d := &Device{notices: make(chan follow.Notice, 1)}
	for _, n := range []uint64{3, 7, 0, 5} {
		d.notify(follow.Notice{Sequence: n, Connected: n == 5})
	}
	if n := <-d.Notices(); n != (follow.Notice{Sequence: 7, Connected: true}) {
		t.Errorf("got the notice %+v, want all in one", n)
	}
	select {
	case n := <-d.Notices():
		t.Errorf("there is another notice: %v", n)
	default:
	}
}

func TestDeviceFetchesChunks(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07")
	online(t, d)
	content := bytes.Repeat([]byte("moonlark"), 40_000) // three chunks
	sum := sha256.Sum256(content)
	name := hex.EncodeToString(sum[:])
	if _, err := d.Chunk(soon(t), name, 0); !errors.Is(err, follow.ErrNone) {
		t.Errorf("got %v before the file was stored", err)
	}
	for range 2 { // the second time does nothing
		if err := c.PutFile(soon(t), name, content); err != nil {
			t.Fatal(err)
		}
	}
	var got []byte
	for n := 0; ; n++ {
		chunk, err := d.Chunk(soon(t), name, n)
		if errors.Is(err, follow.ErrNone) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, chunk...)
	}
	if !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, want %d", len(got), len(content))
	}
	if err := c.PutFile(soon(t), name, content[1:]); err == nil || !strings.Contains(err.Error(), "another SHA-256") {
		t.Errorf("a wrong content is stored: %v", err)
	}
	for _, wrong := range []string{"", "*", strings.ToUpper(name), name + "0"} {
		if _, err := d.Chunk(soon(t), wrong, 0); err == nil || errors.Is(err, follow.ErrNone) {
			t.Errorf("chunk of %q: got %v", wrong, err)
		}
	}
}

func TestOtherContentOfAChunkIsAnError(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	content := []byte("the true content")
	sum := sha256.Sum256(content)
	name := hex.EncodeToString(sum[:])
	js, err := c.jetStream(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(soon(t), blobPut+name+".0", []byte("another one")); err != nil {
		t.Fatal(err)
	}
	if err := c.PutFile(soon(t), name, content); err == nil || !strings.Contains(err.Error(), "chunk 0: the hub has another content") {
		t.Errorf("got %v", err)
	}
	if _, err := js.Publish(soon(t), blobPut+name+".0", content); err == nil {
		t.Error("a chunk was replaced")
	}
}

func TestHubKeepsReports(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07", "group:kiosk")
	online(t, d)
	for i, text := range []string{`{"status":"idle"}`, `{"status":"talking"}`} {
		for range 2 { // the second one has the same id, and is dropped
			if err := d.Report(soon(t), message.StateKind, "boot-"+string(rune('0'+i)), []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	states, err := c.States(soon(t))
	if err != nil || len(states) != 1 || states[0].Status != "talking" || states[0].Device != "kiosk-07" || time.Since(states[0].Received).Abs() > time.Minute {
		t.Errorf("got %+v, %v", states, err)
	}
	for _, c := range []struct {
		name   string
		kind   message.Kind
		id     string
		record string
		err    string
	}{
		{"unknown kind", "other", "a-1", "{}", "no such kind"},
		{"no id", message.LogKind, "", "{}", "cannot be the id"},
		{"id with a line end", message.LogKind, "a\r\nNats-Rollup: all", "{}", "cannot be the id"},
		{"long record", message.LogKind, "a-2", strings.Repeat("x", message.MaxRecord+1), "are more than the 32768 allowed"},
	} {
		if err := d.Report(soon(t), c.kind, c.id, []byte(c.record)); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.err)
		}
	}
	if err := d.Report(soon(t), message.StateKind, "boot-9", bytes.Repeat([]byte("x"), message.MaxState)); err != nil {
		t.Errorf("the largest state: %v", err)
	}
}

func TestHubWithoutStreamsIsAClearError(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	d := h.device("kiosk-07")
	online(t, d)
	if err := d.Report(soon(t), message.LogKind, "a-1", []byte("{}")); err == nil || !strings.Contains(err.Error(), "no stream") {
		t.Errorf("report: got %v", err)
	}
	if _, _, err := d.Read(soon(t), "all"); err == nil || errors.Is(err, follow.ErrNone) || !strings.Contains(err.Error(), "no stream KV_ML_WISH") {
		t.Errorf("read: got %v", err)
	}
}

func TestCommandsAreAnswered(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07", "group:kiosk")
	online(t, d)
	if _, err := c.Command(soon(t), "kiosk-07", "say", nil); !errors.Is(err, center.ErrNobody) {
		t.Errorf("before Serve: got %v", err)
	}
	d.Serve(func(_ context.Context, verb string, body []byte) message.Answer {
		if verb == "log" {
			return message.Answer{Status: 200, Body: strings.Repeat("x", message.MaxCommand+1)}
		}
		return message.Answer{Status: 202, Body: verb + " " + string(body)}
	})
	eventually(t, "the device listens", func() bool {
		a, err := c.Command(soon(t), "kiosk-07", "say", []byte("hello"))
		return err == nil && a.OK() && a.Body == "say hello"
	})
	if a, err := c.Command(soon(t), "kiosk-07", "log", nil); err != nil || a.Status != 500 || !strings.Contains(a.Body, "262145 bytes") {
		t.Errorf("a long answer: got %.100v, %v", a, err)
	}
	if _, err := c.Command(soon(t), "kiosk-08", "say", nil); !errors.Is(err, center.ErrNobody) {
		t.Errorf("an absent device: got %v", err)
	}
	if _, err := c.Command(soon(t), "kiosk-07", "reboot", nil); err == nil || !strings.Contains(err.Error(), "no command is called") {
		t.Errorf("an unknown command: got %v", err)
	}
	conn, _, _ := c.link.state()
	for verb, want := range map[string]string{"reboot": `"status":404`, "say": `"status":413`} {
		reply, err := conn.RequestWithContext(soon(t), "ml.cmd.kiosk-07."+verb, make([]byte, message.MaxCommand+1))
		if err != nil || !strings.Contains(string(reply.Data), want) {
			t.Errorf("%s of a hostile operator: got %v, %v", verb, reply, err)
		}
	}
}

func TestTooManyCommandsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07")
	online(t, d)
	var running, ended atomic.Int32
	d.Serve(func(ctx context.Context, _ string, _ []byte) message.Answer {
		running.Add(1)
		<-ctx.Done() // until Close
		ended.Add(1)
		return message.Answer{Status: 500}
	})
	conn, _, _ := c.link.state()
	inbox := conn.NewInbox()
	replies, err := conn.SubscribeSync(inbox)
	if err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	for range maxCommands + 1 {
		if err := conn.PublishRequest("ml.cmd.kiosk-07.say", inbox, nil); err != nil {
			t.Fatal(err)
		}
	}
	reply, err := replies.NextMsgWithContext(soon(t))
	if err != nil || !strings.Contains(string(reply.Data), `"status":503`) {
		t.Fatalf("got %v, %v", reply, err)
	}
	eventually(t, "16 commands are carried out", func() bool { return running.Load() == maxCommands })
	d.Close()
	if ended.Load() != maxCommands {
		t.Errorf("Close has returned while %d commands were carried out", maxCommands-ended.Load())
	}
	for range maxCommands { // the answers were sent before the connection ended
		if reply, err := replies.NextMsgWithContext(soon(t)); err != nil || !strings.Contains(string(reply.Data), `"status":500`) {
			t.Errorf("got %v, %v", reply, err)
		}
	}
}
