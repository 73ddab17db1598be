package mcpclient

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/safetext"
	"moonlark/engine/tool"
)

// maxDescription is the maximal length of a description of a tool or a parameter, in bytes.
const maxDescription = 1 << 10

// maxToolName is the maximal length of the name of a tool, in bytes.
const maxToolName = 128

// A Tool is a tool of a server. Nobody changes it.
type Tool struct {
	Name        string // as the server calls it
	Title       string // for people; may be empty
	Description string
	// Parameters is the schema of the arguments, as far as package tool can express it.
	Parameters *tool.Schema
	// Schema is the schema as the server describes it, as JSON.
	Schema json.RawMessage
	// Destructive says that the server calls the tool destructive. That it does not say so means
	// nothing.
	Destructive bool

	nullable map[string]bool // parameters that may be null; true if the server requires them
	sum      [sha256.Size]byte
}

// NewTool returns a tool with this JSON Schema of its arguments.
func NewTool(name, title, description string, schema any) *Tool {
	return newTool(&mcp.Tool{Name: name, Title: title, Description: description, InputSchema: schema})
}

// newTool returns the tool that the server describes.
func newTool(t *mcp.Tool) *Tool {
	schema, err := json.Marshal(t.InputSchema)
	if err != nil {
		schema = []byte("{}")
	}
	n := &Tool{
		Name: t.Name, Title: safetext.Cut(safetext.Line(t.Title), 100, "…"), Description: cleanText(t.Description),
		Schema: schema, sum: sha256.Sum256(fmt.Appendf(nil, "%q %q %s", t.Name, t.Description, schema)),
	}
	if n.Title == "" && t.Annotations != nil {
		n.Title = safetext.Cut(safetext.Line(t.Annotations.Title), 100, "…")
	}
	n.Destructive = t.Annotations != nil && t.Annotations.DestructiveHint != nil && *t.Annotations.DestructiveHint
	n.Parameters, n.nullable = convertParameters(t.InputSchema)
	return n
}

// cleanText returns a description by a stranger without control characters, cut to maxDescription.
func cleanText(s string) string {
	return safetext.Cut(strings.TrimSpace(safetext.Text(s)), maxDescription, "…")
}

// Arguments returns the arguments of a call, a JSON object, in the form that the server accepts: a
// null is left out if the server does not allow it, and added where the server requires it.
func (t *Tool) Arguments(args json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(args, &fields); err != nil {
		return nil, fmt.Errorf("the arguments must be a JSON object: %w", err)
	}
	if fields == nil {
		fields = make(map[string]json.RawMessage)
	}
	for name, v := range fields {
		if _, ok := t.nullable[name]; !ok && string(v) == "null" {
			delete(fields, name)
		}
	}
	for name, required := range t.nullable {
		if _, ok := fields[name]; !ok && required {
			fields[name] = json.RawMessage("null")
		}
	}
	return json.Marshal(fields)
}

// isToolName reports whether a tool can have this name.
func isToolName(name string) bool {
	return name != "" && len(name) <= maxToolName && name == safetext.Line(name)
}

// relist gets the tools of the server, and records those that may be called. A tool whose definition
// has changed since the server was first asked is taken back, unless the entry says otherwise.
func (s *Server) relist(listed []*mcp.Tool) {
	var tools []*Tool
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[string]bool)
	takenBack := make(map[string]bool)
	for _, description := range listed {
		name := description.Name
		if seen[name] || !s.entry.MayCall(name) {
			continue
		}
		seen[name] = true
		t := newTool(description)
		sum, known := s.known[name]
		switch {
		case !known || s.entry.Trust:
			s.known[name] = t.sum
		case sum != t.sum:
			takenBack[name] = true
			if !s.takenBack[name] {
				s.logf(slog.LevelWarn, "has changed the definition of its tool %s: the tool is taken back until Moonlark is started again; \"trust\": true in its entry would accept the change", name)
			}
			continue
		}
		tools = append(tools, t)
	}
	s.takenBack = takenBack
	slices.SortFunc(tools, func(a, b *Tool) int { return cmp.Compare(a.Name, b.Name) })
	for i, t := range tools { // equal tools stay the same
		for _, before := range s.tools {
			if before.sum == t.sum {
				tools[i] = before
			}
		}
	}
	s.tools = tools
}
