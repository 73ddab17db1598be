// Package manpage writes the manual page of the command, moonlark(1), from the model of the parser
// kong, which has the same texts that --help prints. The result is roff with the macros of man(7).
package manpage

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// A Page says what the manual page shows besides the commands.
type Page struct {
	Version string // the version of the program
	Date    string // the date of the program, such as "2026-05-01"; may be empty
}

// end has the sections of the page after those of the commands.
//
//go:embed end.roff
var end string

// Write writes the manual page of app. It returns the first error of out.
func (p Page) Write(out io.Writer, app *kong.Node) error {
	w := &writer{}
	w.linef(".TH MOONLARK 1 %q %q \"User Commands\"", p.Date, "moonlark "+p.Version)
	w.linef(".SH NAME\nmoonlark \\- give a voice agent hands, written in Lua")
	w.linef(".SH SYNOPSIS\n.B moonlark\n.I command\n.RI [ flags ]\n.RI [ arguments ]")
	w.linef(".SH DESCRIPTION")
	w.text(app.Help + " A script registers tools. Moonlark holds the conversation with the agent, runs the tools that " +
		"the agent calls, and sends the results back. Without the id or the URL of an agent, it talks to the agent that is embedded in it.")
	w.linef(".SH COMMANDS")
	commands := leaves(app)
	shared := sharedFlags(commands)
	for _, command := range commands {
		w.command(command, shared)
	}
	w.linef(".SH FLAGS OF SEVERAL COMMANDS")
	for _, flag := range shared {
		w.flag(flag)
	}
	w.b.WriteString(end)
	_, err := io.WriteString(out, w.b.String())
	return err
}

// leaves returns the commands that can be run, in the order of the help.
func leaves(node *kong.Node) (all []*kong.Node) {
	for _, child := range node.Children {
		switch {
		case child.Hidden:
		case len(child.Children) > 0:
			all = append(all, leaves(child)...)
		default:
			all = append(all, child)
		}
	}
	return all
}

// flagsOf returns the flags of a command and of the commands that contain it, without the hidden
// ones.
func flagsOf(command *kong.Node) (all []*kong.Flag) {
	for _, group := range command.AllFlags(true) {
		all = append(all, group...)
	}
	return all
}

// sharedFlags returns the flags that four or more commands have, with the same meaning. The page
// describes each of them once.
func sharedFlags(commands []*kong.Node) (shared []*kong.Flag) {
	const minCommands = 4
	count := make(map[string]int)
	for _, command := range commands {
		for _, flag := range flagsOf(command) {
			if count[key(flag)]++; count[key(flag)] == minCommands {
				shared = append(shared, flag)
			}
		}
	}
	return shared
}

// key returns a text that two flags have in common if they have the same name and meaning.
func key(flag *kong.Flag) string { return flag.Name + "\x00" + flag.Help }

// A writer collects the text of the page.
type writer struct{ b strings.Builder }

// linef writes a line of roff.
func (w *writer) linef(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

// text writes a paragraph of ordinary text.
func (w *writer) text(text string) { w.linef("%s", escape(text)) }

// command writes the section of one command. shared are the flags that the page describes elsewhere.
func (w *writer) command(command *kong.Node, shared []*kong.Flag) {
	w.linef(".SS %s", quote(usage(command)))
	w.text(command.Help)
	for _, argument := range command.Positional {
		w.linef(".TP\n.I %s", quote(argument.Name))
		w.text(argument.Help)
	}
	elsewhere := make(map[string]bool)
	for _, flag := range shared {
		elsewhere[key(flag)] = true
	}
	var others []string
	for _, flag := range flagsOf(command) {
		switch {
		case !elsewhere[key(flag)]:
			w.flag(flag)
		case flag.Name != "help":
			others = append(others, "--"+flag.Name)
		}
	}
	if len(others) > 0 {
		w.linef(".PP")
		w.text("See below for " + strings.Join(others, ", ") + ".")
	}
}

// usage returns the name of a command and its arguments, such as "moonlark call script tool
// [argument ...]".
func usage(command *kong.Node) string {
	text := command.FullPath()
	if len(flagsOf(command)) > 1 { // more than --help
		text += " [flags]"
	}
	for _, argument := range command.Positional {
		name := argument.Name
		if argument.IsCumulative() {
			name += " ..."
		}
		if !argument.Required {
			name = "[" + name + "]"
		}
		text += " " + name
	}
	return text
}

// flag writes a flag and its meaning.
func (w *writer) flag(flag *kong.Flag) {
	name := "\\fB" + escape("--"+flag.Name) + "\\fR"
	if flag.Short != 0 {
		name = "\\fB" + escape("-"+string(flag.Short)) + "\\fR, " + name
	}
	if !flag.IsBool() {
		name += "=\\fI" + escape(flag.FormatPlaceHolder()) + "\\fR"
	}
	w.linef(".TP\n%s", name)
	w.text(flag.Help)
}

// escape returns text so that roff prints it as it is. Minus signs stay minus signs, so that flags
// can be copied from the page.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ", "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(strings.TrimSpace(text))
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}

// quote returns text as one argument of a macro.
func quote(text string) string { return `"` + strings.ReplaceAll(escape(text), `"`, `\(dq`) + `"` }
