package inspector

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"moonlark/engine/face/web"
	"moonlark/engine/remote"
)

// maxSourceBody is the maximal size of the body of POST /source, in bytes: a Lua file has at most 1 MB, and
// quotes, backslashes, tabs and ends of lines take two bytes in JSON.
const maxSourceBody = 2 << 20

// A sourceAnswer is the response to GET /source.
type sourceAnswer struct {
	remote.SourceView
	Editable bool `json:"editable"` // the page may save the file
}

// sourceHandler serves GET /source?script=NAME&file=FILE, which returns a Lua file of a script and the errors
// in it. The query at=PATH names the file by a path as in an error message. With canEdit, it also serves
// POST /source: see serveSaveSource.
func sourceHandler(agent Agent, canEdit bool) http.Handler {
	methods := []string{http.MethodGet, http.MethodHead}
	if canEdit {
		methods = append(methods, http.MethodPost)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.HasMethod(w, r, methods...) {
			return
		}
		if r.Method == http.MethodPost {
			serveSaveSource(w, r, agent)
			return
		}
		name, file := r.URL.Query().Get("script"), r.URL.Query().Get("file")
		if at := r.URL.Query().Get("at"); at != "" {
			var ok bool
			if name, file, ok = agent.FindSource(at); !ok {
				web.Fail(w, http.StatusNotFound, "no script was loaded from such a file")
				return
			}
		}
		view, err := agent.Source(name, file)
		if err != nil {
			failSource(w, err)
			return
		}
		web.Reply(w, http.StatusOK, sourceAnswer{view, canEdit})
	})
}

// serveSaveSource serves POST /source, which saves a text to a Lua file of a script, reloads the scripts that
// use it, and waits. An example of a body is {"script": "lights.lua", "file": "lib/lamp.lua", "text": "...",
// "version": "..."}; version is that of the text that was edited. With "check": true, it only looks for
// mistakes in the text.
func serveSaveSource(w http.ResponseWriter, r *http.Request, agent Agent) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		web.FailBody(w, err)
		return
	}
	var edit struct {
		remote.SourceEdit
		Check bool `json:"check"`
	}
	// package json would put the character U+FFFD in the place of bytes that are not UTF-8
	err = errors.New("the body is not UTF-8")
	if utf8.Valid(body) {
		err = web.DecodeObject(body, &edit)
	}
	if err == nil && !hasText(body) {
		err = errors.New("text: want the whole content of the file")
	}
	if err != nil {
		web.Fail(w, http.StatusBadRequest, "want a JSON object of the right form: "+err.Error())
		return
	}
	if edit.Check {
		found, err := agent.CheckSource(edit.SourceEdit)
		if err != nil {
			failSource(w, err)
			return
		}
		web.Reply(w, http.StatusOK, map[string][]remote.SourceError{"errors": found})
		return
	}
	saved, err := agent.SaveSource(edit.SourceEdit)
	if err != nil {
		failSource(w, err)
		return
	}
	web.Reply(w, http.StatusOK, saved)
}

// hasText reports whether a JSON object has a field "text" that is not null: without it, a file would
// become empty by mistake.
func hasText(body []byte) bool {
	var fields struct {
		Text *string `json:"text"`
	}
	return json.Unmarshal(body, &fields) == nil && fields.Text != nil
}

// failSource sends an error of a file of a script.
func failSource(w http.ResponseWriter, err error) {
	status := http.StatusConflict
	if errors.Is(err, remote.ErrNoSource) {
		status = http.StatusNotFound
	}
	web.Fail(w, status, err.Error())
}
