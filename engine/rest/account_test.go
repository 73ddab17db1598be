package rest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"moonlark/engine/apikey"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
)

// clientTool returns the JSON of a client tool of an account.
func clientTool(id, name string) string {
	return `{"id":"` + id + `","usage_stats":{"avg_latency_secs":0},"access_info":{"is_creator":true,"creator_name":"","creator_email":"","role":"admin"},` +
		`"tool_config":{"type":"client","name":"` + name + `","description":"x"}}`
}

func TestToolsAreFoundByTheirWholeNamesOnAllPages(t *testing.T) {
	api := &resttest.API{Key: secret, PageSize: 1, Tools: map[string]string{
		"tool_1": clientTool("tool_1", "set_light"), "tool_2": clientTool("tool_2", "set_light_2"), "tool_3": clientTool("tool_3", "set_light"), "tool_4": clientTool("tool_4", "get"),
	}}
	c := &rest.Client{Host: resttest.Serve(t, api).URL, Key: apikey.New(secret)}
	found, err := c.FindTools(t.Context(), "set_light")
	if err != nil || len(found) != 2 || found[0].ID != "tool_1" || found[1].ID != "tool_3" || found[1].Tool.Name != "set_light" {
		t.Errorf("got %+v, %v", found, err)
	}
	if n := len(api.Requests()); n != 3 {
		t.Errorf("%d requests", n)
	}
}

func TestAListWithoutEndIsAnError(t *testing.T) {
	api := &resttest.API{Key: secret, Refuse: map[string]resttest.Refusal{
		"/v1/convai/tools/tool_1/dependent-agents": {Status: 200, Body: `{"agents":[{"id":"agent_1","name":"a"}],"branches":[{}],"has_more":true,"next_cursor":"1"}`},
	}}
	c := &rest.Client{Host: resttest.Serve(t, api).URL, Key: apikey.New(secret)}
	if _, err := c.ToolUsers(t.Context(), "tool_1"); err == nil || !strings.Contains(err.Error(), "the list does not end") || len(api.Requests()) != 100 {
		t.Errorf("got %v after %d requests", err, len(api.Requests()))
	}
}

func TestAToolIsCreatedChangedAndDeleted(t *testing.T) {
	agent := `{"agent_id":"agent_1","name":"a","metadata":{"created_at_unix_secs":1,"updated_at_unix_secs":2},"conversation_config":{}}`
	api := &resttest.API{Key: secret, Agents: map[string]string{"agent_1": agent}}
	c := &rest.Client{Host: resttest.Serve(t, api).URL, Key: apikey.New(secret)}
	type config map[string]any
	id, err := c.CreateTool(t.Context(), config{"type": "client", "name": "a", "description": "first"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.UpdateTool(t.Context(), id, config{"type": "client", "name": "a", "description": "second"}); err != nil {
		t.Error(err)
	}
	if stored, err := c.StoredTool(t.Context(), id); err != nil || stored.Tool.Description != "second" || stored.ID != id || !strings.Contains(string(stored.Config), "execution_mode") {
		t.Errorf("got %+v, %v", stored, err)
	}
	if err := c.SetToolIDs(t.Context(), "agent_1", "", []string{id}); err != nil {
		t.Error(err)
	}
	if users, err := c.ToolUsers(t.Context(), id); err != nil || len(users) != 1 || users[0] != (rest.User{ID: "agent_1", Name: "a"}) {
		t.Errorf("got %+v, %v", users, err)
	}
	if err := c.DeleteTool(t.Context(), id); err == nil || !strings.Contains(err.Error(), "delete the tool: HTTP 400: the tool is used") {
		t.Errorf("got %v", err)
	}
	if err := c.SetToolIDs(t.Context(), "agent_1", "", []string{}); err != nil {
		t.Error(err)
	}
	if err := c.DeleteTool(t.Context(), id); err != nil || api.Tool(id) != "" {
		t.Error(err)
	}
}

func TestARefusedDefinitionNamesTheWrongField(t *testing.T) {
	api := &resttest.API{Key: secret}
	c := &rest.Client{Host: resttest.Serve(t, api).URL, Key: apikey.New(secret)}
	type object map[string]any
	for want, schema := range map[string]object{
		"tool_config.parameters.properties.n.minimum: Extra inputs are not permitted":          {"type": "integer", "description": "x", "minimum": 1},
		"tool_config.parameters.properties.n.description: Must set one of: description, ":      {"type": "integer"},
		"tool_config.parameters.properties.n.constant_value: Can only set one of: description": {"type": "integer", "description": "x", "constant_value": 1},
	} {
		_, err := c.CreateTool(t.Context(), object{"type": "client", "name": "a", "description": "x", "parameters": object{"type": "object", "properties": object{"n": schema}}})
		var refused *rest.Error
		if !errors.As(err, &refused) || refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.Text, want) || refused.Hint != "" {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	api.Refuse = map[string]resttest.Refusal{"/v1/convai/tools": {Status: 401, Body: `{"detail":{"status":"missing_permissions","message":"no"}}`}}
	_, err := c.CreateTool(t.Context(), object{"type": "client", "name": "a", "description": "x"})
	var refused *rest.Error
	if !errors.As(err, &refused) || !strings.Contains(refused.Hint, "permission to change agents") {
		t.Errorf("got %v", err)
	}
}
