package exchange

import (
	"context"
	"strings"
)

// ContextSize returns how many tokens the server reads of a request, with Ollama's own API. It
// returns 0 if the server is not Ollama, or has not loaded the model.
func (c *Client) ContextSize(ctx context.Context) (int, error) {
	native, isOllama := strings.CutSuffix(c.Base, "/v1")
	if c.Kind() != "ollama" || !isOllama {
		return 0, nil
	}
	endpoint := c.Endpoint
	endpoint.Base = native
	var running struct {
		Models []struct {
			Name    string
			Context int `json:"context_length"`
		}
	}
	if failure := c.get(ctx, &endpoint, "/api/ps", &running); failure != nil {
		return 0, failure.Err
	}
	for _, m := range running.Models {
		if c.Choice == "" || m.Name == c.Choice || m.Name == c.Choice+":latest" {
			return m.Context, nil
		}
	}
	return 0, nil
}
