package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/alecthomas/kong"

	"moonlark/engine/settings"
)

// exclusiveFlags has groups of flags. If the command line has one of a group, the settings file does
// not set the others, because they contradict it.
var exclusiveFlags = [][]string{
	{"agent", "url", "signed-url-from", "local"},
	{"text", "headless"},
	{"host", "region"},
}

// A fileUser is a command that uses the settings file.
type fileUser interface{ useFile(*settings.File) }

// withSettingsFile returns args with the flags and scripts of the settings file, and the file. It
// returns args and nil if the command does not use the file, or if there is none. A flag in args
// takes the place of the flag in the file.
func withSettingsFile(parser *kong.Kong, args []string) ([]string, *settings.File, error) {
	parsed, err := kong.Trace(parser, args)
	if err != nil || parsed.Error != nil {
		return args, nil, nil // the parser returns the same error
	}
	command := parsed.Selected()
	if command == nil {
		return args, nil, nil
	}
	if _, ok := command.Target.Addr().Interface().(fileUser); !ok {
		return args, nil, nil
	}
	var scripts, given []string
	named := "" // the value of --settings
	for _, path := range parsed.Path {
		switch {
		case path.Positional != nil && path.Positional.Name == "script":
			switch value := parsed.Value(path).Interface().(type) {
			case string:
				scripts = append(scripts, value)
			case []string:
				scripts = value
			}
		case path.Flag != nil:
			given = append(given, path.Flag.Name)
			if path.Flag.Name == "settings" {
				named = parsed.Value(path).String()
			}
		}
	}
	path := named
	if path == "" {
		if path = findSettings(scripts); path == "" {
			return args, nil, nil
		}
	}
	file, err := settings.Read(path, runFlags(parser))
	if err != nil {
		return nil, nil, err
	}
	if named == "" && file.GrantsSomething() && !isInCurrentFolder(path) {
		return nil, nil, fmt.Errorf("%s grants permissions, and it is not in the current folder: add --settings=%s to use it", path, path)
	}
	at := slices.Index(args, command.Name) + 1
	all := slices.Concat(args[:at], flagsOf(file, command, given), args[at:])
	if takesScripts(command, len(file.Scripts)) && len(scripts) == 0 {
		all = append(all, file.Scripts...)
	}
	return all, file, nil
}

// findSettings returns the path of the settings file beside the first script, or of that in the
// current folder, or "" if there is neither.
func findSettings(scripts []string) string {
	candidates := []string{settings.FileName}
	if len(scripts) > 0 {
		candidates = []string{filepath.Join(filepath.Dir(scripts[0]), settings.FileName), settings.FileName}
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func isInCurrentFolder(path string) bool {
	here, err := os.Stat(".")
	folder, folderErr := os.Stat(filepath.Dir(path))
	return err == nil && folderErr == nil && os.SameFile(here, folder)
}

// runFlags returns the names of the flags of run that the settings file may set.
func runFlags(parser *kong.Kong) []string {
	var names []string
	for _, command := range parser.Model.Children {
		if command.Name != "run" {
			continue
		}
		for _, flag := range command.Flags {
			if !isPermission(flag.Name) && flag.Name != "settings" {
				names = append(names, flag.Name)
			}
		}
	}
	return names
}

// flagsOf returns the flags of the file that the command has, as arguments. given are the flags on
// the command line.
func flagsOf(file *settings.File, command *kong.Node, given []string) []string {
	var args []string
	for _, flag := range file.Flags {
		known := slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return f.Name == flag.Name })
		if !known || slices.ContainsFunc(given, func(name string) bool { return excludes(name, flag.Name) }) {
			continue
		}
		if flag.IsBool {
			args = append(args, "--"+flag.Name)
		}
		for _, value := range flag.Values {
			args = append(args, "--"+flag.Name+"="+value)
		}
	}
	return args
}

// excludes reports whether the flag given on the command line takes the place of the flag name.
func excludes(given, name string) bool {
	return given == name || slices.ContainsFunc(exclusiveFlags, func(group []string) bool {
		return slices.Contains(group, given) && slices.Contains(group, name)
	})
}

// takesScripts reports whether the arguments of the command can be n scripts.
func takesScripts(command *kong.Node, n int) bool {
	args := command.Positional
	return len(args) == 1 && args[0].Name == "script" && (args[0].IsCumulative() || n == 1)
}
