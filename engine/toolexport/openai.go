package toolexport

import "moonlark/engine/tool"

// An openAITool is one entry of the field tools of a request to the Chat Completions API. strict is
// left out, because it would require that all properties are required.
type openAITool struct {
	Type     string         `json:"type"`
	Function openAIFunction `json:"function"`
}

type openAIFunction struct {
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Parameters  *tool.Schema `json:"parameters"`
}

func openAITools(specs []*tool.Spec) []openAITool {
	all := []openAITool{} // not nil, so that no tools are an empty list
	for _, spec := range specs {
		all = append(all, openAITool{"function", openAIFunction{spec.Name, spec.Description, parameters(spec)}})
	}
	return all
}
