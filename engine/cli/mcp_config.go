package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// configPlaces says for each client where people put what --config prints.
var configPlaces = map[string]string{
	"claude":      "Put this into claude_desktop_config.json (Settings, Developer, Edit Config), and start Claude Desktop again.",
	"claude-code": "Run this in the folder of your project.",
	"cursor":      "Put this into .cursor/mcp.json in the folder of your project, or into ~/.cursor/mcp.json.",
	"vscode":      "Put this into .vscode/mcp.json in the folder of your project.",
}

// A clientConfig describes one server in the settings of a client.
type clientConfig struct {
	Type    string   `json:"type,omitempty"`
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

// printConfig prints what the client --config needs to start this server on stdout, and where to put
// it on stderr. args are the arguments of the process. Paths become absolute, because clients start
// servers in any folder.
func (c *mcpCommand) printConfig(con *console, args []string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command, err := c.absoluteArguments(newParser(con), args)
	if err != nil {
		return err
	}
	name := configName(c.name())
	fmt.Fprintln(con.stderr, configPlaces[c.Config])
	server := clientConfig{Command: program, Args: command}
	switch c.Config {
	case "claude-code":
		words := append([]string{"claude", "mcp", "add", name, "--", program}, command...)
		for i, word := range words {
			words[i] = shellWord(word)
		}
		fmt.Fprintln(con.stdout, strings.Join(words, " "))
		return nil
	case "vscode":
		server.Type = "stdio"
		return printIndented(con.stdout, map[string]any{"servers": map[string]clientConfig{name: server}})
	}
	return printIndented(con.stdout, map[string]any{"mcpServers": map[string]clientConfig{name: server}})
}

// printIndented prints a value as JSON on several lines.
func printIndented(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// absoluteArguments returns the arguments that start this server from any folder: the flags in args
// without --config, the settings file if one was found, and the scripts.
func (c *mcpCommand) absoluteArguments(parser *kong.Kong, args []string) ([]string, error) {
	parsed, err := kong.Trace(parser, args)
	if err != nil {
		return nil, err
	}
	command := []string{"mcp"}
	given := []string{"config"}
	for _, path := range parsed.Path {
		if path.Flag == nil || slices.Contains(given, path.Flag.Name) {
			continue
		}
		given = append(given, path.Flag.Name)
		flag, err := flagText(path.Flag.Name, parsed.Value(path))
		if err != nil {
			return nil, err
		}
		command = append(command, flag)
	}
	if file := c.permissionFlags.file; file != nil && !slices.Contains(given, "settings") {
		path, err := filepath.Abs(file.Path)
		if err != nil {
			return nil, err
		}
		command = append(command, "--settings="+path)
	}
	for _, script := range c.Scripts {
		path, err := filepath.Abs(script)
		if err != nil {
			return nil, err
		}
		command = append(command, path)
	}
	return command, nil
}

// flagText returns a flag with its value as one argument. Values that are paths become absolute.
func flagText(name string, value reflect.Value) (string, error) {
	flag := "--" + name
	var values []string
	switch v := value.Interface().(type) {
	case bool:
		return flag, nil
	case grantFlag:
		if slices.Contains(v, "") { // the flag without a value, which grants everything
			return flag, nil
		}
		values = v
	case []string:
		values = v
	default:
		values = []string{fmt.Sprint(v)}
	}
	values = slices.Clone(values)
	for i, v := range values {
		isPath := slices.Contains([]string{"settings", "data", "allow-read", "allow-write"}, name) || name == "allow-run" && strings.ContainsRune(v, '/')
		if !isPath {
			continue
		}
		path, err := filepath.Abs(v)
		if err != nil {
			return "", err
		}
		values[i] = path
	}
	return flag + "=" + strings.Join(values, ","), nil
}

var notInConfigName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// configName returns the name of a server in a form that all clients accept.
func configName(name string) string {
	if name = strings.Trim(notInConfigName.ReplaceAllString(name, "-"), "-"); name == "" {
		return "moonlark"
	}
	return name
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@%+-]+$`)

// shellWord returns a word as a shell must read it, in quotes if it needs them.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
