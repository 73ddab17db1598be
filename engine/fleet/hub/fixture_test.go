//go:build !nohub

package hub

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
	"go.uber.org/goleak"
)

// timeout is how long tests wait for something that happens at once on an idle machine.
const timeout = 30 * time.Second

func TestMain(m *testing.M) {
	if folder := os.Getenv(killVariable); folder != "" {
		runHub(folder)
		return
	}
	goleak.VerifyTestMain(m)
}

// An identity is a key and the JWT for it.
type identity struct {
	Seed, Public, JWT string
}

func (i identity) key() nkeys.KeyPair {
	key, err := nkeys.FromSeed([]byte(i.Seed))
	if err != nil {
		panic(err)
	}
	return key
}

// newIdentity makes a key, without a JWT.
func newIdentity(create func() (nkeys.KeyPair, error)) identity {
	key, err := create()
	if err != nil {
		panic(err)
	}
	seed, _ := key.Seed() // a new key has one
	public, _ := key.PublicKey()
	return identity{Seed: string(seed), Public: public}
}

// A fleet has all keys of a fleet.
type fleet struct {
	Operator, System, Account, User identity
}

// newFleet makes a fleet. Its user may do all that the account may do.
func newFleet() *fleet {
	f := &fleet{
		Operator: newIdentity(nkeys.CreateOperator),
		System:   newIdentity(nkeys.CreateAccount), Account: newIdentity(nkeys.CreateAccount),
	}
	operator := jwt.NewOperatorClaims(f.Operator.Public)
	operator.SystemAccount = f.System.Public
	f.Operator.JWT = encode(operator, f.Operator)
	f.System.JWT = encode(jwt.NewAccountClaims(f.System.Public), f.Operator)
	f.Account.JWT = f.accountJWT(nil)
	f.User = f.newUser()
	return f
}

// encode returns the JWT of the claims, signed by signer.
func encode(claims jwt.Claims, signer identity) string {
	token, err := claims.Encode(signer.key())
	if err != nil {
		panic(err)
	}
	return token
}

// accountJWT returns the JWT of the account of the fleet, which change can change.
func (f *fleet) accountJWT(change func(*jwt.AccountClaims)) string {
	claims := jwt.NewAccountClaims(f.Account.Public)
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	if change != nil {
		change(claims)
	}
	return encode(claims, f.Operator)
}

func (f *fleet) newUser() identity {
	user := newIdentity(nkeys.CreateUser)
	user.JWT = encode(jwt.NewUserClaims(user.Public), f.Account)
	return user
}

// options returns options for a hub without a port.
func (f *fleet) options(store string) Options {
	return Options{
		DontListen: true, Store: store, OperatorJWT: f.Operator.JWT,
		System: Account{f.System.Public, f.System.JWT}, Fleet: Account{f.Account.Public, f.Account.JWT},
	}
}

// start starts a hub, which ends with the test.
func start(t testing.TB, o Options) *Hub {
	t.Helper()
	h, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// connect returns a client that is connected inside the process.
func connect(t testing.TB, h *Hub, user identity) *client {
	t.Helper()
	conn, err := h.Connect()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(conn, user)
	if err != nil {
		conn.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { c.conn.Close() })
	return c
}

// A client is a minimal NATS client.
type client struct {
	conn  net.Conn
	in    *bufio.Reader
	inbox string // where answers arrive
}

// newClient says who the user is, and waits until the hub has accepted the user.
func newClient(conn net.Conn, user identity) (*client, error) { return newTLSClient(conn, user, nil) }

// newTLSClient is newClient with TLS, if config is not nil.
func newTLSClient(conn net.Conn, user identity, config *tls.Config) (*client, error) {
	c := &client{conn: conn, in: bufio.NewReader(conn), inbox: "_INBOX." + rand.Text()}
	conn.SetDeadline(time.Now().Add(timeout))
	line, err := c.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	var info struct {
		Nonce    string
		Required bool     `json:"tls_required"`
		URLs     []string `json:"connect_urls"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info); err != nil {
		return nil, fmt.Errorf("%q: %w", line, err)
	}
	if len(info.URLs) > 0 {
		return nil, fmt.Errorf("the hub tells its clients of %q", info.URLs)
	}
	if config != nil {
		if !info.Required {
			return nil, errors.New("the hub does not require TLS")
		}
		c.conn = tls.Client(conn, config) // whatever the hub has sent comes after the handshake
		c.in.Reset(c.conn)
	}
	return c, c.login(user, info.Nonce)
}

func (c *client) login(user identity, nonce string) error {
	signature, err := user.key().Sign([]byte(nonce))
	if err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{
		"jwt": user.JWT, "sig": base64.RawURLEncoding.EncodeToString(signature), "lang": "test", "version": "0", "protocol": 1,
		"headers": true, "no_responders": true,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.conn, "CONNECT %s\r\nSUB %s 1\r\nPING\r\n", text, c.inbox)
	_, err = c.next("PONG")
	return err
}

// next returns the fields of the next line that begins with this word. It answers pings.
func (c *client) next(word string) (fields []string, err error) {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		switch fields = strings.Fields(line); {
		case len(fields) == 0:
		case fields[0] == word || word == "MSG" && fields[0] == "HMSG":
			return fields, nil
		case fields[0] == "-ERR":
			return nil, fmt.Errorf("the hub says: %s", strings.TrimSpace(line))
		case fields[0] == "PING":
			fmt.Fprint(c.conn, "PONG\r\n")
		}
	}
}

// request sends a message and returns the answer, with its headers.
func (c *client) request(subject, body string) (string, error) {
	c.conn.SetDeadline(time.Now().Add(timeout))
	fmt.Fprintf(c.conn, "PUB %s %s %d\r\n%s\r\n", subject, c.inbox, len(body), body)
	fields, err := c.next("MSG")
	if err != nil {
		return "", err
	}
	var size int
	fmt.Sscan(fields[len(fields)-1], &size)
	answer := make([]byte, size+2)
	_, err = io.ReadFull(c.in, answer)
	return strings.TrimSuffix(string(answer), "\r\n"), err
}

// mustRequest is request, and fails the test if the answer does not contain want.
func (c *client) mustRequest(t testing.TB, subject, body, want string) {
	t.Helper()
	answer, err := c.request(subject, body)
	if err != nil || !strings.Contains(answer, want) {
		t.Fatalf("%s: %q, %v; want %s", subject, answer, err, want)
	}
}

// makeStream makes a stream on the disk for the subjects up.>, with settings such as `"max_bytes":1000`.
func (c *client) makeStream(t testing.TB, settings ...string) {
	t.Helper()
	all := append([]string{`"name":"UP","subjects":["up.>"],"storage":"file","num_replicas":1,"allow_direct":true`}, settings...)
	c.mustRequest(t, "$JS.API.STREAM.CREATE.UP", "{"+strings.Join(all, ",")+"}", `"did_create":true`)
}

// A journal is a log.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) write(level slog.Level, line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, level.String()+" "+line)
}

// count returns how many lines contain the text.
func (j *journal) count(text string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, line := range j.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// eventually fails the test if the condition does not come true.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(timeout); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// blocked returns a path below a file, where no folder can be made.
func blocked(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(file, "store")
}
