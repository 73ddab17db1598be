// Package fakemcp is an MCP server for tests: a program, and a handler for HTTP. It is a fake because
// real servers cannot be made to misbehave: it can print text between its messages, be silent, end in
// the middle of a call, and return far too much.
package fakemcp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Variable is the environment variable that makes a test binary which calls Main the fake server. Its
// value is a list of behaviours, separated by spaces:
//
//	plain            nothing special
//	noise            prints text on the standard output before everything else, and in each call
//	silent           reads, and never answers
//	careful          exits when the first request is not initialize, as servers in Rust do
//	modern           knows only the version of the protocol that has no initialize
//	late=SECONDS     waits before it answers
//	child=FILE       starts another program that ignores SIGTERM, and writes its process id to FILE
//	stubborn         ignores the end of its input, and SIGTERM
//	chatty           writes 1,000 lines to its standard error
//	fails            writes a reason to its standard error and exits
const Variable = "MOONLARK_TEST_FAKE_MCP"

// Main runs the fake server and exits, if Variable is set. Call it at the beginning of TestMain.
func Main() {
	behaviours, ok := os.LookupEnv(Variable)
	if !ok {
		return
	}
	words := strings.Fields(behaviours)
	has := func(word string) (value string, ok bool) {
		for _, w := range words {
			if name, value, _ := strings.Cut(w, "="); name == word {
				return value, true
			}
		}
		return "", false
	}
	if _, ok := has("sleep"); ok { // the program that the behaviour child starts
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(10 * time.Minute)
		os.Exit(0)
	}
	if _, ok := has("fails"); ok {
		fmt.Fprintln(os.Stderr, "loading")
		fmt.Fprintln(os.Stderr, "the folder /srv/notes does not exist")
		os.Exit(3)
	}
	if file, ok := has("child"); ok {
		startChild(file)
	}
	if _, ok := has("chatty"); ok {
		for i := range 1000 {
			fmt.Fprintln(os.Stderr, "line", i)
		}
	}
	if _, ok := has("stubborn"); ok {
		signal.Ignore(syscall.SIGTERM)
	}
	if _, ok := has("silent"); ok {
		bufio.NewReader(os.Stdin).WriteTo(discard{})
		os.Exit(0)
	}
	if text, ok := has("late"); ok {
		seconds, _ := strconv.ParseFloat(text, 64)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
	}
	_, noisy := has("noise")
	_, careful := has("careful")
	_, modern := has("modern")
	s := New(Options{Noisy: noisy, Careful: careful, Modern: modern})
	if noisy {
		fmt.Println("Starting the server...\n{\"level\":\"info\"}\n[1,2]\n\xff\xfe")
	}
	s.Run(context.Background(), &mcp.IOTransport{Reader: os.Stdin, Writer: swellingWriter{}})
	if _, ok := has("stubborn"); ok {
		time.Sleep(10 * time.Minute)
	}
	os.Exit(0)
}

// A swellingWriter writes to the standard output. It replaces the text "swell BYTES" in a message by
// as many bytes, because package mcp would need seconds to encode them.
type swellingWriter struct{}

var swelling = regexp.MustCompile(`swell (\d+)`)

func (swellingWriter) Write(p []byte) (int, error) {
	at := swelling.FindSubmatchIndex(p)
	if at == nil {
		return os.Stdout.Write(p)
	}
	n, _ := strconv.Atoi(string(p[at[2]:at[3]]))
	os.Stdout.Write(p[:at[0]])
	for block := strings.Repeat("x", 1<<20); n > 0; n -= len(block) {
		os.Stdout.WriteString(block[:min(n, len(block))])
	}
	_, err := os.Stdout.Write(p[at[1]:])
	return len(p), err
}

func (swellingWriter) Close() error { return nil }

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func startChild(file string) {
	os.Setenv(Variable, "sleep")
	p, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{Env: os.Environ(), Files: []*os.File{nil, os.Stdout, os.Stderr}})
	if err == nil {
		err = os.WriteFile(file, []byte(strconv.Itoa(p.Pid)), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Options say how a server behaves.
type Options struct {
	Noisy   bool // it prints text on the standard output in each call
	Careful bool // the program exits when the first request is not initialize
	Modern  bool // it does not know initialize
}

// New returns a server with these tools:
//
//	echo {text}            returns the text
//	add {a, b}             returns structured content
//	write_note {name, text?, mood?}  says what it would write
//	image {}               returns a picture, a sound and a text
//	fail {}                returns an error
//	slow {seconds}         waits
//	big {bytes}            returns a text of this length
//	exit {}                exits in the call
//	environment {}         returns the environment variables
//	process {}             returns the process id
//	change {}              changes the definition of echo, and adds the tool extra
func New(o Options) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "fake", Version: "1.0"}, &mcp.ServerOptions{
		Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{ListChanged: true}},
	})
	first := true
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if o.Careful && first && method != "initialize" {
				os.Exit(4)
			}
			first = false
			if o.Modern && method == "initialize" {
				return nil, &jsonrpc.Error{Code: mcp.CodeUnsupportedProtocolVersion, Message: "unsupported protocol version", Data: json.RawMessage(`{"supported":["2026-07-28"],"requested":"2025-11-25"}`)}
			}
			if o.Noisy && method == "tools/call" {
				fmt.Println("working...")
			}
			return next(ctx, method, req)
		}
	})
	addTools(s)
	return s
}

// Handler returns a handler for HTTP with the server, for both eras of the protocol.
func Handler(s *mcp.Server) http.Handler {
	get := func(*http.Request) *mcp.Server { return s }
	legacy := mcp.NewStreamableHTTPHandler(get, nil)
	modern := mcp.NewStreamableHTTPHandler(get, &mcp.StreamableHTTPOptions{Stateless: true})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Mcp-Protocol-Version") >= "2026-07-28" {
			modern.ServeHTTP(w, r)
			return
		}
		legacy.ServeHTTP(w, r)
	})
}
