package nats

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"go.uber.org/goleak"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A testHub is a server of NATS in this process, with the account of the fleet shop.
type testHub struct {
	t      testing.TB
	folder string
	port   int // zero until the first start with a port
	listen bool
	tls    *tls.Config

	operator, account, system nkeys.KeyPair
	claims                    *jwt.AccountClaims
	roles                     map[string]nkeys.KeyPair

	mu     sync.Mutex
	server *server.Server // nil while the hub is away
}

// The rights of the roles.
var testRoles = map[string]jwt.UserPermissionLimits{
	"device": rights("$JS.EVENT.ML_UP.{{name()}}.* ml.tool.* $JS.EVENT.ML_JOB.{{name()}}.* "+
		directGet+"KV_ML_WISH.$KV.ML_WISH.all "+directGet+"KV_ML_WISH.$KV.ML_WISH.grp.{{tag(group)}} "+
		directGet+"KV_ML_WISH.$KV.ML_WISH.dev.{{name()}} "+directGet+"KV_ML_WISH.$KV.ML_WISH.keys.* "+
		directGet+"ML_BLOB.ml.blob.*.* "+directGet+"ML_DONE.ml.done.{{name()}}.*",
		"_INBOX_{{name()}}.> ml.cmd.{{name()}}.* ml.done.{{name()}}.* "+
			"ml.live.dev.{{name()}} ml.live.grp.{{tag(group)}} ml.live.all"),
	// A server that finds a template in a list of subjects drops all entries of the list that have a queue.
	"worker": rights("$JS.EVENT.ML_UP.{{name()}}.*", "ml.tool.*|workers"),
	"host": rights(leasePut+"host.{{name()}} "+leasePut+"conv.* "+recordPut+"* "+turnPut+"* $JS.API.STREAM.INFO.KV_ML_LEASE "+
		directGet+"KV_ML_LEASE "+directGet+"KV_ML_LEASE.> "+directGet+"KV_ML_CONV "+directGet+"KV_ML_CONV.> "+directGet+"ML_TURN",
		"ml.host.*|hosts ml.conv.*.say ml.lease.conv.* _INBOX_host-1.> _INBOX_host-2.>"),
	"caller": rights("ml.host.start ml.conv.*.say "+directGet+"KV_ML_LEASE", "_INBOX_{{name()}}.>"),
	"admin":  rights(">", ">"),
	"joiner": rights("ml.join", "_INBOX_join.>"),
}

// rights returns rights to publish and subscribe to subjects, which are separated by spaces. In them, | is
// before the name of a queue group.
func rights(publish, subscribe string) jwt.UserPermissionLimits {
	p := jwt.UserPermissionLimits{}
	p.Subs, p.Data, p.Payload = jwt.NoLimit, jwt.NoLimit, jwt.NoLimit
	p.Pub.Allow = strings.Fields(publish)
	p.Sub.Allow = strings.Fields(strings.ReplaceAll(subscribe, "|", "\x00"))
	for i, s := range p.Sub.Allow {
		p.Sub.Allow[i] = strings.ReplaceAll(s, "\x00", " ")
	}
	p.Resp = &jwt.ResponsePermission{MaxMsgs: 100, Expires: 2 * time.Minute}
	return p
}

// newHub returns a hub that is not started. It is ended with the test.
func newHub(t testing.TB) *testHub {
	h := &testHub{t: t, folder: t.TempDir(), roles: map[string]nkeys.KeyPair{}}
	h.operator, _ = nkeys.CreateOperator()
	h.account, _ = nkeys.CreateAccount()
	h.system, _ = nkeys.CreateAccount()
	h.claims = jwt.NewAccountClaims(h.public(h.account))
	h.claims.Limits.JetStreamLimits = jwt.JetStreamLimits{
		DiskStorage: -1, MemoryStorage: -1, Streams: -1, Consumer: -1, MaxAckPending: -1, MaxBytesRequired: false,
	}
	for role, template := range testRoles {
		key, _ := nkeys.CreateAccount()
		h.roles[role] = key
		scope := jwt.NewUserScope()
		scope.Key, scope.Role, scope.Template = h.public(key), role, template
		scope.Template.BearerToken = role == "joiner"
		h.claims.SigningKeys.AddScopedSigner(scope)
	}
	t.Cleanup(h.stop)
	return h
}

func (h *testHub) public(k nkeys.KeyPair) string {
	h.t.Helper()
	public, err := k.PublicKey()
	if err != nil {
		h.t.Fatal(err)
	}
	return public
}

// start starts the hub, with the streams that it had before.
func (h *testHub) start() *testHub {
	h.t.Helper()
	resolver := &server.MemAccResolver{}
	for _, claims := range []*jwt.AccountClaims{h.claims, jwt.NewAccountClaims(h.public(h.system))} {
		token, err := claims.Encode(h.operator)
		if err == nil {
			err = resolver.Store(claims.Subject, token)
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	o := &server.Options{
		JetStream: true, StoreDir: h.folder, DontListen: !h.listen, Host: "127.0.0.1", NoSigs: true, NoLog: true,
		TrustedKeys: []string{h.public(h.operator)}, AccountResolver: resolver, AuthTimeout: 10,
		SystemAccount:      h.public(h.system),
		JetStreamMaxMemory: 1 << 30, JetStreamMaxStore: 16 << 30,
	}
	if o.Port = h.port; h.port == 0 {
		o.Port = server.RANDOM_PORT
	}
	if h.tls != nil {
		o.TLSConfig, o.TLSTimeout = h.tls, 10
	}
	s, err := server.NewServer(o)
	if err != nil {
		h.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		h.t.Fatal("the hub does not start")
	}
	if h.listen {
		h.port = s.Addr().(*net.TCPAddr).Port
	}
	h.mu.Lock()
	h.server = s
	h.mu.Unlock()
	return h
}

// update makes the running hub use the present claims of the account.
func (h *testHub) update() {
	h.t.Helper()
	token, err := h.claims.Encode(h.operator)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = h.server.AccountResolver().Store(h.claims.Subject, token)
	account, err := h.server.LookupAccount(h.claims.Subject)
	if err != nil {
		h.t.Fatal(err)
	}
	h.server.UpdateAccountClaims(account, h.claims)
}

// stop ends the hub, if it runs.
func (h *testHub) stop() {
	h.mu.Lock()
	s := h.server
	h.server = nil
	h.mu.Unlock()
	if s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// connect returns a connection with the hub in this process.
func (h *testHub) connect() (net.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		return nil, net.ErrClosed
	}
	return h.server.InProcessConn()
}

// claimsOf returns the claims of a user with this name and the key of the user.
func (h *testHub) claimsOf(name string, tags ...string) (*jwt.UserClaims, nkeys.KeyPair) {
	key, _ := nkeys.CreateUser()
	u := jwt.NewUserClaims(h.public(key))
	u.Name, u.IssuerAccount = name, h.public(h.account)
	u.UserPermissionLimits = jwt.UserPermissionLimits{}
	u.Tags.Add(append([]string{"fleet:shop"}, tags...)...)
	return u, key
}

// creds returns the credentials of a user with this role, name and tags.
func (h *testHub) creds(role, name string, tags ...string) []byte {
	h.t.Helper()
	u, key := h.claimsOf(name, tags...)
	token, err := u.Encode(h.roles[role])
	if err != nil {
		h.t.Fatal(err)
	}
	seed, _ := key.Seed()
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

// options returns options with the credentials, over the port of the hub if it has one.
func (h *testHub) options(creds []byte) Options {
	o := Options{Creds: creds, InProcess: h.connect, Log: (&testLog{t: h.t}).logger(), maxPause: 50 * time.Millisecond}
	if h.listen {
		o.InProcess, o.URL = nil, h.url()
	}
	return o
}

func (h *testHub) url() string {
	scheme := "nats"
	if h.tls != nil {
		scheme = "tls"
	}
	return scheme + "://127.0.0.1:" + strconv.Itoa(h.port)
}

// center returns the connection of an administrator, and makes the layout.
func (h *testHub) center() *Center {
	h.t.Helper()
	c, err := DialCenter(h.t.Context(), h.options(h.creds("admin", "office")))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	if err := c.Layout(h.t.Context(), 0); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// device returns the connection of a device.
func (h *testHub) device(name string, tags ...string) *Device {
	h.t.Helper()
	d, err := DialDevice(h.options(h.creds("device", name, tags...)))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(d.Close)
	return d
}

// online waits until the device has a connection.
func online(t testing.TB, d *Device) {
	t.Helper()
	eventually(t, "the device is connected", func() bool { return d.Link().Connected })
}

// settled waits until the hub has the subscriptions of the device: it answers in order.
func settled(t testing.TB, d *Device) {
	t.Helper()
	eventually(t, "the hub answers", func() bool {
		_, _, err := d.Read(soon(t), message.All)
		return err == nil || errors.Is(err, follow.ErrNone)
	})
}

// eventually waits until the condition is true.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !condition(); {
		if time.Now().After(end) {
			t.Fatal("this does not happen: ", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// A testLog writes the log of a test, while the test runs.
type testLog struct {
	t  testing.TB
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *testLog) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return l.b.Write(p)
}

func (l *testLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// soon returns a context for something that should not take long.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
