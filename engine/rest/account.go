package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// A StoredTool is a tool of an account.
type StoredTool struct {
	ID string
	// Config is the definition of the tool as the API has sent it, with all of its fields.
	Config json.RawMessage
	Tool   *Tool // the same definition
}

// UnmarshalJSON decodes a tool from the API's response. It ignores fields of an unexpected type.
func (t *StoredTool) UnmarshalJSON(text []byte) error {
	var wire struct {
		ID     string          `json:"id"`
		Config json.RawMessage `json:"tool_config"`
	}
	if err := decodePart(text, &wire); err != nil {
		return err
	}
	*t = StoredTool{ID: wire.ID, Tool: new(Tool)}
	if wire.Config == nil || string(wire.Config) == "null" {
		return nil
	}
	t.Config = wire.Config
	return decodePart(wire.Config, t.Tool)
}

const toolsPath = "/v1/convai/tools"

// toolGone is the hint for the user if the API does not find a tool that it has listed.
const toolGone = "somebody may have deleted the tool meanwhile: try again"

// StoredTool requests the tool with this id, like Tool.
func (c *Client) StoredTool(ctx context.Context, id string) (*StoredTool, error) {
	t := new(StoredTool)
	op := "tool " + id
	if err := c.get(ctx, op, toolsPath+"/"+url.PathEscape(id), nil, "the tool was deleted: remove it from the agent's tools", t); err != nil {
		return nil, err
	}
	if t.Config == nil {
		return nil, &Error{Op: op, Text: "the answer has no tool_config"}
	}
	t.ID = id
	return t, nil
}

const (
	pageSize = 100 // the largest page that the API sends
	// maxPages is the maximum number of pages of one list, in case a server sends pages without end.
	maxPages = 100
)

// list requests all pages of a list. It calls read for each page; more says whether there is another
// page, and next is its cursor.
func (c *Client) list(ctx context.Context, op, path string, query url.Values, read func(page json.RawMessage) (next string, more bool, err error)) error {
	query.Set("page_size", strconv.Itoa(pageSize))
	for range maxPages {
		var page json.RawMessage
		if err := c.get(ctx, op, path, query, toolGone, &page); err != nil {
			return err
		}
		next, more, err := read(page)
		if err != nil || !more || next == "" {
			return err
		}
		query.Set("cursor", next)
	}
	return &Error{Op: op, Text: "the list does not end"}
}

// FindTools requests the client tools of the account that have exactly this name. If a request fails,
// the error is an *Error or the cause of ctx.
func (c *Client) FindTools(ctx context.Context, name string) ([]*StoredTool, error) {
	const op = "list of tools"
	var found []*StoredTool
	query := url.Values{"search": {name}, "types": {"client"}}
	err := c.list(ctx, op, toolsPath, query, func(page json.RawMessage) (string, bool, error) {
		var answer struct {
			Tools []*StoredTool `json:"tools"`
			Next  string        `json:"next_cursor"`
			More  bool          `json:"has_more"`
		}
		if err := decode(page, &answer); err != nil {
			return "", false, &Error{Op: op, Text: "invalid answer: " + err.Error()}
		}
		for _, t := range answer.Tools {
			if t != nil && t.ID != "" && t.Tool.Name == name && t.Tool.Client() { // the API finds prefixes too
				found = append(found, t)
			}
		}
		return answer.Next, answer.More, nil
	})
	return found, err
}

// A User is an agent, or a branch of an agent, that uses a tool.
type User struct {
	ID   string `json:"id"` // empty for a branch
	Name string `json:"name"`
}

// ToolUsers requests the agents and branches that use the tool with this id. Agents that the key may
// not read have no name. If a request fails, the error is an *Error or the cause of ctx.
func (c *Client) ToolUsers(ctx context.Context, id string) ([]User, error) {
	op := "agents with the tool " + id
	var users []User
	err := c.list(ctx, op, toolsPath+"/"+url.PathEscape(id)+"/dependent-agents", url.Values{}, func(page json.RawMessage) (string, bool, error) {
		var answer struct {
			Agents   []User            `json:"agents"`
			Branches []json.RawMessage `json:"branches"`
			Next     string            `json:"next_cursor"`
			More     bool              `json:"has_more"`
		}
		if err := decode(page, &answer); err != nil {
			return "", false, &Error{Op: op, Text: "invalid answer: " + err.Error()}
		}
		users = append(users, answer.Agents...)
		for range answer.Branches {
			users = append(users, User{Name: "a branch"})
		}
		return answer.Next, answer.More, nil
	})
	return users, err
}

// toolBody is the body of a request that creates or changes a tool.
type toolBody struct {
	Config any `json:"tool_config"`
}

// CreateTool creates a tool and returns its id. config is the definition, which is sent as JSON. If
// the request fails, the error is an *Error or the cause of ctx; the API may have created the tool
// nevertheless.
func (c *Client) CreateTool(ctx context.Context, config any) (id string, err error) {
	const op = "create the tool"
	var t StoredTool
	if err := c.send(ctx, http.MethodPost, op, toolsPath, nil, toolBody{config}, "", &t); err != nil {
		return "", err
	}
	if t.ID == "" {
		return "", &Error{Op: op, Text: "the answer has no id"}
	}
	return t.ID, nil
}

// UpdateTool replaces the definition of the tool with this id. If the request fails, the error is an
// *Error or the cause of ctx.
func (c *Client) UpdateTool(ctx context.Context, id string, config any) error {
	return c.send(ctx, http.MethodPatch, "update the tool", toolsPath+"/"+url.PathEscape(id), nil, toolBody{config}, toolGone, nil)
}

// DeleteTool deletes the tool with this id. The API refuses this for a tool that an agent uses. If the
// request fails, the error is an *Error or the cause of ctx.
func (c *Client) DeleteTool(ctx context.Context, id string) error {
	return c.send(ctx, http.MethodDelete, "delete the tool", toolsPath+"/"+url.PathEscape(id), nil, nil, toolGone, nil)
}

// SetToolIDs makes ids the tools of the agent with this id. branch is the branch of the agent; empty
// means the main branch. If the request fails, the error is an *Error or the cause of ctx.
func (c *Client) SetToolIDs(ctx context.Context, agentID, branch string, ids []string) error {
	type object map[string]any
	body := object{"conversation_config": object{"agent": object{"prompt": object{"tool_ids": ids}}}}
	query := url.Values{}
	if branch != "" {
		query.Set("branch_id", branch)
	}
	return c.send(ctx, http.MethodPatch, "change the agent's tools", "/v1/convai/agents/"+url.PathEscape(agentID), query, body, checkAgent, nil)
}
