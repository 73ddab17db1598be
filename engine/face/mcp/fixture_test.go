package mcp

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	"moonlark/engine/bus"
	"moonlark/engine/remote"
	"moonlark/engine/script"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fixture is a server for one script, which the test can change.
type fixture struct {
	t       *testing.T
	path    string
	scripts *script.Scripts
	remote  *remote.Remote
	server  *Server
}

// newFixture loads a script with this source and makes a server for its tools. Both end with the test.
func newFixture(t *testing.T, source string, opts Options) *fixture {
	t.Helper()
	f := &fixture{t: t, path: filepath.Join(t.TempDir(), "lights.lua"), scripts: script.New(script.Options{}), remote: new(remote.Remote)}
	t.Cleanup(f.scripts.Close)
	f.write(source)
	if _, err := f.scripts.Load(f.path); err != nil {
		t.Fatal(err)
	}
	f.remote.Connect(remote.Parts{Bus: new(bus.Bus), Scripts: f.scripts})
	f.server = New(f.remote, opts)
	f.server.Refresh()
	return f
}

// write replaces the source of the script, without a reload.
func (f *fixture) write(source string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(source), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// reload replaces the source of the script, reloads it and refreshes the server.
func (f *fixture) reload(source string) {
	f.t.Helper()
	f.write(source)
	if _, err := f.scripts.Reload(f.path); err != nil {
		f.t.Fatal(err)
	}
	f.server.Refresh()
}

// eras are versions of the protocol with and without a session.
var eras = []string{"2025-11-25", "2026-07-28"}

// connect connects a client of go-sdk to the server, with this version of the protocol.
func (f *fixture) connect(version string, opts *sdk.ClientOptions) *sdk.ClientSession {
	f.t.Helper()
	if opts == nil {
		opts = new(sdk.ClientOptions)
	}
	if opts.Capabilities == nil {
		opts.Capabilities = new(sdk.ClientCapabilities)
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), 30*time.Second)
	f.t.Cleanup(cancel)
	ours, theirs := sdk.NewInMemoryTransports()
	if _, err := f.server.sdk.Connect(ctx, ours, nil); err != nil {
		f.t.Fatal(err)
	}
	client := sdk.NewClient(&sdk.Implementation{Name: "tester", Version: "1"}, opts)
	session, err := client.Connect(ctx, theirs, &sdk.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { session.Close() })
	return session
}
