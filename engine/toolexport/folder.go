package toolexport

import (
	"encoding/json"
	"fmt"
	"path"

	"moonlark/engine/tool"
)

// IndexFile is the name of the file that lists the tools in a folder of the command elevenlabs.
const IndexFile = "tools.json"

// configFolder is the folder of the definitions within a folder of the command elevenlabs.
const configFolder = "tool_configs"

// elevenLabsFiles returns the files of the command elevenlabs: a file for each tool, and the list of
// all tools. The entries of an existing list are kept, both those of other tools and those of these
// tools, which contain the ids that the command has added.
func elevenLabsFiles(specs []*tool.Spec, index []byte) (files []File, warnings []string, err error) {
	list, err := parseIndex(index)
	if err != nil {
		return nil, nil, err
	}
	tools, warnings, err := clientTools(specs)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tools {
		content, err := marshal(t)
		if err != nil {
			return nil, nil, err
		}
		name := path.Join(configFolder, t.Name+".json")
		files = append(files, File{name, content})
		list.add(name)
	}
	content, err := marshal(list.fields)
	return append(files, File{IndexFile, content}), warnings, err
}

// A toolIndex is the content of tools.json.
type toolIndex struct {
	fields map[string]any // the whole object
}

// parseIndex parses the content of tools.json. Nil means a list without tools.
func parseIndex(index []byte) (*toolIndex, error) {
	list := &toolIndex{map[string]any{}}
	if index == nil {
		index = []byte("{}")
	}
	if err := json.Unmarshal(index, &list.fields); err != nil {
		return nil, fmt.Errorf("%s: %w", IndexFile, err)
	}
	if list.fields == nil {
		return nil, fmt.Errorf("%s: not an object", IndexFile)
	}
	switch list.fields["tools"].(type) {
	case []any:
	case nil:
		list.fields["tools"] = []any{}
	default:
		return nil, fmt.Errorf("%s: tools is not a list", IndexFile)
	}
	return list, nil
}

// add adds an entry for the tool whose definition is in this file, unless there is one.
func (list *toolIndex) add(file string) {
	all := list.fields["tools"].([]any)
	for _, entry := range all {
		fields, _ := entry.(map[string]any)
		if config, _ := fields["config"].(string); path.Clean(config) == file {
			return
		}
	}
	list.fields["tools"] = append(all, map[string]any{"type": "client", "config": file})
}
