package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"moonlark/engine/rest"
	"moonlark/engine/safetext"
	"moonlark/engine/tool"
	"moonlark/engine/toolpush"
)

// agentToolsFlags select the agent whose tools a command reads or changes.
type agentToolsFlags struct {
	Agent    *string `placeholder:"ID" help:"The ElevenLabs agent ($$ELEVENLABS_AGENT_ID). It is read and changed with $$ELEVENLABS_API_KEY."`
	Branch   string  `placeholder:"ID" help:"Branch of the agent."`
	apiFlags `embed:""`
}

// options returns the agent, and how to reach the API.
func (f agentToolsFlags) options() (toolpush.Options, error) {
	target, err := targetFlags{Agent: f.Agent}.target(os.Getenv("ELEVENLABS_AGENT_ID"))
	connection, connectionErr := hostFlags{apiFlags: f.apiFlags}.connection(os.Getenv("ELEVENLABS_API_KEY"))
	err = errors.Join(err, connectionErr)
	if err == nil {
		err = rest.CheckHost(connection.Host)
	}
	if err == nil && target.Agent == "" {
		err = errors.New("no agent was given: add --agent ID, or set ELEVENLABS_AGENT_ID")
	}
	client := &rest.Client{Host: connection.Host, Key: connection.Key}
	return toolpush.Options{Client: client, Agent: target.Agent, Branch: clean(f.Branch)}, err
}

// plan compares the tools with those of the agent. It prints warnings on stderr.
func (f agentToolsFlags) plan(ctx context.Context, con *console, specs []*tool.Spec, opts toolpush.Options) (*toolpush.Plan, error) {
	opts.Tools = specs
	opts.Wait = func(reason string) { fmt.Fprintf(con.stderr, "moonlark: %s\n", safetext.Line(reason)) }
	plan, err := toolpush.New(ctx, opts)
	if err != nil {
		return nil, err
	}
	for _, warning := range plan.Warnings {
		fmt.Fprintf(con.stderr, "moonlark: %s\n", safetext.Line(warning))
	}
	return plan, nil
}

type toolsDiffCommand struct {
	scriptFlags     `embed:""`
	agentToolsFlags `embed:""`
}

// Run prints what push would change. It returns an error if there are changes, so that a check of
// scripts fails.
func (c *toolsDiffCommand) Run(ctx context.Context, con *console) error {
	opts, err := c.options()
	if err != nil {
		return &usageError{err}
	}
	specs, err := c.load(ctx, con)
	if err != nil {
		return err
	}
	plan, err := c.plan(ctx, con, specs, opts)
	if err != nil {
		return err
	}
	printPlan(con.stdout, plan)
	if n := len(plan.Changes()); n > 0 {
		return &shownError{fmt.Errorf("%d tools differ", n)}
	}
	return nil
}

type toolsPushCommand struct {
	scriptFlags     `embed:""`
	agentToolsFlags `embed:""`
	DryRun          bool `help:"Only show what would change."`
	Prune           bool `help:"Take client tools from the agent that no script has, and delete those that Moonlark has made and that no other agent uses. Asks first."`
	Yes             bool `help:"Do not ask."`
}

// Run gives the agent the tools of the scripts.
func (c *toolsPushCommand) Run(ctx context.Context, con *console) error {
	opts, err := c.options()
	if err != nil {
		return &usageError{err}
	}
	opts.Prune = c.Prune
	specs, err := c.load(ctx, con)
	if err != nil {
		return err
	}
	plan, err := c.plan(ctx, con, specs, opts)
	if err != nil {
		return err
	}
	printPlan(con.stdout, plan)
	switch {
	case len(plan.Changes()) == 0 || c.DryRun:
		return nil
	case len(plan.Removes()) > 0 && !c.Yes && !confirm(con.stderr, os.Stdin, removal(plan)):
		return errors.New("nothing was changed: the answer was not yes (--yes does not ask)")
	}
	fmt.Fprintln(con.stdout)
	err = plan.Apply(ctx, func(text, note string) {
		if note != "" {
			text += ": " + note
		}
		fmt.Fprintln(con.stdout, "done: "+safetext.Line(text))
	})
	var interrupted *toolpush.InterruptedError
	if errors.As(err, &interrupted) && len(interrupted.Left) > 0 {
		fmt.Fprintf(con.stderr, "moonlark: not done: %s\n", strings.Join(interrupted.Left, "; "))
	}
	return err
}

// removal says which tools the plan takes away, as a question.
func removal(plan *toolpush.Plan) string {
	var parts []string
	for _, s := range plan.Removes() {
		parts = append(parts, string(s.Action)+" "+s.Name)
	}
	return safetext.Line(strings.Join(parts, ", ")) + "?"
}

// confirm asks a question and reports whether the answer, a line of in, is yes.
func confirm(out io.Writer, in io.Reader, question string) bool {
	fmt.Fprintf(out, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

// printPlan prints the steps of a plan, with what changes.
func printPlan(w io.Writer, plan *toolpush.Plan) {
	name := plan.Agent.Name
	if name == "" {
		name = "without a name"
	}
	fmt.Fprintf(w, "agent %s (%s)\n", safetext.Line(plan.Agent.ID), safetext.Line(name))
	for _, s := range plan.Steps {
		about := strings.TrimSpace(s.Source + "  " + s.Note)
		line := fmt.Sprintf("  %-7s %-24s %s", s.Action, s.Name, about)
		fmt.Fprintln(w, strings.TrimRight(safetext.Text(line), " "))
		for text := range strings.Lines(s.Diff) {
			fmt.Fprint(w, "      "+safetext.Text(text))
		}
	}
	if len(plan.Changes()) == 0 {
		fmt.Fprintln(w, "nothing to change")
	}
}
