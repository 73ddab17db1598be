// Package settings reads moonlark.toml, the file with the settings of the command. Each flag of
// moonlark run is a key of the file, by its name. The table permissions has the permissions of
// scripts.
//
//	scripts = ["kiosk.lua"]
//	id      = "harbour-kiosk"
//	agent   = "agent_01jx"
//	wait    = true
//	[permissions]                  # of all scripts
//	allow-net = ["api.example.com", "lan"]
//	[permissions.kiosk]            # of kiosk.lua
//	allow-read = ["/media"]
package settings

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"moonlark/engine/guess"
	"moonlark/engine/permit"
)

// FileName is the name of the file.
const FileName = "moonlark.toml"

// maxFile is the maximal size of the file, in bytes.
const maxFile = 1 << 20

// A File is the content of a settings file.
type File struct {
	Path    string
	Scripts []string // paths of the scripts
	// ID names the data folder of the scripts; "" if the file has none.
	ID      string
	Flags   []Flag // sorted by name
	Grants  []permit.Grant
	DenyNet []string
}

// A Flag is a flag of the command, with the values that the file gives it: one for each time that
// the flag is to be given.
type Flag struct {
	Name   string // without --
	Values []string
	IsBool bool // the value is true, and the flag is given without a value
}

// Read reads the settings file at path. flags are the names of the flags that may be keys. Paths in
// the file are relative to its folder. Read returns an error if other users can write the file.
func Read(path string, flags []string) (*File, error) {
	content, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, string(content), flags)
}

// Parse returns the settings in content, as if it were the content of the file at path: see Read.
func Parse(path, content string, flags []string) (*File, error) {
	f := &File{Path: path}
	if err := f.parse(content, flags); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := CheckOwner(info); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: the file has more than %d bytes", path, maxFile)
	}
	return os.ReadFile(path)
}

func (f *File) parse(content string, flags []string) error {
	var keys map[string]any
	if _, err := toml.Decode(content, &keys); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return fmt.Errorf("line %d: %s", syntax.Position.Line, syntax.Message)
		}
		return err
	}
	known := append([]string{"scripts", "id", "permissions"}, flags...)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if err := f.set(name, keys[name], known); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// idForm are the ids that are names of folders on all systems.
var idForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`)

func (f *File) set(name string, value any, known []string) (err error) {
	switch {
	case name == "scripts":
		if f.Scripts, err = words(value); err != nil {
			return err
		}
		for i, script := range f.Scripts {
			f.Scripts[i] = f.inFolder(script)
		}
		return nil
	case name == "id":
		id, ok := value.(string)
		if !ok || !idForm.MatchString(id) {
			return errors.New("an id has letters, digits, \"-\", \"_\" and \".\", and at most 64 of them")
		}
		f.ID = id
		return nil
	case name == "permissions":
		table, ok := value.(map[string]any)
		if !ok {
			return errors.New("it must be a table: [permissions]")
		}
		return f.setPermissions(table, "")
	case !slices.Contains(known, name):
		if slices.Contains(permissionKeys(), name) {
			return errors.New("it belongs below [permissions]")
		}
		return fmt.Errorf("there is no such setting%s", guess.DidYouMean(name, known))
	}
	flag := Flag{Name: name}
	switch value := value.(type) {
	case bool:
		if !value {
			return nil // the same as without the flag
		}
		flag.IsBool = true
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			text, err := word(value[key])
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			flag.Values = append(flag.Values, key+"="+text)
		}
	default:
		if flag.Values, err = words(value); err != nil {
			return err
		}
		if name == mcpServers {
			for i, path := range flag.Values {
				flag.Values[i] = f.inFolder(path)
			}
		}
	}
	if flag.IsBool || len(flag.Values) > 0 { // an empty list or table sets nothing
		f.Flags = append(f.Flags, flag)
	}
	return nil
}

const denyNet = "deny-net"

// permissionKeys returns the keys that the table permissions may have, besides names of scripts.
func permissionKeys() []string {
	keys := []string{denyNet, "allow-all"}
	for _, kind := range permit.Kinds {
		keys = append(keys, "allow-"+string(kind))
	}
	return keys
}

// setPermissions reads the permissions of a script, or of all scripts if script is "". In the second
// case, the tables in it are the permissions of scripts.
func (f *File) setPermissions(table map[string]any, script string) error {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		inner, isTable := table[key].(map[string]any)
		var err error
		switch {
		case isTable && script == "":
			err = f.setPermissions(inner, key)
		case !slices.Contains(permissionKeys(), key):
			err = fmt.Errorf("there is no such permission%s", guess.DidYouMean(key, permissionKeys()))
		case key == denyNet && script != "":
			err = errors.New("it applies to all scripts: write it below [permissions]")
		default:
			err = f.setPermission(key, table[key], script)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (f *File) setPermission(key string, value any, script string) error {
	granted, isBool := value.(bool)
	switch {
	case key == denyNet:
		var err error
		f.DenyNet, err = words(value)
		return err
	case isBool && !granted:
		return nil
	case key == "allow-all" && !isBool:
		return errors.New("it must be true or false")
	case key == "allow-all":
		for _, g := range permit.All(filepath.Base(f.Path)) {
			g.Script = script
			f.Grants = append(f.Grants, g)
		}
		return nil
	}
	values := []string{""} // everything of the kind
	if !isBool {
		var err error
		if values, err = words(value); err != nil {
			return err
		}
	}
	kind := permit.Kind(strings.TrimPrefix(key, "allow-"))
	for _, value := range values {
		isPath := kind == permit.Read || kind == permit.Write || kind == permit.Run && strings.Contains(value, "/")
		if isPath && value != "" {
			value = f.inFolder(value)
		}
		f.Grants = append(f.Grants, permit.Grant{Kind: kind, Value: value, Script: script, Source: filepath.Base(f.Path)})
	}
	return nil
}

// mcpServers is the name of the flag whose value is a file with MCP servers.
const mcpServers = "mcp-servers"

// GrantsSomething reports whether the file lets scripts do something that they may not do by themselves: it has
// permissions, or names the MCP servers that are started for them.
func (f *File) GrantsSomething() bool {
	return len(f.Grants) > 0 || slices.ContainsFunc(f.Flags, func(flag Flag) bool { return flag.Name == mcpServers })
}

// inFolder returns path, which may be relative to the folder of the file.
func (f *File) inFolder(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.Path), path)
}

// words returns the texts of a value: of each element of a list, or of the value itself.
func words(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var texts []string
	for _, element := range list {
		text, err := word(element)
		if err != nil {
			return nil, err
		}
		if text == "" {
			return nil, errors.New("it is empty")
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// word returns the text of a value that is neither a list nor a table.
func word(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case bool:
		return strconv.FormatBool(value), nil
	case int64:
		return strconv.FormatInt(value, 10), nil
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	}
	return "", errors.New("a text, a number, true or false is expected, or a list of them")
}
