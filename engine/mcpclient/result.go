package mcpclient

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/safetext"
	"moonlark/engine/tool"
)

// A Result is what a call of a tool has returned.
type Result struct {
	// Text is the result for an agent: the texts of the content, of at most tool.MaxResult bytes and a
	// note. What is not text is described in brackets.
	Text string
	// Data is the structured content, as JSON. It is nil if there is none.
	Data    json.RawMessage
	Content []Block
	IsError bool // the tool says that the call has failed; Text says why
}

// A Block is a part of the content of a result.
type Block struct {
	Type string // "text", "image", "audio", "resource" or "resource_link"
	Text string // of a text, or of a resource that is text
	MIME string // such as "image/png"; may be empty
	Data []byte // of an image, of sound, or of a resource that is not text
	URI  string // of a resource
	Name string // of a resource_link
}

// newResult returns the result that the server has sent.
func newResult(r *mcp.CallToolResult) *Result {
	n := &Result{IsError: r.IsError}
	var texts []string
	for _, content := range r.Content {
		b, shown := newBlock(content)
		n.Content = append(n.Content, b)
		texts = append(texts, shown)
	}
	if r.StructuredContent != nil {
		if data, err := json.Marshal(r.StructuredContent); err == nil {
			n.Data = data
		}
	}
	n.Text = safetext.Text(strings.Join(texts, "\n"))
	if len(texts) == 0 && n.Data != nil {
		n.Text = safetext.Text(string(n.Data))
	}
	if len(n.Text) > tool.MaxResult {
		note := fmt.Sprintf("\n[cut: the text has %s]", size(len(n.Text)))
		n.Text = safetext.Cut(n.Text, tool.MaxResult-len(note), note)
	}
	return n
}

// newBlock returns a part of a result, and the text by which an agent learns of it.
func newBlock(content mcp.Content) (b Block, shown string) {
	switch c := content.(type) {
	case *mcp.TextContent:
		return Block{Type: "text", Text: c.Text}, c.Text
	case *mcp.ImageContent:
		return Block{Type: "image", MIME: c.MIMEType, Data: c.Data}, describe(c.MIMEType, "image", len(c.Data))
	case *mcp.AudioContent:
		return Block{Type: "audio", MIME: c.MIMEType, Data: c.Data}, describe(c.MIMEType, "audio", len(c.Data))
	case *mcp.EmbeddedResource:
		if c.Resource == nil {
			break
		}
		b = Block{Type: "resource", URI: c.Resource.URI, MIME: c.Resource.MIMEType, Text: c.Resource.Text, Data: c.Resource.Blob}
		if len(b.Data) > 0 {
			return b, describe(b.MIME, "resource", len(b.Data))
		}
		return b, b.Text
	case *mcp.ResourceLink:
		b = Block{Type: "resource_link", URI: c.URI, Name: c.Name, MIME: c.MIMEType}
		return b, safetext.Line(fmt.Sprintf("[%s: %s]", c.Name, c.URI))
	}
	return Block{Type: "unknown"}, "[content of an unknown kind]"
}

// describe returns what an agent learns of content that is not text, such as "[image/png, 12 KB]".
func describe(mime, kind string, n int) string {
	if mime == "" {
		mime = kind
	}
	return fmt.Sprintf("[%s, %s]", safetext.Cut(safetext.Line(mime), 100, "…"), size(n))
}

// size returns a number of bytes for people.
func size(n int) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d KB", (n+512)/1024)
}
