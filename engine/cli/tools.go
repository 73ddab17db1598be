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

type toolsCommand struct {
	List   toolsListCommand   `cmd:"" help:"List the tools of the scripts, with their parameters, and their resources and prompts."`
	Export toolsExportCommand `cmd:"" help:"Write the definitions of the tools for other programs."`
	Diff   toolsDiffCommand   `cmd:"" help:"Compare the tools of the scripts with those of an ElevenLabs agent."`
	Push   toolsPushCommand   `cmd:"" help:"Give an ElevenLabs agent the tools of the scripts."`
}

// scriptFlags are the scripts whose tools a command uses.
type scriptFlags struct {
	Scripts         []string `arg:"" name:"script" help:"Lua files."`
	permissionFlags `embed:""`
	logFlags        `embed:""`
}

// load is like check, and returns only the tools.
func (f *scriptFlags) load(ctx context.Context, con *console) ([]*tool.Spec, error) {
	all, err := f.check(ctx, con)
	if err != nil {
		return nil, err
	}
	var specs []*tool.Spec
	for _, s := range all {
		specs = append(specs, s.Tools...)
	}
	return specs, nil
}

// check runs the top level of the scripts and returns what they offer. What the scripts print is on
// stderr when check returns.
func (f *scriptFlags) check(ctx context.Context, con *console) ([]script.Summary, error) {
	permissions, err := f.permissionFlags.settings()
	if err != nil {
		return nil, &usageError{err}
	}
	events, end := f.logFlags.showOnStderr(con)
	servers, err := f.mcpServersFlag.open(events)
	if err != nil {
		end()
		return nil, err
	}
	defer servers.Close()
	startServers(ctx, servers) // what has become of them is in the log
	all, err := engine.Check(ctx, engine.Options{Scripts: f.Scripts, Bus: events, Permissions: permissions, MCPServers: servers})
	end()
	return all, err
}

type toolsListCommand struct {
	scriptFlags `embed:""`
}

// Run lists the tools of the scripts, and then their resources and prompts if they have any.
func (c *toolsListCommand) Run(ctx context.Context, con *console) error {
	all, err := c.check(ctx, con)
	if err != nil {
		return err
	}
	var resources []*tool.Resource
	var prompts []*tool.Prompt
	for _, s := range all {
		for _, spec := range s.Tools {
			printTool(con.stdout, spec)
		}
		resources, prompts = append(resources, s.Resources...), append(prompts, s.Prompts...)
	}
	printResources(con.stdout, resources)
	printPrompts(con.stdout, prompts)
	return nil
}

// printTool prints a tool, a line for each parameter, and one for the result if the script declares
// it.
func printTool(w io.Writer, spec *tool.Spec) {
	printRow(w, "", spec.Name, spec.Description)
	printRow(w, "  ", "at", spec.Source)
	if spec.Title != "" {
		printRow(w, "  ", "title", spec.Title)
	}
	if hints := hintWords(spec.Hints); hints != "" {
		printRow(w, "  ", "calls", hints)
	}
	if spec.OnWorker {
		where := "worker"
		if spec.Job {
			where = fmt.Sprintf("worker, as a job of at most %v", spec.Expiry())
		}
		printRow(w, "  ", "where", where)
	}
	if spec.Parameters != nil {
		printProperties(w, "  ", spec.Parameters)
	}
	if spec.Returns != nil {
		printRow(w, "  ", "returns", "")
		printProperties(w, "    ", spec.Returns)
	}
}

// printProperties prints a line for each property of the object, with "?" after the names of those
// that may be missing. indent is the beginning of each line.
func printProperties(w io.Writer, indent string, object *tool.Schema) {
	for _, p := range object.Properties {
		name := p.Name
		if !slices.Contains(object.Required, name) {
			name += "?"
		}
		printRow(w, indent, name, p.Describe())
		inner := p.Schema
		for inner.Items != nil {
			inner = inner.Items
			printRow(w, indent+"  ", "each", inner.Describe())
		}
		printProperties(w, indent+"  ", inner)
	}
}

// printRow prints a name and what is to be said about it, in two columns.
func printRow(w io.Writer, indent, name, text string) {
	line := fmt.Sprintf("%s%-*s %s", indent, max(24-len(indent), 0), safetext.Line(name), safetext.Line(text))
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

// printResources prints the resources in a section of their own. It prints nothing if there are none.
func printResources(w io.Writer, resources []*tool.Resource) {
	if len(resources) > 0 {
		fmt.Fprintln(w, "\nresources:")
	}
	for _, r := range resources {
		printRow(w, "  ", r.URI, r.Description)
		printOrigin(w, r.Source, r.Title)
		if r.MIME != "" {
			printRow(w, "    ", "mime", r.MIME)
		}
	}
}

// printPrompts prints the prompts in a section of their own, with a line for each argument. It prints
// nothing if there are none.
func printPrompts(w io.Writer, prompts []*tool.Prompt) {
	if len(prompts) > 0 {
		fmt.Fprintln(w, "\nprompts:")
	}
	for _, p := range prompts {
		printRow(w, "  ", p.Name, p.Description)
		printOrigin(w, p.Source, p.Title)
		for _, a := range p.Arguments {
			if !a.Required {
				a.Name += "?"
			}
			printRow(w, "    ", a.Name, cmp.Or(a.Description, a.Title))
		}
	}
}

// printOrigin prints where a resource or prompt was registered, and its title if it has one.
func printOrigin(w io.Writer, source, title string) {
	printRow(w, "    ", "at", source)
	if title != "" {
		printRow(w, "    ", "title", title)
	}
}

// hintWords returns the hints of a tool in words, such as "read only, idempotent". It returns "" if
// the script sets no hints.
func hintWords(h *tool.Hints) string {
	if h == nil {
		return ""
	}
	var words []string
	for _, hint := range []struct {
		is   bool
		word string
	}{{h.ReadOnly, "read only"}, {h.Destructive, "destructive"}, {h.Idempotent, "idempotent"}, {h.OpenWorld, "open world"}} {
		if hint.is {
			words = append(words, hint.word)
		}
	}
	if len(words) == 0 {
		return "not destructive"
	}
	return strings.Join(words, ", ")
}
