package inspector

import (
	"net/http"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/face/record"
	"moonlark/engine/face/web"
)

// SoundMounts returns the handlers for the sound of a recording, which the page of a recording plays, and
// tells the page of it in the snapshots of the stream.
func SoundMounts(stream *web.Stream, sound *record.Sound) []control.Mount {
	stream.AddField("replay_sound", func() any {
		return map[string]any{"began": sound.Began(), "seconds": sound.Duration().Seconds()}
	})
	return []control.Mount{
		{Path: "/replay/sound.wav", Handler: soundHandler(sound), Streams: true},
		{Path: "/replay/peaks", Handler: peaksHandler(sound), Streams: true},
	}
}

// soundHandler serves GET /replay/sound.wav, of which a browser asks for parts.
func soundHandler(sound *record.Sound) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.HasMethod(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Cache-Control", "no-store")
		http.ServeContent(w, r, "", time.Time{}, sound.Reader())
	})
}

// peaksHandler serves GET /replay/peaks, which returns record.Peaks.
func peaksHandler(sound *record.Sound) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.HasMethod(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		peaks, err := sound.Peaks()
		if err != nil {
			web.Fail(w, http.StatusInternalServerError, err.Error())
			return
		}
		web.Reply(w, http.StatusOK, peaks)
	})
}
