package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"moonlark/engine"
	"moonlark/engine/safetext"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

type checkCommand struct {
	Scripts         []string `arg:"" name:"script" help:"Lua files."`
	permissionFlags `embed:""`
	logFlags        `embed:""`
}

// Run loads the scripts and lists the tools, resources, prompts and event handlers that they offer, and
// the permissions that they need and do not have.
func (c *checkCommand) Run(ctx context.Context, con *console) error {
	permissions, err := c.permissionFlags.settings()
	if err != nil {
		return &usageError{err}
	}
	events, end := c.logFlags.showOnStderr(con)
	all, err := engine.Check(ctx, engine.Options{Scripts: c.Scripts, Bus: events, Permissions: permissions})
	end() // what the scripts printed comes before the list
	for _, s := range all {
		printSummary(con.stdout, s)
		missing, err := s.Missing(permissions)
		if err != nil {
			return err
		}
		for _, m := range missing {
			fmt.Fprintf(con.stdout, "  needs %-28s %s:%d: %s\n", m.Flag, m.File, m.Line, m.Function)
		}
	}
	return err
}

// printSummary prints what a script offers and the events that it handles.
func printSummary(w io.Writer, s script.Summary) {
	fmt.Fprintln(w, s.Path)
	for _, t := range s.Tools {
		line := fmt.Sprintf("  tool  %-28s %s", t.Name+"("+parameterList(t.Parameters)+")", t.Description)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	for _, r := range s.Resources {
		line := fmt.Sprintf("  resource  %-24s %s", r.URI, safetext.Line(cmp.Or(r.Description, r.Title)))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	for _, p := range s.Prompts {
		line := fmt.Sprintf("  prompt  %-26s %s", p.Name+"("+argumentList(p.Arguments)+")", safetext.Line(cmp.Or(p.Description, p.Title)))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	for _, name := range s.On {
		fmt.Fprintf(w, "  on    %s\n", name)
	}
}

// argumentList returns the names of a prompt's arguments, separated by commas, with "?" after the
// optional ones.
func argumentList(arguments []tool.PromptArgument) string {
	var names []string
	for _, a := range arguments {
		if !a.Required {
			a.Name += "?"
		}
		names = append(names, a.Name)
	}
	return strings.Join(names, ", ")
}

// parameterList returns the names of a tool's parameters, separated by commas, with "?" after the
// optional ones.
func parameterList(s *tool.Schema) string {
	if s == nil {
		return ""
	}
	var names []string
	for _, p := range s.Properties {
		name := p.Name
		if !slices.Contains(s.Required, name) {
			name += "?"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
