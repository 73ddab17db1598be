package nats_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"moonlark/engine/fleet/identity"
	fleetnats "moonlark/engine/fleet/nats"
)

const rightsPutWish = "$JS.EVENT.ML_WISH."

// putWishes writes a wish under each of these keys, whose value is the key.
func (h *rightsHub) putWishes(keys ...string) {
	h.t.Helper()
	js, err := jetstream.New(h.connect("operator-1").Conn)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, key := range keys {
		if _, err := js.Publish(context.Background(), rightsPutWish+key, []byte(key), jetstream.WithExpectLastSequencePerSubject(0)); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestADeviceReadsItsOwnWishesOnly(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	h.makeStreams()
	h.putWishes("all", "grp.kiosk", "grp.lab", "dev.kiosk-1", "dev.kiosk-2")
	c := h.connect("kiosk-1")
	for _, key := range []string{"all", "grp.kiosk", "dev.kiosk-1"} {
		if value, ok := c.get("KV_ML_WISH", "$KV.ML_WISH."+key); value != key {
			t.Errorf("%s: %q, %v", key, value, ok)
		}
	}
	if value, ok := c.get("KV_ML_WISH", "$KV.ML_WISH.keys.1"); ok || value != "404" {
		t.Errorf("keys.1, which does not exist: %q", value)
	}
	replies := c.hear(identity.InboxPrefix("kiosk-1") + ".*")
	get := "$JS.API.DIRECT.GET.KV_ML_WISH"
	for subject, payload := range map[string]string{
		get + ".$KV.ML_WISH.dev.kiosk-2": "",
		get + ".$KV.ML_WISH.grp.lab":     "",
		get + ".$KV.ML_WISH.>":           "",
		get:                              `{"last_by_subj":"$KV.ML_WISH.dev.kiosk-2"}`,
		get + ".":                        `{"multi_last":["$KV.ML_WISH.>"]}`,
		// with a payload, an allowed subject must not read anything else
		get + ".$KV.ML_WISH.all":                `{"last_by_subj":"$KV.ML_WISH.dev.kiosk-2"}`,
		"$JS.API.STREAM.MSG.GET.KV_ML_WISH":     `{"last_by_subj":"$KV.ML_WISH.dev.kiosk-2"}`,
		"$JS.API.CONSUMER.CREATE.KV_ML_WISH.x":  `{"stream_name":"KV_ML_WISH","config":{"name":"x","deliver_subject":"` + c.NewInbox() + `"}}`,
		"$JS.API.CONSUMER.MSG.NEXT.KV_ML_WISH.": "",
	} {
		if err := c.PublishRequest(subject, c.NewInbox(), []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	c.flush()
	for m, err := replies.NextMsg(300 * time.Millisecond); err == nil; m, err = replies.NextMsg(300 * time.Millisecond) {
		if got := m.Header.Get("Nats-Subject"); strings.HasSuffix(got, "dev.kiosk-2") || strings.HasSuffix(got, "grp.lab") || m.Header.Get("Nats-Stream") == "" && len(m.Data) > 0 {
			t.Errorf("%s: %q %v", m.Subject, m.Data, m.Header)
		}
	}
}

func TestADeviceCannotEraseARecord(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	js := h.makeStreams()
	for _, name := range []string{"kiosk-1", "kiosk-2"} {
		h.connect(name).ask(natsgo.NewMsg("$JS.EVENT.ML_UP." + name + ".state"))
	}
	c := h.connect("kiosk-1")
	for header, value := range map[string]string{"Nats-Rollup": "all", "Nats-TTL": "1s"} {
		m := natsgo.NewMsg("$JS.EVENT.ML_UP.kiosk-1.state")
		m.Header.Set(header, value)
		if reply := string(c.ask(m).Data); !strings.Contains(reply, "error") {
			t.Errorf("%s: %s", header, reply)
		}
	}
	stream, err := js.Stream(context.Background(), "ML_STATE")
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.NumSubjects; n != 2 {
		t.Errorf("there are states of %d devices, want 2", n)
	}
}

// The server sends replies to any subject that the sender of a message names, even if the sender may not
// publish on it. So the stream of the wishes listens where no reply can be sent to.
func TestADeviceCannotHaveTheServerWriteAWish(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	js := h.makeStreams()
	h.putWishes("all")
	c := h.connect("kiosk-1")
	for _, victim := range []string{"$KV.ML_WISH.all", rightsPutWish + "all", "$JS.API.STREAM.DELETE.ML_LOG"} {
		for _, subject := range []string{"$JS.EVENT.ML_UP.kiosk-1.state", rightsGetWish + "all"} {
			if err := c.PublishRequest(subject, victim, []byte("{}")); err != nil {
				t.Fatal(err)
			}
			c.flush()
			refused := c.LastError() != nil && strings.Contains(c.LastError().Error(), `Publish with Reply of "`+victim+`"`)
			if want := strings.HasPrefix(victim, "$JS."); refused != want {
				t.Errorf("a reply to %s: refused: %v, want %v", victim, refused, want)
			}
		}
	}
	c.ask(natsgo.NewMsg("$JS.EVENT.ML_UP.kiosk-1.state")) // the server answers in order
	stream, err := js.Stream(context.Background(), "KV_ML_WISH")
	if err != nil {
		t.Fatal(err)
	}
	if info := stream.CachedInfo().State; info.Msgs != 1 || info.LastSeq != 1 {
		t.Errorf("the wishes have %d messages up to number %d", info.Msgs, info.LastSeq)
	}
}

// A device can have the server send a reply to the subject of a command of another device. Commands are
// recognized by their own reply subject, which such a message does not have.
func TestWhatTheServerSendsForADeviceHasNoReplySubject(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	h.makeStreams()
	h.putWishes("all")
	victim, attacker, operator := h.connect("kiosk-2"), h.connect("kiosk-1"), h.connect("operator-1")
	commands := victim.hear("ml.cmd.kiosk-2.*")
	for _, subject := range []string{"$JS.EVENT.ML_UP.kiosk-1.log", rightsGetWish + "all", "$JS.API.DIRECT.GET.ML_BLOB.ml.blob.aa.0"} {
		if err := attacker.PublishRequest(subject, "ml.cmd.kiosk-2.stop", nil); err != nil {
			t.Fatal(err)
		}
		if m := victim.next(commands); fleetnats.IsInbox(m.Reply) {
			t.Errorf("%s: %q with the reply subject %q", subject, m.Data, m.Reply)
		}
	}
	if err := operator.PublishRequest("ml.cmd.kiosk-2.stop", operator.NewInbox(), nil); err != nil {
		t.Fatal(err)
	}
	m := victim.next(commands)
	if !fleetnats.IsInbox(m.Reply) {
		t.Errorf("a command has the reply subject %q", m.Reply)
	}
	for i := range 100 {
		if !victim.maySend(m.Reply) {
			t.Fatalf("a device may not send answer %d to a command", i+1)
		}
	}
	if victim.maySend(m.Reply) {
		t.Error("a device may answer a command without end")
	}
}

// A worker may reply wherever the caller wants, so it must look at the subject.
func TestAWorkerMustCheckWhereItReplies(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	worker, device := h.connect("worker-1"), h.connect("kiosk-1")
	calls, err := worker.QueueSubscribeSync("ml.tool.*", "workers")
	if err != nil {
		t.Fatal(err)
	}
	worker.flush()
	if err := device.PublishRequest("ml.tool.weather", "ml.cmd.kiosk-2.stop", nil); err != nil {
		t.Fatal(err)
	}
	m := worker.next(calls)
	if !worker.maySend(m.Reply) {
		t.Error("the server refuses the reply: isInbox is not needed any more")
	}
	if fleetnats.IsInbox(m.Reply) {
		t.Errorf("a reply to %s is allowed", m.Reply)
	}
	for range 3 { // accepted, a confirmation, done
		if err := device.PublishRequest("ml.tool.weather", device.NewInbox(), nil); err != nil {
			t.Fatal(err)
		}
		m := worker.next(calls)
		if !fleetnats.IsInbox(m.Reply) || !worker.maySend(m.Reply) || !worker.maySend(m.Reply) {
			t.Errorf("a worker may not reply to %s", m.Reply)
		}
	}
}

func TestADeviceDoesNotHearTheRepliesToOthers(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	attacker := h.connect("kiosk-1")
	for _, subject := range []string{"_INBOX_kiosk-2.>", "_INBOX_*.>", "_INBOX_join.>", "_INBOX_operator-1.*", "*.*", "_INBOX.>"} {
		if attacker.mayHear(subject, "") {
			t.Errorf("kiosk-1 hears %s", subject)
		}
	}
	if !attacker.mayHear("_INBOX_kiosk-1.>", "") {
		t.Error("kiosk-1 does not hear its own replies")
	}
}

func TestARevokedDeviceIsCutOffAtOnce(t *testing.T) {
	t.Parallel()
	h := prepareRightsHub(t)
	folder := h.folder
	// a server that keeps the JWTs itself, as one far away does
	resolver, err := server.NewDirAccResolver(t.TempDir(), 0, time.Hour, server.NoDelete)
	if err != nil {
		t.Fatal(err)
	}
	h.start(h.operatorMode(resolver))
	system, err := folder.SystemCredentials()
	if err != nil {
		t.Fatal(err)
	}
	nc, err := h.tryConnect("moonlark", natsgo.UserCredentialBytes(system))
	if err != nil {
		t.Fatal(err)
	}
	owner := &rightsConn{nc, t}
	push := func() {
		t.Helper()
		account, err := folder.Account()
		if err != nil {
			t.Fatal(err)
		}
		m := natsgo.NewMsg("$SYS.REQ.ACCOUNT." + account.PublicKey + ".CLAIMS.UPDATE")
		m.Data = []byte(account.JWT)
		if reply := string(owner.ask(m).Data); !strings.Contains(reply, `"code":200`) {
			t.Fatal(reply)
		}
	}
	push()
	closed := make(chan error, 1)
	device, other := h.connect("kiosk-1"), h.connect("kiosk-2")
	device.SetClosedHandler(func(nc *natsgo.Conn) { closed <- nc.LastError() })
	if err := folder.Revoke("kiosk-1"); err != nil {
		t.Fatal(err)
	}
	push()
	select {
	case err := <-closed:
		t.Logf("the device was cut off: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the device is still connected")
	}
	if _, err := h.tryConnect("kiosk-1", natsgo.UserCredentialBytes(h.creds["kiosk-1"])); err == nil {
		t.Error("a revoked device connects")
	}
	if !other.maySend("$JS.EVENT.ML_UP.kiosk-2.state") {
		t.Error("another device is cut off too")
	}
	again, err := folder.Credentials(identity.Device, "kiosk-1", []string{"lab"})
	if err != nil {
		t.Fatal(err)
	}
	h.creds["kiosk-1"] = again
	if c := h.connect("kiosk-1"); !c.mayHear("ml.live.grp.lab", "") || c.mayHear("ml.live.grp.kiosk", "") {
		t.Error("the device does not have the rights of its new group only")
	}
}

// A device joins by way of the hub, with an invitation only, and then has its rights.
func TestADeviceJoinsThroughTheHub(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	hub := h.connect("hub-1")
	if _, err := hub.Subscribe("ml.join", func(m *natsgo.Msg) {
		request, err := identity.ParseRequest(m.Data)
		if !fleetnats.IsInbox(m.Reply) {
			t.Errorf("the request asks for a reply to %q", m.Reply)
		}
		var reply identity.Reply
		if err == nil {
			reply, err = h.folder.Join(request)
		}
		var text []byte
		if err == nil {
			text, err = json.Marshal(reply)
		}
		if err = errors.Join(err, m.Respond(text)); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	hub.flush()
	token := h.invite()
	seed, public, err := identity.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	request, err := token.Request(public, "kiosk-9", "1.4.0")
	if err != nil {
		t.Fatal(err)
	}
	m := natsgo.NewMsg("ml.join")
	if m.Data, err = json.Marshal(request); err != nil {
		t.Fatal(err)
	}
	reply, err := identity.ParseReply(h.connectJoiner(token).ask(m).Data)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := identity.Accept(token, request, seed, reply)
	if err != nil {
		t.Fatal(err)
	}
	h.creds["kiosk-9"] = accepted.Creds
	if c := h.connect("kiosk-9"); !c.mayHear("ml.live.grp.kiosk", "") || !c.maySend("$JS.EVENT.ML_UP.kiosk-9.state") || c.maySend("ml.join") {
		t.Error("the device does not have the rights of a device of the group kiosk")
	}
	// only an invitation works without the key
	if _, err := h.tryConnect("kiosk-9", natsgo.UserJWT(
		func() (string, error) { return reply.JWT, nil },
		func([]byte) ([]byte, error) { return nil, nil })); err == nil {
		t.Error("the JWT of a device works without its key")
	}
}

// Whoever can sign credentials cannot give them more than the role has.
func TestTheKeyOfARoleGivesNoMoreThanTheRole(t *testing.T) {
	t.Parallel()
	h := newRightsHub(t)
	key, err := jwt.ParseDecoratedUserNKey(h.creds["kiosk-1"])
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.ParseDecoratedJWT(h.creds["kiosk-1"])
	if err != nil {
		t.Fatal(err)
	}
	claims, err := jwt.DecodeUserClaims(token)
	if err != nil {
		t.Fatal(err)
	}
	claims.Pub.Allow.Add(">")
	forged, err := claims.Encode(h.deviceKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.tryConnect("kiosk-1", natsgo.UserJWT(
		func() (string, error) { return forged, nil },
		func(nonce []byte) ([]byte, error) { return key.Sign(nonce) })); err == nil {
		t.Error("a JWT with rights of its own is accepted")
	}
}
