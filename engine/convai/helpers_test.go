package convai

import (
	"bytes"
	"encoding/pem"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/testkit"
)

// TestMain makes the certificate of httptest's servers one of the system's certificates, before the
// first connection reads them.
func TestMain(m *testing.M) {
	server := httptest.NewTLSServer(nil)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	server.Close()
	file, err := os.CreateTemp("", "certificate")
	if err == nil {
		_, err = file.Write(certificate)
	}
	if err != nil {
		panic(err)
	}
	file.Close()
	os.Setenv("SSL_CERT_FILE", file.Name())
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.Remove(file.Name())
		os.Exit(code)
	}))
}

// serve starts a fake agent. For each client, it sends the metadata and then calls play. serve
// returns the agent's URL.
func serve(t testing.TB, play func(agent *testkit.Conversation)) (url string) {
	t.Helper()
	return testkit.ServeOpen(t, play).URL
}

// receive waits for the next message from the client and returns it. The message must have the type
// M.
func receive[M Message](agent *testkit.Conversation) M {
	text, err := agent.Next()
	if err != nil {
		agent.Fail("%v", err)
	}
	frame, err := ParseClient(text.Text)
	m, ok := frame.Message.(M)
	if !ok {
		agent.Fail("got %.500s (%v), want %T", text.Text, err, m)
	}
	return m
}

// dial opens a conversation with the server at url. It fails the test if Dial returns an error.
func dial(t testing.TB, url string) *Conversation {
	t.Helper()
	c, err := Dial(t.Context(), Options{URL: url, ConnectTimeout: testkit.Timeout})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ignore is a handler for Run that does nothing with the frames.
func ignore(Frame) {}

// A logBuffer keeps the lines that are logged.
type logBuffer struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *logBuffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Split(strings.TrimSpace(b.text.String()), "\n")
}

func (b *logBuffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }
