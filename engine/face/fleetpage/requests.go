package fleetpage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"moonlark/engine/face/web"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

// requestTimeout is how long a request to the hub or to a device may take.
const requestTimeout = 10 * time.Second

// A badRequest is an error for a request that is wrong whatever the fleet does.
type badRequest struct{ text string }

func (e *badRequest) Error() string { return e.text }

// post returns a handler for POST requests. answer becomes the response.
func post(handle func(ctx context.Context, body []byte) (answer any, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.HasMethod(w, r, http.MethodPost) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			web.FailBody(w, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		answer, err := handle(ctx, body)
		var bad *badRequest
		switch {
		case errors.As(err, &bad):
			web.Fail(w, http.StatusBadRequest, err.Error())
		case err != nil:
			web.Fail(w, http.StatusConflict, err.Error())
		default:
			web.Reply(w, http.StatusOK, answer)
		}
	})
}

// decode reads a JSON object into v.
func decode(body []byte, v any) error {
	if err := web.DecodeObject(body, v); err != nil {
		return &badRequest{"want a JSON object of the right form: " + err.Error()}
	}
	return nil
}

// changeRollout serves POST /fleet/rollout, which pauses, resumes or stops a rollout. An example of a body is
// {"key": "grp.kiosk", "action": "pause"}.
func (s *Server) changeRollout(ctx context.Context, body []byte) (any, error) {
	var change struct {
		Key    string `json:"key"`
		Action string `json:"action"`
	}
	if err := decode(body, &change); err != nil {
		return nil, err
	}
	if err := checkKey(change.Key); err != nil {
		return nil, &badRequest{"key: " + err.Error()}
	}
	var err error
	switch change.Action {
	case "pause":
		err = center.Pause(ctx, s.opts.Hub, change.Key, s.opts.By)
	case "resume":
		err = center.Resume(ctx, s.opts.Hub, change.Key)
	case "stop":
		_, _, err = center.Stop(ctx, s.opts.Hub, change.Key, s.opts.By)
	default:
		err = &badRequest{fmt.Sprintf("action: want pause, resume or stop, got %.40q", change.Action)}
	}
	return map[string]bool{"ok": true}, err
}

// checkKey returns an error if no wish can have the key.
func checkKey(key string) error {
	if key == message.All {
		return nil
	}
	for _, prefix := range []string{message.Group(""), message.Device("")} {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			return bundle.CheckName(name)
		}
	}
	return fmt.Errorf("%.80q is not the key of a wish", key)
}

// verbs are the commands that the page sends.
var verbs = []string{"start", "stop", "say", "event", "reload"}

// command serves POST /fleet/command, which sends a command to a device and returns its answer. An example of a
// body is {"device": "kiosk-07", "verb": "say", "body": {"text": "hello"}}.
func (s *Server) command(ctx context.Context, body []byte) (any, error) {
	var command struct {
		Device string          `json:"device"`
		Verb   string          `json:"verb"`
		Body   json.RawMessage `json:"body"`
	}
	if err := decode(body, &command); err != nil {
		return nil, err
	}
	if err := bundle.CheckName(command.Device); err != nil {
		return nil, &badRequest{"device: " + err.Error()}
	}
	if !slices.Contains(verbs, command.Verb) {
		return nil, &badRequest{fmt.Sprintf("verb: want %s, got %.40q", strings.Join(verbs, ", "), command.Verb)}
	}
	var reply center.Reply
	err := center.SendAll(ctx, s.opts.Hub, []string{command.Device}, command.Verb, command.Body, func(r center.Reply) { reply = r })
	switch {
	case errors.Is(reply.Err, center.ErrNobody):
		return nil, center.ErrNobody // without the name of the device, which the page shows
	case errors.Is(reply.Err, context.DeadlineExceeded):
		return nil, fmt.Errorf("the device has not answered within %s: it may or may not have carried out the command", requestTimeout)
	case reply.Err != nil:
		return nil, reply.Err
	case err != nil:
		return nil, err
	}
	return struct {
		message.Answer
		Done bool `json:"done"`
	}{reply.Answer, reply.Answer.OK()}, nil
}
