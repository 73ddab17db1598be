package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"moonlark/engine/bus"
	"moonlark/engine/cli/manpage"
	"moonlark/engine/guess"
	"moonlark/engine/scripttest"
	"moonlark/engine/version"
	"moonlark/luastd"
	"moonlark/luastd/modules"
	"moonlark/luastd/reference"
)

type helpCommand struct {
	Topic []string `arg:"" optional:"" help:"lua: everything that a script can call. lua NAME: a module, a function or an event. Or the name of a command."`
	Man   bool     `help:"Print the manual page for man(1), which has the flags of all commands."`
}

// Run prints what the manual says about a name that scripts use, the flags of a command, or the
// manual page.
func (c *helpCommand) Run(con *console) error {
	if c.Man {
		page := manpage.Page{Version: version.Version(), Date: version.Date()}
		return page.Write(con.stdout, newParser(con).Model.Node)
	}
	if len(c.Topic) == 0 || c.Topic[0] != "lua" {
		_, err := newParser(con).Parse(append(c.Topic, "--help")) // prints the help and ends the program
		return &usageError{fmt.Errorf("help: %w", err)}
	}
	switch len(c.Topic) {
	case 1:
		listNames(con.stdout)
		return nil
	case 2:
		text, err := describe(c.Topic[1])
		if err != nil {
			return &usageError{fmt.Errorf("help lua: %w", err)}
		}
		_, err = io.WriteString(con.stdout, text)
		return err
	}
	return &usageError{fmt.Errorf("help lua: only one name can be given, not %s", strings.Join(c.Topic[1:], " "))}
}

// luaReference returns the descriptions of all names that scripts and their tests can use.
func luaReference() *reference.Reference {
	return reference.New(append(modules.All(), luastd.Module{Name: "t", Doc: scripttest.Types}))
}

// describe returns what the manual says about a name that scripts can use.
func describe(name string) (string, error) {
	ref := luaReference()
	if text := ref.Entry(name); text != "" {
		return text, nil
	}
	return "", fmt.Errorf("nothing is called %s%s", strconv.Quote(name), guess.DidYouMean(name, ref.Names()))
}

// listNames prints the names of the modules, the global functions and the events.
func listNames(out io.Writer) {
	ref := luaReference()
	fmt.Fprintln(out, "Modules and pages:")
	var functions []string
	for _, m := range modules.All() {
		if m.Manual != "" {
			name, about, _ := strings.Cut(ref.Summary(m.Name), ": ")
			fmt.Fprintf(out, "  %-10s %s\n", name, about)
		}
		if m.Doc != "" {
			functions = append(functions, m.Globals...)
		}
	}
	slices.Sort(functions)
	fmt.Fprintln(out, "\nGlobal functions:")
	writeWords(out, functions)
	var events []string
	for _, e := range bus.ScriptEvents() {
		events = append(events, e.Name)
	}
	slices.Sort(events)
	fmt.Fprintln(out, "\nEvents, for on:")
	writeWords(out, events)
	fmt.Fprintln(out, "\nmoonlark help lua NAME prints the description of a module, a function (http.get), an event or a type.")
}

// writeWords writes words in lines of at most 100 characters.
func writeWords(out io.Writer, words []string) {
	line := " "
	for _, word := range words {
		if len(line)+1+len(word) > 100 {
			fmt.Fprintln(out, line)
			line = " "
		}
		line += " " + word
	}
	fmt.Fprintln(out, line)
}
