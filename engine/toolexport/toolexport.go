// Package toolexport writes the tools of scripts in the forms that other programs read. It opens no
// file and no connection, and keeps nothing, so any goroutine may call its functions.
package toolexport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
)

// A Format is a form in which tools can be written.
type Format string

const (
	ElevenLabs Format = "elevenlabs" // client tools of the ElevenLabs API
	OpenAI     Format = "openai"     // the field tools of a request to the Chat Completions API
	MCP        Format = "mcp"        // the result of tools/list in the Model Context Protocol
	JSONSchema Format = "jsonschema" // the parameters as JSON Schema
)

// Formats lists all formats.
var Formats = []Format{ElevenLabs, OpenAI, MCP, JSONSchema}

// ParseFormat returns the format with this name. The error lists the formats.
func ParseFormat(name string) (Format, error) {
	if slices.Contains(Formats, Format(name)) {
		return Format(name), nil
	}
	var names []string
	for _, f := range Formats {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("there is no format '%s'%s: there are %s", name, guess.DidYouMean(name, names), strings.Join(names, ", "))
}

// A File is one file of an export.
type File struct {
	Name    string // the path of the file within the folder of the export, with slashes
	Content []byte
}

// Document returns all tools as one JSON document. warnings are sentences for the user about what the
// format cannot hold; each begins with the line of the script. The error says which tool cannot be
// written in this format, and where its script registers it.
func Document(format Format, specs []*tool.Spec) (document []byte, warnings []string, err error) {
	var value any
	switch format {
	case OpenAI:
		value = openAITools(specs)
	case MCP:
		value = mcpList{mcpTools(specs)}
	case JSONSchema:
		value = schemaDocument(specs)
	default:
		if value, warnings, err = clientTools(specs); err != nil {
			return nil, nil, err
		}
	}
	document, err = marshal(value)
	return document, warnings, err
}

// Files returns the tools as files of a folder. Most formats have a file NAME.json for each tool. The
// files of ElevenLabs are those of the command elevenlabs: tools.json, which lists the tools, and
// tool_configs/NAME.json. index is the content of tools.json that the folder has already, or nil.
// The warnings and the error are like those of Document.
func Files(format Format, specs []*tool.Spec, index []byte) (files []File, warnings []string, err error) {
	for i, spec := range specs {
		same := slices.IndexFunc(specs[:i], func(other *tool.Spec) bool { return strings.EqualFold(spec.Name, other.Name) })
		if same >= 0 {
			return nil, nil, fmt.Errorf("%s: %s: on some systems its file has the same name as that of %s, at %s", spec.Source, spec.Name, specs[same].Name, specs[same].Source)
		}
	}
	var values []any
	switch format {
	case OpenAI:
		for _, t := range openAITools(specs) {
			values = append(values, t)
		}
	case MCP:
		for _, t := range mcpTools(specs) {
			values = append(values, t)
		}
	case JSONSchema:
		for _, spec := range specs {
			values = append(values, schemaFile(spec))
		}
	default:
		return elevenLabsFiles(specs, index)
	}
	for i, value := range values {
		content, err := marshal(value)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, File{specs[i].Name + ".json", content})
	}
	return files, nil, nil
}

// marshal returns the value as JSON for people, with a line end.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(value)
	return b.Bytes(), err
}

// parameters returns the schema of the tool's parameters. A tool without parameters has an object
// without properties, because many programs require one.
func parameters(spec *tool.Spec) *tool.Schema {
	if spec.Parameters == nil {
		return &tool.Schema{Type: "object"}
	}
	return spec.Parameters
}
