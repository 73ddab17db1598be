package nats_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/identity"
)

// A rightsHub is a real NATS server for the fleet shop, on a port of this machine. These have
// credentials: the devices kiosk-1 and kiosk-2 in the groups kiosk and hall, lonely in no group and
// lab-1 in the group lab; a worker, a host, an operator and a hub, whose names are those of their roles
// with -1 at the end.
type rightsHub struct {
	t      *testing.T
	dir    string // of folder
	folder *identity.Folder
	server *server.Server
	config bool // the server has a configuration file instead of operator mode
	creds  map[string][]byte
}

// rightsMembers returns the names of the members of the fleet with their roles.
func rightsMembers() map[string]identity.Role {
	return map[string]identity.Role{
		"kiosk-1": identity.Device, "kiosk-2": identity.Device, "lonely": identity.Device, "lab-1": identity.Device,
		"worker-1": identity.Worker, "host-1": identity.Host, "operator-1": identity.Operator, "hub-1": identity.Hub,
	}
}

// rightsGroups returns the groups of a member.
func rightsGroups(name string) []string {
	switch {
	case strings.HasPrefix(name, "kiosk"):
		return []string{"kiosk", "hall"}
	case strings.HasPrefix(name, "lab"):
		return []string{"lab"}
	}
	return nil
}

// prepareRightsHub returns a hub whose server has not been started.
func prepareRightsHub(t *testing.T) *rightsHub {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	folder, err := identity.Init(dir, "shop")
	if err != nil {
		t.Fatal(err)
	}
	public, _ := fleettest.Key("shop")
	set := bundle.KeySet{Format: bundle.KeysFormat, Fleet: "shop", Number: 1, Threshold: 1, Keys: []string{public.String()}}
	text, err := set.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.AddKeySet(text, nil); err != nil {
		t.Fatal(err)
	}
	creds := make(map[string][]byte)
	for name, role := range rightsMembers() {
		if creds[name], err = folder.Credentials(role, name, rightsGroups(name)); err != nil {
			t.Fatal(err)
		}
	}
	return &rightsHub{t: t, dir: dir, folder: folder, creds: creds}
}

// newRightsHub starts a server in operator mode.
func newRightsHub(t *testing.T) *rightsHub {
	t.Helper()
	h := prepareRightsHub(t)
	resolver := new(server.MemAccResolver)
	account, err := h.folder.Account()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []identity.Account{account, h.folder.SystemAccount()} {
		if err := resolver.Store(a.PublicKey, a.JWT); err != nil {
			t.Fatal(err)
		}
	}
	h.start(h.operatorMode(resolver))
	return h
}

// operatorMode returns the options of a server in operator mode.
func (h *rightsHub) operatorMode(resolver server.AccountResolver) *server.Options {
	h.t.Helper()
	operator, err := jwt.DecodeOperatorClaims(h.folder.OperatorJWT())
	if err != nil {
		h.t.Fatal(err)
	}
	return &server.Options{
		TrustedOperators: []*jwt.OperatorClaims{operator}, SystemAccount: h.folder.SystemAccount().PublicKey, AccountResolver: resolver,
	}
}

// newConfigRightsHub starts a server with the configuration file that the folder writes.
func newConfigRightsHub(t *testing.T) *rightsHub {
	t.Helper()
	h := prepareRightsHub(t)
	h.config = true
	path := filepath.Join(t.TempDir(), "nats.conf")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.folder.Config(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h.start(opts)
	return h
}

// start starts the server, which ends with the test.
func (h *rightsHub) start(opts *server.Options) {
	h.t.Helper()
	opts.Host, opts.Port, opts.NoSigs, opts.JetStream, opts.StoreDir = "127.0.0.1", -1, true, true, h.t.TempDir()
	s, err := server.NewServer(opts)
	if err != nil {
		h.t.Fatal(err)
	}
	h.server = s
	s.Start()
	h.t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(30 * time.Second) {
		h.t.Fatal("the server does not start")
	}
}

// connect connects with the credentials of a member.
func (h *rightsHub) connect(name string) *rightsConn {
	h.t.Helper()
	option := natsgo.UserCredentialBytes(h.creds[name])
	if h.config { // such a server knows keys, but no JWTs
		key, err := jwt.ParseDecoratedUserNKey(h.creds[name])
		if err != nil {
			h.t.Fatal(err)
		}
		public, err := key.PublicKey()
		if err != nil {
			h.t.Fatal(err)
		}
		option = natsgo.Nkey(public, key.Sign)
	}
	options := []natsgo.Option{option}
	if name == "hub-1" { // which runs in the process of the server
		options = append(options, natsgo.InProcessServer(h.server))
	}
	nc, err := h.tryConnect(name, options...)
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	return &rightsConn{nc, h.t}
}

func (h *rightsHub) tryConnect(name string, options ...natsgo.Option) (*natsgo.Conn, error) {
	options = append(options, natsgo.CustomInboxPrefix(identity.InboxPrefix(name)), natsgo.NoReconnect(), natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {}))
	nc, err := natsgo.Connect(h.server.ClientURL(), options...)
	if err == nil {
		h.t.Cleanup(nc.Close)
	}
	return nc, err
}

// connectJoiner connects with an invitation.
func (h *rightsHub) connectJoiner(token identity.Token) *rightsConn {
	h.t.Helper()
	nc, err := h.tryConnect("join", natsgo.UserJWT(
		func() (string, error) { return token.JWT, nil },
		func([]byte) ([]byte, error) { return nil, nil })) // there is no key
	if err != nil {
		h.t.Fatal(err)
	}
	return &rightsConn{nc, h.t}
}

// invite returns an invitation into the group kiosk.
func (h *rightsHub) invite() identity.Token {
	h.t.Helper()
	text, err := h.folder.Invite(identity.Invitation{Groups: []string{"kiosk"}, Hub: "nats://127.0.0.1:4222"})
	if err != nil {
		h.t.Fatal(err)
	}
	token, err := identity.ParseToken(text)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// A rightsConn is a connection whose rights are tried.
type rightsConn struct {
	*natsgo.Conn
	t *testing.T
}

// flush waits until the server has processed all that was sent, and has reported what it refuses.
func (c *rightsConn) flush() {
	c.t.Helper()
	if err := c.FlushTimeout(30 * time.Second); err != nil {
		c.t.Fatal(err)
	}
}

// maySend reports whether the server lets c publish on the subject.
func (c *rightsConn) maySend(subject string) bool {
	c.t.Helper()
	if err := c.Publish(subject, nil); err != nil {
		c.t.Fatal(err)
	}
	c.flush()
	err := c.LastError()
	return err == nil || !strings.Contains(err.Error(), `Publish to "`+subject+`"`)
}

// mayHear reports whether the server lets c subscribe to the subject, as a member of the queue unless
// that is empty.
func (c *rightsConn) mayHear(subject, queue string) bool {
	c.t.Helper()
	sub, err := c.QueueSubscribeSync(subject, queue)
	if err != nil {
		c.t.Fatal(err)
	}
	defer sub.Unsubscribe() // the test ends the connection in any case
	c.flush()
	err = c.LastError()
	want := `Subscription to "` + subject + `"`
	if queue != "" {
		want += ` using queue "` + queue + `"`
	}
	return err == nil || !strings.Contains(err.Error(), want)
}

// hear subscribes to a subject.
func (c *rightsConn) hear(subject string) *natsgo.Subscription {
	c.t.Helper()
	sub, err := c.SubscribeSync(subject)
	if err != nil {
		c.t.Fatal(err)
	}
	c.flush()
	return sub
}

// next returns the next message of a subscription.
func (c *rightsConn) next(sub *natsgo.Subscription) *natsgo.Msg {
	c.t.Helper()
	m, err := sub.NextMsg(30 * time.Second)
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// ask sends a request that the server must not refuse, and returns the reply.
func (c *rightsConn) ask(m *natsgo.Msg) *natsgo.Msg {
	c.t.Helper()
	reply, err := c.RequestMsg(m, 30*time.Second)
	if err != nil {
		c.t.Fatalf("%s: %v", m.Subject, err)
	}
	return reply
}

// get reads by direct get. ok is false if the stream has no such message.
func (c *rightsConn) get(stream, subject string) (value string, ok bool) {
	c.t.Helper()
	reply := c.ask(natsgo.NewMsg("$JS.API.DIRECT.GET." + stream + "." + subject))
	if reply.Header.Get("Status") != "" {
		return reply.Header.Get("Status"), false
	}
	return string(reply.Data), true
}

// makeStreams makes the streams of a fleet, with the credentials of its hub.
//
// The wishes arrive on $JS.EVENT.ML_WISH.* and are stored as $KV.ML_WISH.*. The server sends replies to
// whatever subject a client names, without looking at the rights of the client, but never to a subject
// that begins with $JS. So nobody can have a reply stored as a wish.
func (h *rightsHub) makeStreams() jetstream.JetStream {
	h.t.Helper()
	js, err := jetstream.New(h.connect("hub-1").Conn)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range []jetstream.StreamConfig{
		{Name: "KV_ML_WISH", Subjects: []string{"$JS.EVENT.ML_WISH.>"}, MaxMsgsPerSubject: 20, AllowDirect: true, DenyDelete: true,
			SubjectTransform: &jetstream.SubjectTransformConfig{Source: "$JS.EVENT.ML_WISH.>", Destination: "$KV.ML_WISH.>"},
			RePublish:        &jetstream.RePublish{Source: "$KV.ML_WISH.>", Destination: "ml.live.>", HeadersOnly: true}},
		{Name: "ML_BLOB", Subjects: []string{"ml.blob.*.*"}, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, DenyDelete: true, AllowDirect: true},
		{Name: "ML_STATE", Subjects: []string{"$JS.EVENT.ML_UP.*.state"}, MaxMsgsPerSubject: 1, DenyDelete: true, DenyPurge: true},
		{Name: "ML_LOG", Subjects: []string{"$JS.EVENT.ML_UP.*.log", "$JS.EVENT.ML_UP.*.call", "$JS.EVENT.ML_UP.*.event"}, MaxMsgsPerSubject: 2000, DenyDelete: true, DenyPurge: true},
		{Name: "ML_JOB", Subjects: []string{"$JS.EVENT.ML_JOB.*.*"}, Retention: jetstream.WorkQueuePolicy, AllowMsgTTL: true},
		{Name: "ML_DONE", Subjects: []string{"$JS.EVENT.ML_DONE.*.*"}, AllowDirect: true},
	} {
		if _, err := js.CreateStream(context.Background(), c); err != nil {
			h.t.Fatalf("%s: %v", c.Name, err)
		}
	}
	return js
}

// deviceKey returns the key that signs the credentials of devices.
func (h *rightsHub) deviceKey() nkeys.KeyPair {
	h.t.Helper()
	seed, err := os.ReadFile(filepath.Join(h.dir, "role-device.nk"))
	if err != nil {
		h.t.Fatal(err)
	}
	key, err := nkeys.FromSeed(seed)
	if err != nil {
		h.t.Fatal(err)
	}
	return key
}
