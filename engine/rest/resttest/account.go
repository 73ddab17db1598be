package resttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An object is a JSON object.
type object = map[string]any

// Tool returns the JSON of the tool with this id, or "" if there is none.
func (a *API) Tool(id string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.Tools[id]
}

// ToolIDs returns the ids of the tools of the agent with this id.
func (a *API) ToolIDs(agent string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return toolIDs(decode(a.Agents[agent]))
}

// answerAccount answers requests that list, create, change or delete tools, or change an agent.
func (a *API) answerAccount(r *http.Request, kind, id string, body []byte) (status int, answer []byte) {
	id, dependents := strings.CutSuffix(id, "/dependent-agents")
	missing := func() (int, []byte) {
		return refuse(http.StatusNotFound, "not_found", fmt.Sprintf("%s not found", r.URL.Path))
	}
	switch {
	case kind == "agents" && r.Method == http.MethodPatch && a.Agents[id] != "":
		return a.changeAgent(id, decode(string(body)))
	case kind != "tools" || id != "" && a.Tools[id] == "":
		return missing()
	case dependents:
		return a.listUsers(r, id)
	case r.Method == http.MethodGet:
		return a.listTools(r)
	case r.Method == http.MethodDelete && id != "":
		if len(a.users(id)) > 0 && r.URL.Query().Get("force") != "true" {
			return refuse(http.StatusBadRequest, "tool_in_use", "the tool is used by agents")
		}
		delete(a.Tools, id)
		return http.StatusOK, []byte("{}")
	case r.Method == http.MethodPost && id == "":
		a.created++
		return a.storeTool(fmt.Sprintf("tool_new_%d", a.created), decode(string(body)))
	case r.Method == http.MethodPatch && id != "":
		return a.storeTool(id, decode(string(body)))
	}
	return missing()
}

// storeTool stores the tool that a request creates or changes, as the API does: with the defaults of
// all fields.
func (a *API) storeTool(id string, request object) (status int, answer []byte) {
	config, _ := request["tool_config"].(object)
	if mistakes := checkTool(config); len(mistakes) > 0 {
		answer, _ := json.Marshal(object{"detail": mistakes})
		return http.StatusUnprocessableEntity, answer
	}
	setDefaults(config)
	text, _ := json.Marshal(object{
		"id": id, "tool_config": config, "usage_stats": object{"avg_latency_secs": 0},
		"access_info": object{"is_creator": true, "creator_name": "", "creator_email": "", "role": "admin"},
	})
	if a.Tools == nil {
		a.Tools = map[string]string{}
	}
	a.Tools[id] = string(text)
	return http.StatusOK, text
}

// changeAgent sets the tools of an agent. The API can change everything else too, but nobody needs it
// here.
func (a *API) changeAgent(id string, request object) (status int, answer []byte) {
	ids, _ := at(request, "conversation_config", "agent", "prompt", "tool_ids").([]any)
	for _, tool := range ids {
		if a.Tools[fmt.Sprint(tool)] == "" {
			return refuse(http.StatusUnprocessableEntity, "tool_not_found", fmt.Sprintf("tool %v not found", tool))
		}
	}
	agent := decode(a.Agents[id])
	inner := agent
	for _, name := range []string{"conversation_config", "agent", "prompt"} {
		next, ok := inner[name].(object)
		if !ok {
			next = object{}
			inner[name] = next
		}
		inner = next
	}
	inner["tool_ids"] = ids
	text, _ := json.Marshal(agent)
	a.Agents[id] = string(text)
	return http.StatusOK, text
}

// listTools answers a request for the tools of the account.
func (a *API) listTools(r *http.Request) (status int, answer []byte) {
	query := r.URL.Query()
	var found []any
	for _, id := range slices.Sorted(maps.Keys(a.Tools)) {
		tool := decode(a.Tools[id])
		name, _ := at(tool, "tool_config", "name").(string)
		kind, _ := at(tool, "tool_config", "type").(string)
		if strings.HasPrefix(name, query.Get("search")) && (len(query["types"]) == 0 || slices.Contains(query["types"], kind)) {
			found = append(found, tool)
		}
	}
	return a.page(r, "tools", found)
}

// listUsers answers a request for the agents that use the tool with this id.
func (a *API) listUsers(r *http.Request, id string) (status int, answer []byte) {
	return a.page(r, "agents", a.users(id))
}

// users returns the agents that use the tool with this id.
func (a *API) users(id string) (users []any) {
	for _, agentID := range slices.Sorted(maps.Keys(a.Agents)) {
		agent := decode(a.Agents[agentID])
		if slices.Contains(toolIDs(agent), id) {
			users = append(users, object{"type": "available", "id": agentID, "name": agent["name"], "created_at_unix_secs": 1, "access_level": "admin"})
		}
	}
	return users
}

// page answers a request for a list with one page of it. The cursor is the number of items before it.
func (a *API) page(r *http.Request, name string, all []any) (status int, answer []byte) {
	size, err := strconv.Atoi(r.URL.Query().Get("page_size"))
	if err != nil {
		size = 30
	}
	if a.PageSize > 0 {
		size = a.PageSize
	}
	start, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	end := min(start+size, len(all))
	body := object{name: append([]any{}, all[min(start, end):end]...), "has_more": end < len(all)}
	if end < len(all) {
		body["next_cursor"] = strconv.Itoa(end)
	}
	text, _ := json.Marshal(body)
	return http.StatusOK, text
}

// toolIDs returns the ids of the tools of an agent.
func toolIDs(agent object) (ids []string) {
	list, _ := at(agent, "conversation_config", "agent", "prompt", "tool_ids").([]any)
	for _, id := range list {
		ids = append(ids, fmt.Sprint(id))
	}
	return ids
}

// decode decodes a JSON object. It returns an empty object if the text is no object.
func decode(text string) object {
	value := object{}
	if json.Unmarshal([]byte(text), &value) != nil || value == nil {
		return object{}
	}
	return value
}
