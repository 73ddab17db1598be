package mcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

const notes = `
register_resource { uri = "notes://all", title = "All notes", mime = "text/plain", read = function() return "milk" end }
register_resource { uri = "notes://empty", read = function() return "" end }
register_resource { uri = "notes://{id}", name = "note", read = function(_, call)
	if call.params.id == "7" then return { bytes = "\1\2", mime = "application/x-note" } end
	if call.params.id == "bad" then error("the disk is full") end
end }
register_prompt { name = "plan", description = "Plans a day", arguments = { day = "string" }, handler = function(args) return "Plan " .. args.day end }
`

// failure returns the code and the message of a protocol error.
func failure(t *testing.T, err error) string {
	t.Helper()
	var failed *jsonrpc.Error
	if !errors.As(err, &failed) {
		t.Errorf("got %v, want a protocol error", err)
		return ""
	}
	return fmt.Sprint(failed.Code, " ", failed.Message)
}

func TestClientsListAndReadResources(t *testing.T) {
	eachEra(t, notes, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		resources, err := c.ListResources(t.Context(), nil)
		if err != nil || len(resources.Resources) != 2 || resources.Resources[0].Title != "All notes" || resources.Resources[0].MIMEType != "text/plain" {
			t.Errorf("the resources are %+v, %v", resources, err)
		}
		templates, err := c.ListResourceTemplates(t.Context(), nil)
		if err != nil || len(templates.ResourceTemplates) != 1 || templates.ResourceTemplates[0].Name != "note" {
			t.Errorf("the templates are %+v, %v", templates, err)
		}
		for uri, want := range map[string]string{
			"notes://all":   `{"uri":"notes://all","mimeType":"text/plain","text":"milk"}`,
			"notes://empty": `{"uri":"notes://empty","blob":""}`,
			"notes://7":     `{"uri":"notes://7","mimeType":"application/x-note","blob":"AQI="}`,
		} {
			result, err := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: uri})
			if err != nil {
				t.Errorf("%s: %v", uri, err)
				continue
			}
			if text, _ := json.Marshal(result.Contents[0]); string(text) != want {
				t.Errorf("%s: got %s, want %s", uri, text, want)
			}
		}
		_, missing := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "notes://8"})
		_, unknown := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "other://8"})
		_, broken := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "notes://bad"})
		if a, b := failure(t, missing), failure(t, unknown); a != "-32602 there is no resource 'notes://8'" || b != `-32602 there is no resource "other://8"` {
			t.Errorf("a resource that a script does not find: %s, and one that no script has: %s", a, b)
		}
		_, misspelt := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "note://all"})
		if got := failure(t, misspelt); got != `-32602 there is no resource "note://all" (did you mean 'notes://all'?)` {
			t.Errorf("a misspelt URI: %s", got)
		}
		if got := failure(t, broken); !strings.HasPrefix(got, "-32603 ") || !strings.HasSuffix(got, "lights.lua:6: the disk is full") {
			t.Errorf("a read that fails: %s", got)
		}
	})
}

func TestClientsListAndGetPrompts(t *testing.T) {
	eachEra(t, notes, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		prompts, err := c.ListPrompts(t.Context(), nil)
		if err != nil || len(prompts.Prompts) != 1 || prompts.Prompts[0].Arguments[0].Name != "day" || !prompts.Prompts[0].Arguments[0].Required {
			t.Errorf("the prompts are %+v, %v", prompts, err)
		}
		result, err := c.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "plan", Arguments: map[string]string{"day": "Monday"}})
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := json.Marshal(result.Messages); string(text) != `[{"content":{"type":"text","text":"Plan Monday"},"role":"user"}]` {
			t.Errorf("the messages are %s", text)
		}
		_, missing := c.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "plan"})
		if got := failure(t, missing); got != "-32602 plan: day is missing" {
			t.Errorf("without the argument: %s", got)
		}
		_, unknown := c.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "plam"})
		if got := failure(t, unknown); got != `-32602 there is no prompt "plam" (did you mean 'plan'?)` {
			t.Errorf("no such prompt: %s", got)
		}
	})
}

func TestResourcesAndPromptsThatAreGoneAreNotListed(t *testing.T) {
	eachEra(t, notes, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		f.reload(`register_tool("only", function() end)`)
		resources, err := c.ListResources(t.Context(), nil)
		if err != nil || len(resources.Resources) != 0 {
			t.Errorf("the resources are %+v, %v", resources, err)
		}
		templates, err := c.ListResourceTemplates(t.Context(), nil)
		if err != nil || len(templates.ResourceTemplates) != 0 {
			t.Errorf("the templates are %+v, %v", templates, err)
		}
		prompts, err := c.ListPrompts(t.Context(), nil)
		if err != nil || len(prompts.Prompts) != 0 {
			t.Errorf("the prompts are %+v, %v", prompts, err)
		}
	})
}
