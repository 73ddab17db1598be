//go:build !nohub

package serve_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/serve"
)

// startStock starts a server of NATS in operator mode for the fleet, which ends with the test.
func (f *testFleet) startStock(resolver server.AccountResolver) {
	f.t.Helper()
	operator, err := jwt.DecodeOperatorClaims(f.folder.OperatorJWT())
	if err != nil {
		f.t.Fatal(err)
	}
	system := f.folder.SystemAccount()
	if err := resolver.Store(system.PublicKey, system.JWT); err != nil {
		f.t.Fatal(err)
	}
	s, err := server.NewServer(&server.Options{
		TrustedOperators: []*jwt.OperatorClaims{operator}, SystemAccount: system.PublicKey, AccountResolver: resolver,
		Host: "127.0.0.1", Port: -1, NoSigs: true, JetStream: true, StoreDir: f.t.TempDir(),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	s.Start()
	f.t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(30 * time.Second) {
		f.t.Fatal("the server does not start")
	}
	f.setAddress(s.ClientURL())
}

// serveStock runs the centre with the server that startStock has started, until the test ends.
func (f *testFleet) serveStock() {
	f.t.Helper()
	o, err := options(f.dir, f.folder)
	if err != nil {
		f.t.Fatal(err)
	}
	o.Connect = &nats.Options{InProcess: f.dial}
	o.Log = slog.New(slog.NewTextHandler(f, nil))
	ready, done := make(chan struct{}), make(chan error, 1)
	o.Ready = func(string, center.Hub) error {
		close(ready)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- serve.Run(ctx, o) }()
	f.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			f.t.Error("the centre: ", err)
		}
	})
	select {
	case <-ready:
	case <-time.After(time.Minute):
		f.t.Fatal("the centre does not start")
	}
}

// A server in operator mode that keeps JWTs gets the account at the start, and each revocation.
func TestARevocationReachesAnotherNATSServer(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	resolver, err := server.NewDirAccResolver(t.TempDir(), 0, time.Hour, server.NoDelete)
	if err != nil {
		t.Fatal(err)
	}
	f.startStock(resolver)
	f.serveStock()
	anna, err := nats.DialCenter(t.Context(), f.connection(f.credentials(identity.Operator, "anna")))
	if err != nil {
		t.Fatal(err)
	}
	defer anna.Close()
	if err := f.folder.Revoke("anna"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "anna is disconnected", func() bool {
		return strings.Contains(anna.Link().Reason, "the hub refuses the credentials")
	})
}

// If the server takes no account, the log says what to do, at the start and after each revocation.
func TestARevocationThatAnotherNATSServerDoesNotTakeIsLogged(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.credentials(identity.Operator, "anna")
	account, err := f.folder.Account()
	if err != nil {
		t.Fatal(err)
	}
	resolver := new(server.MemAccResolver)
	if err := resolver.Store(account.PublicKey, account.JWT); err != nil {
		t.Fatal(err)
	}
	f.startStock(resolver)
	f.serveStock()
	const advice = "write its configuration again with moonlark fleet config"
	if !f.logs("After each change of members, " + advice) {
		t.Error("the centre has not warned at its start")
	}
	if err := f.folder.Revoke("anna"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the centre says that the revocation has no effect", func() bool {
		return f.logs("a revocation has no effect yet: " + advice)
	})
}
