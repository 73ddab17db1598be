package mcp

import (
	"encoding/json"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestClientsOfBothErasListAndCallTools(t *testing.T) {
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			f := newFixture(t, `register_tool("greet", function(args) return "hello " .. args.name end)`, Options{Name: "lights", Version: "1.2"})
			c := f.connect(era, nil)
			list, err := c.ListTools(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(list.Tools) != 1 || list.Tools[0].Name != "greet" {
				t.Errorf("the tools are %+v", list.Tools)
			}
			result, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: "greet", Arguments: json.RawMessage(`{"name":"you"}`)})
			if err != nil {
				t.Fatal(err)
			}
			if text := result.Content[0].(*sdk.TextContent).Text; text != "hello you" || result.IsError {
				t.Errorf("got %q, error %v", text, result.IsError)
			}
		})
	}
}
