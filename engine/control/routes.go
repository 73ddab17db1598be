package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"moonlark/engine/agent"
)

// routes are what can be asked for, by path and method. docs/device.md tells
// users. What a handler returns is its answer, unless it has written one.
var routes = map[string]map[string]func(*server, http.ResponseWriter, *http.Request) error{
	"/healthz": {http.MethodGet: (*server).health},
	"/metrics": {http.MethodGet: (*server).metrics},
	"/log":     {http.MethodGet: (*server).log},
	"/start":   {http.MethodPost: (*server).start},
	"/stop":    {http.MethodPost: (*server).hangUp},
	"/say":     {http.MethodPost: (*server).say},
	"/context": {http.MethodPost: (*server).context},
	"/event":   {http.MethodPost: (*server).event},
}

// A problem is an answer that is none, in a sentence.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

// refused is what the agent cannot do now.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return &problem{http.StatusConflict, err.Error()}
}

// mistaken is what it never could.
func mistaken(text string) error { return &problem{http.StatusBadRequest, text} }

func (s *server) route(w http.ResponseWriter, r *http.Request) {
	methods := routes[r.URL.Path]
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves the body out
	}
	handle := methods[method]
	switch {
	case methods == nil:
		fail(w, http.StatusNotFound, "there is no "+shorten(r.URL.Path, 100)+"; there are "+strings.Join(slices.Sorted(maps.Keys(routes)), ", "))
		return
	case handle == nil:
		allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		w.Header().Set("Allow", allowed)
		fail(w, http.StatusMethodNotAllowed, r.URL.Path+" is asked for with "+allowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	err := handle(s, w, r)
	var p *problem
	switch {
	case errors.As(err, &p):
		fail(w, p.status, p.text)
	case err != nil:
		fail(w, http.StatusInternalServerError, err.Error())
	case method == http.MethodPost:
		reply(w, http.StatusAccepted, map[string]bool{"ok": true})
	}
}

func fail(w http.ResponseWriter, status int, text string) {
	reply(w, status, struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}{false, text})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(body) // who has left does not hear it: fine
}

// read decodes the body into v. Fields that nobody knows are most likely
// misspelt. Nothing at all is as good as {} where may is set.
func read(r *http.Request, v any, may bool) error {
	text, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &problem{http.StatusRequestEntityTooLarge, "the body is longer than " + strconv.Itoa(mostBody) + " bytes"}
	case err != nil:
		return mistaken("the body could not be read: " + err.Error())
	case len(bytes.TrimSpace(text)) == 0 && may:
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err = d.Decode(v); err == nil {
		if _, err = d.Token(); err == io.EOF {
			return nil
		}
		err = errors.New("there is more behind the object")
	}
	var shape *json.UnmarshalTypeError
	switch {
	case err == io.EOF:
		err = errors.New("it is empty")
	case errors.As(err, &shape) && shape.Field != "":
		err = fmt.Errorf("%s: got %s, want %s", shape.Field, shape.Value, shape.Type)
	case errors.As(err, &shape):
		err = errors.New("got " + shape.Value)
	}
	return mistaken("the body is not the JSON object that is wanted: " + strings.TrimPrefix(err.Error(), "json: "))
}

// start is POST /start {"preroll": true, "first_message": "Hello", ...}: the
// settings of agent{}, for this conversation alone.
func (s *server) start(_ http.ResponseWriter, r *http.Request) error {
	fields := map[string]json.RawMessage{}
	if err := read(r, &fields, true); err != nil {
		return err
	}
	preroll := false
	if text, ok := fields["preroll"]; ok {
		if json.Unmarshal(text, &preroll) != nil {
			return mistaken("preroll: true or false is wanted")
		}
		delete(fields, "preroll")
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	settings, err := agent.Parse(text)
	if err != nil {
		return mistaken(err.Error())
	}
	return refused(s.agent.Start(settings, preroll))
}

// hangUp is POST /stop.
func (s *server) hangUp(_ http.ResponseWriter, r *http.Request) error {
	if err := read(r, &struct{}{}, true); err != nil {
		return err
	}
	return refused(s.agent.HangUp())
}

// say is POST /say {"text": "Good morning"}.
func (s *server) say(_ http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
	}
	if err := read(r, &body, false); err != nil {
		return err
	}
	if body.Text == "" {
		return mistaken("text: there is nothing to say")
	}
	return refused(s.agent.SendText(body.Text))
}

// context is POST /context {"text": "It is raining", "id": "weather"}.
func (s *server) context(_ http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
		ID   string `json:"id"`
	}
	if err := read(r, &body, false); err != nil {
		return err
	}
	if body.Text == "" {
		return mistaken("text: there is nothing to tell")
	}
	return refused(s.agent.SendContext(body.Text, body.ID))
}

// event is POST /event {"type": "button", "data": {"pin": 4}}.
func (s *server) event(_ http.ResponseWriter, r *http.Request) error {
	var body struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := read(r, &body, false); err != nil {
		return err
	}
	err := s.agent.Raise(body.Type, body.Data)
	var name interface{ EventName() string }
	if errors.As(err, &name) {
		return mistaken(err.Error())
	}
	return refused(err)
}

// shorten cuts what somebody else has sent to n bytes, and leaves nothing in it
// that a terminal would obey.
func shorten(text string, n int) string {
	if len(text) > n {
		text = text[:n] + "..."
	}
	return printable(text)
}
