package toolexport

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"moonlark/engine/tool"
)

// A ClientTool is the definition of a client tool in the ElevenLabs API. The API refuses schemas of
// parameters with other fields than type, description, enum, items, properties and required.
type ClientTool struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// Timeout is how long the agent waits for the result, in seconds. It is longer than the timeout
	// that the script sets for the tool, unless that is near tool.MaxTimeout. So the agent still
	// receives the error of Moonlark that says that the call took too long.
	Timeout int `json:"response_timeout_secs"`
	// ExpectsResponse makes the agent wait for the result.
	ExpectsResponse bool `json:"expects_response"`
	// ErrorHandling makes the agent see the text of errors.
	ErrorHandling string       `json:"tool_error_handling_mode"`
	Parameters    *tool.Schema `json:"parameters"`
}

// timeoutMargin is the difference between the time that the agent waits for the result of a call
// and the time that the call may take in the script.
const timeoutMargin = 5 * time.Second

// NewClientTool returns the definition of a tool for the ElevenLabs API. warnings are sentences for
// the user; each begins with the line of the script. The error says what the API cannot hold, and
// where the script registers the tool.
func NewClientTool(spec *tool.Spec) (t *ClientTool, warnings []string, err error) {
	c := converter{spec: spec}
	// The API may remove white space around texts, which must not look like a difference.
	description := strings.TrimSpace(spec.Description)
	if description == "" {
		description = spec.Name
		c.warn("the tool has no description: its name is used")
	}
	t = &ClientTool{
		Type:            "client",
		Name:            spec.Name,
		Description:     description,
		Timeout:         int(math.Ceil(min(spec.Deadline()+timeoutMargin, tool.MaxTimeout).Seconds())),
		ExpectsResponse: true,
		ErrorHandling:   "passthrough",
		Parameters:      c.object("", parameters(spec)),
	}
	return t, c.warnings, errors.Join(c.errs...)
}

// clientTools returns the definitions of all tools for the ElevenLabs API.
func clientTools(specs []*tool.Spec) (all []*ClientTool, warnings []string, err error) {
	all = []*ClientTool{} // not nil, so that no tools are an empty list
	var errs []error
	for _, spec := range specs {
		t, more, err := NewClientTool(spec)
		all, warnings, errs = append(all, t), append(warnings, more...), append(errs, err)
	}
	return all, warnings, errors.Join(errs...)
}

// A converter converts the schemas of one tool.
type converter struct {
	spec     *tool.Spec
	warnings []string
	errs     []error
}

func (c *converter) warn(format string, args ...any) {
	c.warnings = append(c.warnings, c.spec.Source+": "+c.spec.Name+": "+fmt.Sprintf(format, args...))
}

func (c *converter) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %s: %s", c.spec.Source, c.spec.Name, fmt.Sprintf(format, args...)))
}

// object converts an object with its properties. prefix comes before the names of the properties in
// messages, for example "address.".
func (c *converter) object(prefix string, s *tool.Schema) *tool.Schema {
	object := &tool.Schema{Type: "object", Description: s.DescribeLimits(), Required: s.Required}
	for _, p := range s.Properties {
		if p.Name == "" {
			c.fail("%sthe name of a parameter is empty", prefix)
		}
		object.Properties = append(object.Properties, tool.Property{Name: p.Name, Schema: c.value(prefix+p.Name, p.Name, p.Schema, true)})
	}
	return object
}

// value converts the schema of one value. path names the value in messages, and name is the name of
// its parameter. The API requires a description of each value that is not an object or an array. A
// value without a description gets name as its description, with a warning if warn is true.
func (c *converter) value(path, name string, s *tool.Schema, warn bool) *tool.Schema {
	described := *s
	described.Description = strings.TrimSpace(s.Description)
	if described.Description == "" {
		described.Description = name
		if warn && s.Type != "object" && s.Type != "array" {
			c.warn("%s has no description: its name is used", path)
		}
	}
	switch {
	case s.Type == "object":
		if len(s.Properties) == 0 {
			c.warn("%s has no properties: the agent can only send an empty object", path)
		}
		return c.object(path+".", &described)
	case s.Type == "array" && s.Items == nil:
		c.fail("%s is an array without items: say what its items are", path)
		return nil
	case s.Type == "array":
		return &tool.Schema{Type: "array", Description: described.DescribeLimits(), Items: c.value(path+"[]", name, s.Items, s.Description == "")}
	}
	return &tool.Schema{Type: s.Type, Description: described.DescribeLimits(), Enum: s.Enum}
}
