//go:build !nohub

package hub

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

func TestAHubServesTheAccountOfTheFleet(t *testing.T) {
	f, o := newFleet(), Options{}
	o = f.options(t.TempDir())
	h := start(t, o)
	if url := h.URL(); url != "" {
		t.Errorf("without a port, the URL is %q", url)
	}
	c := connect(t, h, f.User)
	c.makeStream(t)
	c.mustRequest(t, "up.kiosk", "hello", `"seq":1`)
	c.mustRequest(t, "$JS.API.DIRECT.GET.UP.up.kiosk", "", "\r\n\r\nhello")
	c.mustRequest(t, "cmd.kiosk", "", "503") // nobody there

	h.Close()
	h.Wait()
	h.Close()
	if _, err := h.Connect(); err == nil {
		t.Error("a closed hub accepts a connection")
	}
	if err := h.SetAccount(f.Account.JWT); err == nil {
		t.Error("a closed hub takes an account")
	}
}

func TestAHubRefusesStrangers(t *testing.T) {
	f, log := newFleet(), new(journal)
	o := f.options(t.TempDir())
	o.Log = log.write
	h := start(t, o)
	stranger := newFleet().User
	forged := f.newUser()
	forged.Seed = stranger.Seed // without the key of the JWT
	for name, user := range map[string]identity{"another fleet": stranger, "another key": forged, "no JWT": {Seed: stranger.Seed, Public: stranger.Public}} {
		conn, err := h.Connect()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newClient(conn, user); err == nil || !strings.Contains(err.Error(), "Authorization Violation") {
			t.Errorf("%s: %v", name, err)
		}
		conn.Close()
	}
	if log.count("ERROR") == 0 || log.count("authentication error") == 0 {
		t.Errorf("the log has only %q", log.lines)
	}
}

func TestARepeatedLineDoesNotFillTheLog(t *testing.T) {
	f, log := newFleet(), new(journal)
	o := f.options(t.TempDir())
	o.Log = log.write
	h := start(t, o)
	stranger := newFleet().User
	for range 30 {
		conn, err := h.Connect()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newClient(conn, stranger); err == nil {
			t.Fatal("a stranger is connected")
		}
		conn.Close()
	}
	if n := log.count("authentication error"); n != 2 || log.count("(10 times so far)") == 0 {
		t.Errorf("%d lines: %q", n, log.lines)
	}
}

func TestARevocationCutsALiveConnection(t *testing.T) {
	f := newFleet()
	h := start(t, f.options(t.TempDir()))
	other := f.newUser()
	c, kept := connect(t, h, f.User), connect(t, h, other)
	begin := time.Now()
	if err := h.SetAccount(f.accountJWT(func(a *jwt.AccountClaims) { a.Revoke(f.User.Public) })); err != nil {
		t.Fatal(err)
	}
	c.conn.SetDeadline(time.Now().Add(timeout))
	for err := error(nil); err == nil; _, err = c.next("MSG") { // until the end of the connection
	}
	t.Logf("the connection has ended after %v", time.Since(begin))
	conn, err := h.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := newClient(conn, f.User); err == nil || !strings.Contains(err.Error(), "Authorization Violation") {
		t.Errorf("a revoked user connects again: %v", err)
	}
	kept.mustRequest(t, "cmd.kiosk", "", "503")

	if err := h.SetAccount(f.accountJWT(nil)); err != nil {
		t.Fatal(err)
	}
	connect(t, h, f.User)
}

func TestAHubTakesOnlyItsOwnAccounts(t *testing.T) {
	f, other := newFleet(), newFleet()
	h := start(t, f.options(t.TempDir()))
	expired := f.accountJWT(func(a *jwt.AccountClaims) { a.Expires = time.Now().Add(-time.Hour).Unix() })
	for token, want := range map[string]string{
		"nonsense":         "JWT of an account",
		other.Account.JWT:  "account " + other.Account.Public + ": this hub does not have it",
		f.User.JWT:         "JWT of an account",
		expired:            "expired",
		f.accountJWT(noJS): "does not allow JetStream",
		encode(jwt.NewAccountClaims(f.Account.Public), other.Operator): "signed by " + other.Operator.Public,
	} {
		if err := h.SetAccount(token); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := h.SetAccount(f.System.JWT); err != nil {
		t.Errorf("the system account: %v", err)
	}
	connect(t, h, f.User)
}

func noJS(a *jwt.AccountClaims) { a.Limits.JetStreamLimits = jwt.JetStreamLimits{} }

func TestAnErrorAtTheStartNamesThePlace(t *testing.T) {
	f, other := newFleet(), newFleet()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().String()
	used := t.TempDir()
	h := start(t, f.options(used))
	connect(t, h, f.User).makeStream(t)
	foreign := t.TempDir()
	old := start(t, other.options(foreign))
	connect(t, old, other.User).makeStream(t)
	old.Close()
	file := blocked(t)

	for name, row := range map[string]struct {
		change func(*Options)
		want   []string
	}{
		"port in use":          {func(o *Options) { o.DontListen, o.Listen = false, port }, []string{port, "in use"}},
		"monitor in use":       {func(o *Options) { o.Monitor = port }, []string{port, "in use"}},
		"no address":           {func(o *Options) { o.Listen = "4222" }, []string{`"4222" is not an address`}},
		"no port":              {func(o *Options) { o.Listen = "127.0.0.1:nats" }, []string{"127.0.0.1:nats", "port is not a number"}},
		"public without TLS":   {func(o *Options) { o.Listen = "0.0.0.0:4222" }, []string{"0.0.0.0:4222", "needs TLS"}},
		"public by name":       {func(o *Options) { o.Listen = "hub.example:4222" }, []string{"hub.example:4222", "needs TLS"}},
		"public monitor":       {func(o *Options) { o.Monitor = "0.0.0.0:8222" }, []string{"monitor 0.0.0.0:8222", "not a loopback address"}},
		"no store":             {func(o *Options) { o.Store = "" }, []string{"needs a folder"}},
		"store below a file":   {func(o *Options) { o.Store = file }, []string{filepath.Dir(file), "not a directory"}},
		"store in use":         {func(o *Options) { o.Store = used }, []string{used, "another hub uses this folder"}},
		"store of other fleet": {func(o *Options) { o.Store = foreign }, []string{foreign, "another fleet", other.Account.Public}},
		"no operator":          {func(o *Options) { o.OperatorJWT = "" }, []string{"JWT of the operator"}},
		"other operator":       {func(o *Options) { o.OperatorJWT = other.Operator.JWT }, []string{"JWT of the operator", other.System.Public}},
		"other account":        {func(o *Options) { o.Fleet.JWT = other.Account.JWT }, []string{"account " + other.Account.Public}},
		"accounts swapped":     {func(o *Options) { o.Fleet.JWT = o.System.JWT }, []string{"account " + f.Account.Public, "that of account " + f.System.Public}},
		"one account":          {func(o *Options) { o.Fleet = o.System }, []string{"system account"}},
		"no JetStream":         {func(o *Options) { o.Fleet.JWT = f.accountJWT(noJS) }, []string{"account " + f.Account.Public, "JetStream"}},
	} {
		o := f.options(t.TempDir())
		row.change(&o)
		h, err := Start(o)
		if err == nil {
			h.Close()
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q", name, err, want)
			}
		}
	}
}

func TestAHubListensOnAPortOfThisMachine(t *testing.T) {
	f := newFleet()
	o := f.options(t.TempDir())
	o.DontListen, o.Listen, o.Monitor, o.MaxConnections = false, ":0", "127.0.0.1:0", 1
	h := start(t, o)
	address, ok := strings.CutPrefix(h.URL(), "nats://127.0.0.1:")
	if !ok || address == "0" {
		t.Fatalf("the URL is %q", h.URL())
	}
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", "127.0.0.1:"+address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	conn := dial()
	if _, err := newClient(conn, f.User); err != nil {
		t.Fatal(err)
	}
	if _, err := newClient(dial(), f.User); err == nil || !strings.Contains(err.Error(), "maximum connections exceeded") {
		t.Errorf("the connection after the last one: %v", err)
	}
	response, err := http.Get("http://" + h.server.MonitorAddr().String() + "/varz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(body), `"sync_always": true`) {
		t.Errorf("the monitor says %s, %v", body, err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestAHubWithACertificateRequiresTLS(t *testing.T) {
	f := newFleet()
	c := mustCertify(t, t.TempDir(), "localhost", "127.0.0.1")
	o := f.options(t.TempDir())
	o.DontListen, o.Listen, o.TLS = false, "0.0.0.0:0", c.Server
	h := start(t, o)
	port, ok := strings.CutPrefix(h.URL(), "tls://0.0.0.0:")
	if !ok {
		t.Fatalf("the URL is %q", h.URL())
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.CA)
	for name, row := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"trusted":           {&tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}, ""},
		"another authority": {&tls.Config{ServerName: "127.0.0.1"}, "unknown authority"},
		"another name":      {&tls.Config{RootCAs: pool, ServerName: "hub.local"}, "not hub.local"},
		"without TLS":       {nil, ""},
	} {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		switch client, err := newTLSClient(conn, f.User, row.config); {
		case name == "trusted" && err == nil:
			client.mustRequest(t, "cmd.kiosk", "", "503")
		case name == "trusted" || err == nil || !strings.Contains(err.Error(), row.want):
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
	connect(t, h, f.User) // inside the process, without TLS
}

// A client that does not say who it is, or sends too much, is cut off.
func TestABadClientIsCutOff(t *testing.T) {
	f := newFleet()
	o := f.options(t.TempDir())
	o.AuthTimeout, o.MaxPayload = 100*time.Millisecond, 1000
	h := start(t, o)
	silent, err := h.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	silent.SetDeadline(time.Now().Add(timeout))
	text, err := io.ReadAll(bufio.NewReader(silent))
	if err != nil || !strings.Contains(string(text), "Authentication Timeout") {
		t.Errorf("a silent client: %q, %v", text, err)
	}
	c := connect(t, h, f.User)
	fmt.Fprint(c.conn, "PUB up.kiosk 1001\r\n")
	if _, err := c.next("MSG"); err == nil || !strings.Contains(err.Error(), "Maximum Payload") {
		t.Errorf("a long message: %v", err)
	}
}

// A failed login with a user name that reads like a fault of the disk does not restart the hub.
func TestAClientCannotRestartTheHubWithALineOfTheLog(t *testing.T) {
	f, log := newFleet(), new(journal)
	o := f.options(t.TempDir())
	o.Log = log.write
	h := start(t, o)
	for _, name := range []string{writeForbidden, writeFault} {
		conn, err := h.Connect()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(timeout))
		in := bufio.NewReader(conn)
		if _, err := in.ReadString('\n'); err != nil { // before that, the hub reads nothing
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "CONNECT {\"user\":%q,\"pass\":\"x\"}\r\n", name)
		if _, err := io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the failed login is in the log", func() bool { return log.count(name) > 0 })
	}
	h.Close() // waits for a restart in progress
	if log.count("cannot write") > 0 {
		t.Error("the hub believes that it cannot write to its store")
	}
}

// The streams survive a restart. Without the disk, the hub starts without streams.
func TestARestartKeepsTheStreams(t *testing.T) {
	f, store := newFleet(), t.TempDir()
	h := start(t, f.options(store))
	c := connect(t, h, f.User)
	c.makeStream(t)
	for n := range 100 {
		c.mustRequest(t, "up.kiosk", fmt.Sprint("record ", n), `"seq"`)
	}
	h.Close()

	h = start(t, f.options(store))
	c = connect(t, h, f.User)
	c.mustRequest(t, "$JS.API.DIRECT.GET.UP.up.kiosk", "", "record 99")
	c.mustRequest(t, "up.kiosk", "again", `"seq":101`)
	h.Close()

	if err := os.RemoveAll(store); err != nil {
		t.Fatal(err)
	}
	h = start(t, f.options(store))
	c = connect(t, h, f.User)
	c.mustRequest(t, "$JS.API.STREAM.INFO.UP", "", "stream not found")
	c.makeStream(t)
	c.mustRequest(t, "up.kiosk", "new", `"seq":1`)
}

// When the streams are as large as they may be, records are refused, and the hub goes on.
func TestAFullHubRefusesRecords(t *testing.T) {
	f := newFleet()
	o := f.options(t.TempDir())
	o.MaxDisk = 1 << 20
	h := start(t, o)
	c := connect(t, h, f.User)
	c.makeStream(t)
	body, answer, stored := strings.Repeat("x", 100<<10), "", 0
	for ; stored < 100; stored++ {
		var err error
		if answer, err = c.request("up.kiosk", body); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(answer, `"error"`) {
			break
		}
	}
	if stored < 5 || !strings.Contains(answer, "insufficient resources") {
		t.Fatalf("after %d records: %s", stored, answer)
	}
	c.mustRequest(t, "$JS.API.DIRECT.GET.UP.up.kiosk", "", "xxx")
	c.mustRequest(t, "cmd.kiosk", "", "503")
	c.mustRequest(t, "$JS.API.STREAM.PURGE.UP", "", `"success":true`)
	c.mustRequest(t, "up.kiosk", body, `"seq"`)
}

func TestTheSystemAccountMustNotHaveStreams(t *testing.T) {
	f := newFleet()
	o := f.options(t.TempDir())
	claims := jwt.NewAccountClaims(f.System.Public)
	claims.Limits.JetStreamLimits.DiskStorage = -1
	o.System.JWT = encode(claims, f.Operator)
	if _, err := Start(o); err == nil || !strings.Contains(err.Error(), "system account") {
		t.Error(err)
	}
}

// A signing key of the operator can sign the accounts too.
func TestASigningKeyOfTheOperatorSignsAccounts(t *testing.T) {
	f := newFleet()
	signer := newIdentity(nkeys.CreateOperator)
	operator := jwt.NewOperatorClaims(f.Operator.Public)
	operator.SigningKeys.Add(signer.Public)
	f.Operator.JWT = encode(operator, f.Operator)
	f.Operator.Seed = signer.Seed
	f.Account.JWT = f.accountJWT(nil)
	connect(t, start(t, f.options(t.TempDir())), f.User)
}

// A host has a subscription for each of its conversations, and makes all of them again when it reconnects.
func TestAConnectionHasThousandsOfSubscriptions(t *testing.T) {
	t.Parallel()
	f := newFleet()
	h := start(t, f.options(t.TempDir()))
	for range 2 {
		c := connect(t, h, f.User)
		for i := range 5000 {
			fmt.Fprintf(c.conn, "SUB ml.conv.%d.say %d\r\n", i, i+2)
		}
		fmt.Fprintf(c.conn, "SUB replies %d\r\nPING\r\n", 5002)
		if _, err := c.next("PONG"); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c.conn, "PUB replies 0\r\n\r\n")
		if fields, err := c.next("MSG"); err != nil || fields[1] != "replies" {
			t.Fatalf("got %q, %v", fields, err)
		}
		c.conn.Close()
	}
}
