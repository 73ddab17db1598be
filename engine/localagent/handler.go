package localagent

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"moonlark/engine/loopback"

	"github.com/gorilla/websocket"
)

const (
	conversationPath = "/v1/convai/conversation"
	signedURLPath    = "/v1/convai/conversation/get-signed-url"
)

// newHandler returns a handler that serves these paths of the ElevenLabs API:
//
//	/v1/convai/conversation                 the WebSocket, for any agent_id
//	/v1/convai/conversation/get-signed-url  {"signed_url": "ws://..."}
//
// A conversation lasts until the agent or the client ends the conversation, or until the context of
// its HTTP request ends. When the context stop ends, the handler ends every conversation with a
// close frame. When the context cut ends, the handler closes the connections.
func newHandler(opts Options, stop, cut context.Context) http.Handler {
	h := &handler{opts: opts.withDefaults(), stop: stop, cut: cut}
	h.upgrader = websocket.Upgrader{
		// the JavaScript SDK asks for this subprotocol, other clients for none
		Subprotocols:    []string{"convai"},
		CheckOrigin:     h.allowsOrigin,
		Error:           refuse,
		WriteBufferPool: &h.buffers,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+conversationPath, h.serveConversation)
	mux.HandleFunc("GET "+signedURLPath, h.serveSignedURL)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusNotFound, nil)
	})
	return mux
}

// A handler serves any number of conversations at a time, each on a goroutine of net/http.
type handler struct {
	opts      Options // never changes; defaults are filled in
	stop, cut context.Context
	upgrader  websocket.Upgrader // never changes
	buffers   sync.Pool          // reusable write buffers of the upgrader
	running   atomic.Int64       // number of conversations
}

// serveConversation upgrades a request to a WebSocket and runs one conversation on it. It returns
// when all goroutines of the conversation have ended.
func (h *handler) serveConversation(w http.ResponseWriter, r *http.Request) {
	if !h.hasToken(r) {
		refuse(w, r, http.StatusUnauthorized, nil)
		return
	}
	defer h.running.Add(-1)
	if n := h.running.Add(1); h.opts.MaxConversations > 0 && n > int64(h.opts.MaxConversations) {
		refuse(w, r, http.StatusTooManyRequests, nil)
		return
	}
	ws, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has called refuse, which wrote the response
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(h.stop, cancel)()
	defer context.AfterFunc(h.cut, func() { ws.Close() })()
	newConversation(ws, h.opts).run(ctx)
}

// hasToken reports whether the request has the token that clients must send.
func (h *handler) hasToken(r *http.Request) bool {
	if h.opts.Token == "" {
		return true
	}
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	for _, token := range []string{bearer, r.Header.Get("xi-api-key"), r.URL.Query().Get("token")} {
		if subtle.ConstantTimeCompare([]byte(token), []byte(h.opts.Token)) == 1 {
			return true
		}
	}
	return false
}

// serveSignedURL answers a request for a signed URL. Clients of a private agent ask for this URL
// before they open a conversation.
func (h *handler) serveSignedURL(w http.ResponseWriter, r *http.Request) {
	if !h.hasToken(r) {
		refuse(w, r, http.StatusUnauthorized, nil)
		return
	}
	u := url.URL{Scheme: "ws", Host: r.Host, Path: conversationPath}
	if r.TLS != nil {
		u.Scheme = "wss"
	}
	query := url.Values{"agent_id": {r.URL.Query().Get("agent_id")}, "conversation_signature": {"local"}}
	if h.opts.Token != "" {
		query.Set("token", h.opts.Token)
	}
	u.RawQuery = query.Encode()
	writeJSON(w, http.StatusOK, map[string]string{"signed_url": u.String()})
}

// refuse answers a request that does not open a conversation. The response has the form of an error
// of the ElevenLabs API. cause says what is wrong with the request; it is nil if the path does not
// exist.
func refuse(w http.ResponseWriter, r *http.Request, status int, cause error) {
	code, message := "not_found", "This is Moonlark's embedded agent. It serves "+conversationPath+" (a WebSocket) and "+signedURLPath+"; it does not serve the rest of the ElevenLabs API, nor WebRTC."
	switch {
	case status == http.StatusUnauthorized:
		code, message = "unauthorized", "This agent requires a token: send it as the header Authorization: Bearer TOKEN, as xi-api-key, or as ?token=TOKEN."
	case status == http.StatusTooManyRequests:
		code, message = "too_many_concurrent_requests", "This agent holds as many conversations as it may: try again later."
	case status == http.StatusForbidden:
		code, message = "origin_not_allowed", "Web pages from "+r.Header.Get("Origin")+" are not allowed to connect to this agent."
	case cause != nil:
		code, message = "bad_request", cause.Error()+" ("+conversationPath+" is a WebSocket)"
	}
	writeJSON(w, status, map[string]any{"detail": map[string]string{"status": code, "message": message}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // an error means that the client has disconnected
}

// allowsOrigin reports whether the sender of the request may open a conversation. Allowed are
// programs that are not browsers (they send no origin), pages from a loopback address, and pages
// whose origin is in Options.Origins. A page is not allowed just because its origin equals the Host
// header of the request: the owner of a page can make the page's own name resolve to 127.0.0.1.
func (h *handler) allowsOrigin(r *http.Request) bool {
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
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && loopback.Host(u.Hostname())
}
