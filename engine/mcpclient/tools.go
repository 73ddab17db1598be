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

const (
	maxDescription = 1 << 10  // bytes of a description of a tool or a parameter
	maxToolName    = 128      // bytes of the name of a tool
	maxSchema      = 64 << 10 // bytes of the schema of a tool
	maxListing     = 4 << 20  // bytes of the descriptions and schemas of all tools of a server
	maxTools       = 1000     // tools of a server
	maxPages       = 100      // pages of a list of tools
	maxKnown       = 4000     // different names of tools that a server can list, one time or another
)

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
	t := newTool(&mcp.Tool{Name: name, Title: title, Description: description, InputSchema: schema})
	t.Parameters, t.nullable = convertParameters(schema)
	return t
}

// newTool returns the tool that the server describes, without its parameters.
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

// A listing is the list of the tools of a server.
type listing struct {
	tools      []*Tool
	size       int  // bytes of the descriptions and schemas so far
	incomplete bool // tools were left out because there are too many, or because they are too large
}

// add adds a tool, unless its name would be dangerous in a log. It returns false if the listing is
// full.
func (l *listing) add(t *mcp.Tool) bool {
	if t == nil || !isToolName(t.Name) {
		return true
	}
	n := newTool(t)
	l.size += len(t.Description) + len(n.Schema)
	switch {
	case l.size > maxListing || len(l.tools) == maxTools:
		l.incomplete = true
		return false
	case len(n.Schema) > maxSchema:
		l.incomplete = true
		return true
	}
	n.Parameters, n.nullable = convertParameters(t.InputSchema)
	l.tools = append(l.tools, n)
	return true
}

// relist records which of the listed tools may be called. A tool whose definition has changed since the
// server first listed it is taken back for good, unless the entry says otherwise.
func (s *Server) relist(l *listing) {
	var tools []*Tool
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[string]bool)
	for _, t := range l.tools {
		if seen[t.Name] || !s.entry.MayCall(t.Name) {
			continue
		}
		seen[t.Name] = true
		if s.accepts(t, l) {
			tools = append(tools, t)
		}
	}
	if l.incomplete && !s.toldIncomplete {
		s.toldIncomplete = true
		s.logf(slog.LevelWarn, "lists too many tools, or tools with too long descriptions or schemas: some are left out")
	}
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

// accepts reports whether the tool may be called: whether it is new, or described as before. The caller
// holds s.mu.
func (s *Server) accepts(t *Tool, l *listing) bool {
	if s.entry.Trust {
		return true
	}
	sum, known := s.known[t.Name]
	switch {
	case s.takenBack[t.Name]:
		return false
	case known && sum != t.sum:
		s.takenBack[t.Name] = true
		s.logf(slog.LevelWarn, "has changed the definition of its tool %s: the tool is taken back until Moonlark is started again; \"trust\": true in its entry would accept the change", t.Name)
		return false
	case !known && len(s.known) == maxKnown:
		l.incomplete = true
		return false
	}
	s.known[t.Name] = t.sum
	return true
}
