package control

import (
	"encoding/json"
	"errors"
	"net/http"

	"moonlark/engine/agentsettings"
	"moonlark/engine/remote"
)

// serveStart serves POST /start, which starts a conversation. An example of a body is {"preroll":
// true, "first_message": "Hello"}. The fields other than preroll are agent settings, which apply
// only to the new conversation.
func (s *server) serveStart(_ http.ResponseWriter, r *http.Request) error {
	fields := map[string]json.RawMessage{}
	if err := readBody(r, &fields, true); err != nil {
		return err
	}
	preroll := false
	if text, ok := fields["preroll"]; ok {
		if string(text) == "null" || json.Unmarshal(text, &preroll) != nil {
			return badRequest("preroll: want true or false")
		}
		delete(fields, "preroll")
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	settings, err := agentsettings.Parse(text)
	if err != nil {
		return badRequest(err.Error())
	}
	return conflict(s.agent.Start(settings, preroll))
}

// serveStop serves POST /stop, which ends the conversation.
func (s *server) serveStop(_ http.ResponseWriter, r *http.Request) error {
	if err := readBody(r, &struct{}{}, true); err != nil {
		return err
	}
	return conflict(s.agent.Stop())
}

// serveSay serves POST /say, which sends a text to the agent as if the user had said it. An example
// of a body is {"text": "Good morning"}.
func (s *server) serveSay(_ http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
	}
	if err := readBody(r, &body, false); err != nil {
		return err
	}
	if body.Text == "" {
		return badRequest("text: there is nothing to say")
	}
	return conflict(s.agent.Say(body.Text))
}

// serveContext serves POST /context, which gives the agent information without making it respond.
// An example of a body is {"text": "It is raining", "id": "weather"}.
func (s *server) serveContext(_ http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
		ID   string `json:"id"`
	}
	if err := readBody(r, &body, false); err != nil {
		return err
	}
	if body.Text == "" {
		return badRequest("text: there is nothing to tell the agent")
	}
	return conflict(s.agent.Context(body.Text, body.ID))
}

// serveEvent serves POST /event, which sends an event to the scripts. An example of a body is
// {"type": "button", "data": {"pin": 4}}.
func (s *server) serveEvent(_ http.ResponseWriter, r *http.Request) error {
	var body struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := readBody(r, &body, false); err != nil {
		return err
	}
	err := s.agent.Raise(body.Type, body.Data)
	var badName *remote.EventNameError
	if errors.As(err, &badName) {
		return badRequest(err.Error())
	}
	return conflict(err)
}
