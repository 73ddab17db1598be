package control

import (
	"encoding/json"
	"net/http"
	"strings"

	"moonlark/engine/face/web"
	"moonlark/engine/pins/sim"
)

// serveGPIO serves GET /gpio, which shows the simulated pins.
func (s *server) serveGPIO(w http.ResponseWriter, _ *http.Request) error {
	lines, err := s.agent.Pins()
	if err != nil {
		return conflict(err)
	}
	web.Reply(w, http.StatusOK, map[string][]sim.State{"lines": lines})
	return nil
}

// serveSetGPIO serves POST /gpio, which presses or releases a simulated button. An example of a body is
// {"line": 17, "value": true}. The line is a number or a name.
func (s *server) serveSetGPIO(_ http.ResponseWriter, r *http.Request) error {
	var body struct {
		Line  json.RawMessage `json:"line"`
		Value *bool           `json:"value"`
	}
	if err := readBody(r, &body, false); err != nil {
		return err
	}
	line := strings.Trim(string(body.Line), `"`)
	if line == "" || body.Value == nil {
		return badRequest(`want a line and a value, such as {"line": 17, "value": true}`)
	}
	return conflict(s.agent.SetPin(line, *body.Value))
}
