package doctor

import (
	"fmt"
	"regexp"

	"moonlark/engine/tool"
)

// maxMCPName is the maximum length of the name of a tool with which all MCP clients show the tool.
// Cursor leaves out a tool if its name and that of the server have more than 59 characters together,
// and other clients put a prefix before the name and allow 64.
const maxMCPName = 40

// mcpParameter matches the names of parameters that the language models behind MCP clients accept.
var mcpParameter = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// checkMCP reports what some MCP clients do not accept in the tools of the scripts, if Options.MCP is
// set.
func (c *checker) checkMCP() {
	if !c.MCP {
		return
	}
	const group = "mcp"
	for _, s := range c.Scripts {
		for _, spec := range s.Tools {
			found := false
			warn := func(text, fix string) {
				c.warn(group, spec.Name, text, fix+" in "+spec.Source)
				found = true
			}
			if n := len(spec.Name); n > maxMCPName {
				warn(fmt.Sprintf("the name has %d characters: Cursor and VS Code may leave out the tool", n), fmt.Sprintf("choose a name of at most %d", maxMCPName))
			}
			if spec.Name[0] >= '0' && spec.Name[0] <= '9' {
				warn("the name begins with a digit, which Gemini does not accept", "choose a name that begins with a letter")
			}
			if spec.Description == "" {
				warn("there is no description: the model has only the name to choose by", "add a description")
			}
			checkMCPSchema("", spec.Parameters, warn)
			if !found {
				c.ok(group, spec.Name, "all clients accept it")
			}
		}
	}
}

// checkMCPSchema calls warn for each part of the schema that some clients do not accept. path is the
// name of the value that the schema describes, empty for the arguments as a whole. s may be nil.
func checkMCPSchema(path string, s *tool.Schema, warn func(text, fix string)) {
	if s == nil {
		return
	}
	if s.Type == "array" && s.Items == nil {
		warn("the type of the items of "+path+" is not known: VS Code refuses the tool", "add items")
	}
	checkMCPSchema(path+"[]", s.Items, warn)
	for _, p := range s.Properties {
		inner := p.Name
		if path != "" {
			inner = path + "." + p.Name
		}
		if !mcpParameter.MatchString(p.Name) {
			warn(fmt.Sprintf("the models of Anthropic do not accept the parameter %q", inner), "use 1 to 64 of A-Z, a-z, 0-9, _, . and -")
		}
		checkMCPSchema(inner, p.Schema, warn)
	}
}
