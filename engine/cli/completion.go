package cli

import (
	"embed"
	"fmt"
	"io"
	"slices"

	"moonlark/engine/cli/complete"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: ${enum}."`
}

// shells has the programs that make shells complete command lines, by the name of the shell.
//
//go:embed shells
var shells embed.FS

// Run prints the program that makes a shell complete the command lines of moonlark.
func (c *completionCommand) Run(con *console) error {
	text, err := shells.ReadFile("shells/moonlark." + c.Shell)
	if err != nil {
		return err
	}
	_, err = con.stdout.Write(text)
	return err
}

// completeWord is the first word of the command lines with which the programs in the folder shells
// ask what can come next. The words of the user follow after it.
const completeWord = "__complete"

// printNext prints the words that can come after words, each in a line with a tab and its meaning.
// The last line has a colon and says which files can come next.
func printNext(out io.Writer, con *console, words []string) {
	found, files := complete.Next(newParser(con).Model.Node, words, topics(con))
	for _, word := range found {
		fmt.Fprintf(out, "%s\t%s\n", word.Text, word.Help)
	}
	fmt.Fprintf(out, ":%s\n", files)
}

// topics returns a function that returns what can come next on the command line of help.
func topics(con *console) func(given []string) []string {
	return func(given []string) (names []string) {
		switch {
		case len(given) == 0:
			names = append(names, "lua")
			for _, command := range newParser(con).Model.Children {
				if !command.Hidden {
					names = append(names, command.Name)
				}
			}
		case slices.Equal(given, []string{"lua"}):
			names = luaReference().Names()
		}
		return names
	}
}
