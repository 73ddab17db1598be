// Package complete finds the words that can come next on a command line, so that the Tab key
// completes them in a shell. It reads the commands and flags from the model of the parser kong, the
// same that --help prints.
package complete

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// A Word is one word that can come next.
type Word struct {
	Text string
	Help string // what the word means, in one line; may be empty
}

// Files says which names of files can come next. The shell lists them.
type Files string

const (
	NoFiles Files = "none"
	Lua     Files = "lua" // files whose names end with .lua, and folders
	Any     Files = "files"
	Folders Files = "folders"
)

// Next returns what can come after the words of a command line. app is the model of the command.
// words are the words after the name of the command; the last one is the word that is being typed,
// and is empty if nothing of it has been typed. The texts of all results begin with that word.
//
// topics returns the words that the argument "topic" of the command help can have after the words
// that are given.
func Next(app *kong.Node, words []string, topics func(given []string) []string) ([]Word, Files) {
	if len(words) == 0 {
		words = []string{""}
	}
	typed := words[len(words)-1]
	l := read(app, words[:len(words)-1])
	var found []Word
	files := NoFiles
	name, _, hasValue := strings.Cut(typed, "=")
	switch {
	case l.value != nil:
		found, files = valuesOf(l.value.Value)
	case l.onlyArguments || !strings.HasPrefix(typed, "-"):
		found, files = l.arguments(topics)
	case hasValue:
		flag := l.flag(name)
		if flag == nil || flag.IsBool() {
			return nil, NoFiles
		}
		found, files = valuesOf(flag.Value)
		for i := range found {
			found[i].Text = name + "=" + found[i].Text
		}
	default:
		found = l.flags()
	}
	found = slices.DeleteFunc(found, func(w Word) bool { return !strings.HasPrefix(w.Text, typed) })
	return found, files
}

// A line is what the words before the last one say.
type line struct {
	command       *kong.Node   // the innermost command that is named
	given         []*kong.Flag // the flags before the last word
	value         *kong.Flag   // the flag whose value is the last word; nil if it is not a value
	positional    []string     // the arguments of the command
	onlyArguments bool         // "--" says that no more flags follow
}

// read reads the words before the last one. It takes unknown flags for flags without a value.
func read(app *kong.Node, words []string) line {
	l := line{command: app}
	for _, word := range words {
		name, _, hasValue := strings.Cut(word, "=")
		switch {
		case l.value != nil:
			l.value = nil
		case l.onlyArguments || !strings.HasPrefix(word, "-") || word == "-":
			l.readArgument(word)
		case word == "--":
			l.onlyArguments = true
		default:
			if flag := l.flag(name); flag != nil {
				l.given = append(l.given, flag)
				if !hasValue && !flag.IsBool() {
					l.value = flag
				}
			}
		}
	}
	return l
}

// readArgument reads the name of a command, or an argument of the command.
func (l *line) readArgument(word string) {
	for _, child := range l.command.Children {
		if child.Name == word {
			l.command = child
			return
		}
	}
	l.positional = append(l.positional, word)
}

// flag returns the flag of the command with this name, such as "--json" or "-h", or nil.
func (l *line) flag(name string) *kong.Flag {
	for _, group := range l.command.AllFlags(true) {
		for _, f := range group {
			if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
				return f
			}
		}
	}
	return nil
}

// flags returns the flags that can still be given.
func (l *line) flags() []Word {
	var words []Word
	for _, group := range l.command.AllFlags(true) {
		for _, f := range group {
			if !slices.ContainsFunc(l.given, func(given *kong.Flag) bool { return excludes(given, f) }) {
				words = append(words, Word{"--" + f.Name, summary(f.Help)})
			}
		}
	}
	return words
}

// excludes reports whether the flag f cannot be given after the flag given.
func excludes(given, f *kong.Flag) bool {
	if given == f {
		kind := f.Target.Kind().String()
		return kind != "slice" && kind != "map"
	}
	return slices.ContainsFunc(f.Xor, func(group string) bool { return slices.Contains(given.Xor, group) })
}

// arguments returns the names of commands, or what the next argument of the command can be.
func (l *line) arguments(topics func([]string) []string) ([]Word, Files) {
	if len(l.command.Children) > 0 {
		var words []Word
		for _, child := range l.command.Children {
			if !child.Hidden && len(l.positional) == 0 {
				words = append(words, Word{child.Name, summary(child.Help)})
			}
		}
		return words, NoFiles
	}
	argument := next(l.command.Positional, len(l.positional))
	if argument == nil {
		return nil, NoFiles
	}
	if argument.Name == "topic" {
		var words []Word
		for _, topic := range topics(l.positional) {
			words = append(words, Word{Text: topic})
		}
		return words, NoFiles
	}
	return valuesOf(argument)
}

// next returns the positional argument that follows after n arguments, or nil if no more can follow.
func next(arguments []*kong.Value, n int) *kong.Value {
	if n < len(arguments) {
		return arguments[n]
	}
	if len(arguments) > 0 && arguments[len(arguments)-1].IsCumulative() {
		return arguments[len(arguments)-1]
	}
	return nil
}

// valuesOf returns what the value of a flag or of an argument can be. The kind of file follows from
// the name of the argument, and from the placeholder of the flag.
func valuesOf(v *kong.Value) ([]Word, Files) {
	if v.Enum != "" {
		var words []Word
		for _, text := range v.EnumSlice() {
			words = append(words, Word{Text: text})
		}
		return words, NoFiles
	}
	if v.Flag == nil {
		switch v.Name {
		case "script", "path":
			return nil, Lua
		case "folder":
			return nil, Folders
		case "bundle":
			return nil, Any
		}
		return nil, NoFiles
	}
	switch v.Flag.PlaceHolder {
	case "FILE":
		return nil, Any
	case "FOLDER":
		return nil, Folders
	}
	return nil, NoFiles
}

// summary returns the first sentence of a help text.
func summary(help string) string {
	sentence, _, _ := strings.Cut(strings.ReplaceAll(help, "\n", " "), ". ")
	return strings.TrimSuffix(sentence, ".")
}
