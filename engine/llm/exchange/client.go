// Package exchange contains what the clients of all APIs of language models have in common: it
// sends a request, reads the reply as it arrives, repeats what failed for a passing reason, adapts
// to the server, and explains errors in the words of the server, with a hint. What differs between
// the APIs is in the packages beside this one, each of which implements [Query] and [Reply].
//
// A request runs on the goroutine that has called [Client.Stream]; a timer cancels it if the server
// does not answer. The mutex of the Client guards what it has learned about the server.
package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/provider"
)

// A Client is a model on a server. The clients of the APIs embed it. The exported fields must not
// be changed after the first call of a method. Any goroutine may call the methods.
type Client struct {
	// Endpoint is the server. Its Choice is the model; empty means the only model of the server.
	provider.Endpoint
	// Defaults has fields to add to the body of each request, as in llm.Request. The fields of a
	// request have priority over Defaults, and those of Extra have priority over both.
	Defaults, Extra map[string]any
	// ListPath is the path below the base URL that lists the models. Empty means /models.
	ListPath string

	mu      sync.Mutex      // guards the fields below
	refused map[string]bool // the fields that the server has refused
	thinks  bool            // replies begin with thoughts that have no opening tag, only a closing tag
	replied time.Time       // time of the last reply that began soon; zero if there was none
	only    string          // the only model of the server; empty if that is not known
}

// String returns the server and the model.
func (c *Client) String() string { return strings.TrimSpace(c.Server + " " + c.Choice) }

// Name returns the model that the user has chosen, or "".
func (c *Client) Name() string { return c.Choice }

// IsNear reports whether the server is on this machine or in the local network.
func (c *Client) IsNear() bool { return c.Near }

// AddExtra adds Defaults, the additional fields of the request and Extra to a body. A field with
// the value nil is removed from the body.
func (c *Client) AddExtra(body map[string]any, r *llm.Request) {
	for _, extra := range []map[string]any{c.Defaults, r.Extra, c.Extra} {
		for name, value := range extra {
			if value == nil {
				delete(body, name)
			} else {
				body[name] = value
			}
		}
	}
}

// List returns the names of the models on the server, as [llm.Model] says.
func (c *Client) List(ctx context.Context) ([]string, error) {
	names, failure := c.list(ctx)
	if failure == nil {
		return names, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return nil, failure.Err
}

// list is List with a Failure as its error.
func (c *Client) list(ctx context.Context) ([]string, *Failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, warmTimeout, errSilent)
	defer cancel()
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if failure := c.get(ctx, &c.Endpoint, c.listPath(), &list); failure != nil {
		return nil, failure
	}
	var names []string
	for _, m := range list.Data {
		names = append(names, m.ID)
	}
	return names, nil
}

func (c *Client) listPath() string {
	if c.ListPath == "" {
		return "/models"
	}
	return c.ListPath
}

// get decodes the JSON at a path of the server e into value.
func (c *Client) get(ctx context.Context, e *provider.Endpoint, path string, value any) *Failure {
	response, err := e.Send(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return c.failed(causeOf(ctx, err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.refusal(ctx, response)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxReply)).Decode(value); err != nil {
		return c.failed(fmt.Errorf("the answer to %s is not valid: %w", path, causeOf(ctx, err)))
	}
	return nil
}

// model returns the model for a request that names wanted. The choice of the user has priority.
func (c *Client) model(ctx context.Context, wanted string) (string, *Failure) {
	if c.Choice != "" {
		return c.Choice, nil
	}
	if wanted != "" {
		return wanted, nil
	}
	c.mu.Lock()
	only := c.only
	c.mu.Unlock()
	if only != "" {
		return only, nil
	}
	names, failed := c.list(ctx)
	if failed != nil {
		return "", failed
	}
	if len(names) != 1 {
		return "", &Failure{Err: &llm.Error{Model: c.String(), Text: "the server has " + listOf(names), Hint: "name one of them, as in --llm " + c.With("MODEL")}}
	}
	c.mu.Lock()
	c.only = names[0]
	c.mu.Unlock()
	return names[0], nil
}

// listOf returns the names of models as a text of limited length.
func listOf(names []string) string {
	const maxNames = 12
	switch n := len(names); {
	case n == 0:
		return "no models"
	case n > maxNames:
		return fmt.Sprintf("%d models: %s, ...", n, strings.Join(names[:maxNames], ", "))
	case n == 1:
		return "the model " + names[0]
	}
	return "the models " + strings.Join(names, ", ")
}

// causeOf returns the cause of the end of ctx, or err if ctx has not ended.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
