package toolexport

import "moonlark/engine/tool"

// An mcpList is the result of tools/list in the Model Context Protocol.
type mcpList struct {
	Tools []mcpTool `json:"tools"`
}

type mcpTool struct {
	Name         string          `json:"name"`
	Title        string          `json:"title,omitempty"`
	Description  string          `json:"description,omitempty"`
	InputSchema  *tool.Schema    `json:"inputSchema"`
	OutputSchema *tool.Schema    `json:"outputSchema,omitempty"`
	Annotations  *mcpAnnotations `json:"annotations,omitempty"`
}

// mcpAnnotations describe what a call of the tool does. If the script sets one of the four hints,
// all four are written, because clients do not agree on the meaning of a missing hint.
type mcpAnnotations struct {
	Title       string `json:"title,omitempty"` // for clients that do not know the title of the tool itself
	ReadOnly    *bool  `json:"readOnlyHint,omitempty"`
	Destructive *bool  `json:"destructiveHint,omitempty"`
	Idempotent  *bool  `json:"idempotentHint,omitempty"`
	OpenWorld   *bool  `json:"openWorldHint,omitempty"`
}

func mcpTools(specs []*tool.Spec) []mcpTool {
	all := []mcpTool{} // not nil, so that no tools are an empty list
	for _, spec := range specs {
		t := mcpTool{
			Name:         spec.Name,
			Title:        spec.Title,
			Description:  spec.Description,
			InputSchema:  parameters(spec),
			OutputSchema: spec.Returns,
		}
		if spec.Title != "" || spec.Hints != nil {
			t.Annotations = &mcpAnnotations{Title: spec.Title}
		}
		if h := spec.Hints; h != nil {
			t.Annotations.ReadOnly, t.Annotations.Destructive = &h.ReadOnly, &h.Destructive
			t.Annotations.Idempotent, t.Annotations.OpenWorld = &h.Idempotent, &h.OpenWorld
		}
		all = append(all, t)
	}
	return all
}
