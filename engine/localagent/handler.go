package localagent

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

const (
	conversationPath = "/v1/convai/conversation"
	signedURLPath    = "/v1/convai/conversation/get-signed-url"

	// mostFrame is the longest frame a client may send, in bytes: what
	// ElevenLabs says it sends itself at the most.
	mostFrame = 16 << 20
)

// Handler is the agent as part of some other server, at the paths the
// ElevenLabs API has:
//
//	/v1/convai/conversation                 the WebSocket, for any agent_id
//	/v1/convai/conversation/get-signed-url  {"signed_url": "ws://..."}
//
// A conversation lasts until its client leaves or the context of its request
// is over. [http.Server.Shutdown] does neither: cancel the context that the
// server's BaseContext returns, or use [Listen].
func Handler(opts Options) http.Handler {
	return newHandler(opts, context.Background(), context.Background())
}

// newHandler makes a handler whose conversations are asked to end when stop is
// over, and cut off when kill is.
func newHandler(opts Options, stop, kill context.Context) http.Handler {
	h := &handler{opts: opts.complete(), stop: stop, kill: kill}
	h.upgrader = websocket.Upgrader{
		Subprotocols:    []string{"convai"}, // what the JavaScript SDK offers; others offer none
		CheckOrigin:     h.welcome,
		Error:           refuse,
		WriteBufferPool: &h.buffers,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+conversationPath, h.converse)
	mux.HandleFunc("GET "+signedURLPath, signedURL)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusNotFound, nil)
	})
	return mux
}

// A handler serves any number of conversations, each on a goroutine of
// net/http.
type handler struct {
	opts       Options // fixed; complete
	stop, kill context.Context
	upgrader   websocket.Upgrader // fixed
	buffers    sync.Pool          // of the upgrader
}

// converse holds one conversation and returns when all of it is over.
func (h *handler) converse(w http.ResponseWriter, r *http.Request) {
	ws, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // refuse has answered
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(h.stop, cancel)()
	defer context.AfterFunc(h.kill, func() { ws.Close() })()
	newConversation(ws, h.opts).run(ctx)
}

// signedURL answers what a client of a private agent asks for first.
func signedURL(w http.ResponseWriter, r *http.Request) {
	u := url.URL{Scheme: "ws", Host: r.Host, Path: conversationPath}
	if r.TLS != nil {
		u.Scheme = "wss"
	}
	query := url.Values{"agent_id": {r.URL.Query().Get("agent_id")}, "conversation_signature": {"local"}}
	u.RawQuery = query.Encode()
	reply(w, http.StatusOK, map[string]string{"signed_url": u.String()})
}

// refuse answers a request that leads to no conversation, in the form the
// ElevenLabs API has for errors.
func refuse(w http.ResponseWriter, r *http.Request, status int, cause error) {
	code, message := "not_found", "This is Moonlark's own agent. It has "+conversationPath+" (a WebSocket) and "+signedURLPath+"; the rest of the ElevenLabs API, WebRTC too, is not here."
	switch {
	case status == http.StatusForbidden:
		code, message = "origin_not_allowed", "Pages of "+r.Header.Get("Origin")+" may not talk to this agent unless it is told to let them."
	case cause != nil:
		code, message = "bad_request", cause.Error()+" ("+conversationPath+" is a WebSocket)"
	}
	reply(w, status, map[string]any{"detail": map[string]string{"status": code, "message": message}})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // a client that has left does not hear it: fine
}

// welcome says whether the origin of a request may hold a conversation: a
// program (it sends none), a page of this machine, or one of Options.Origins.
// That the origin equals the request's Host proves nothing: a page can have
// its own name resolve to 127.0.0.1.
func (h *handler) welcome(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(h.opts.Origins, "*") {
		return true
	}
	if slices.ContainsFunc(h.opts.Origins, func(o string) bool {
		return strings.EqualFold(strings.TrimSuffix(o, "/"), origin)
	}) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && loopback(u.Hostname())
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// dialable is the address as a client on this machine reaches it.
func dialable(addr net.Addr) string {
	a, err := netip.ParseAddrPort(addr.String())
	if err != nil || !a.Addr().IsUnspecified() {
		return addr.String()
	}
	host := netip.IPv6Loopback()
	if a.Addr().Is4() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(host, a.Port()).String()
}
