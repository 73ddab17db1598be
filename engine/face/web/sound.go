package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio/browser"
)

const (
	// MaxSounds is the maximum number of open requests for /sound. Only one of them has the sound.
	MaxSounds = 16
	// maxID is the maximum length of the word with which a page identifies itself.
	maxID = 64
)

// SoundHandler returns a handler for GET /sound: a WebSocket over which a page carries the sound of the device.
// The handler returns when the page has gone, or when the context of the request is done. docs/http.md describes
// the messages. The query page=ID is a word with which the page identifies itself.
func SoundHandler(device *browser.Device, log *slog.Logger) http.Handler {
	upgrader := websocket.Upgrader{
		HandshakeTimeout: 5 * time.Second,
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			Fail(w, status, reason.Error())
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !HasMethod(w, r, http.MethodGet) {
			return
		}
		id := r.URL.Query().Get("page")
		if len(id) > maxID {
			Fail(w, http.StatusBadRequest, "page: want a word of at most 64 bytes")
			return
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has sent the error
		}
		log.Debug("sound: " + device.Serve(r.Context(), conn, id).Error())
	})
}
