// Package toolpush compares the tools of scripts with the tools of an ElevenLabs agent, and gives the
// agent the tools of the scripts.
//
// [New] makes a [Plan] and changes nothing. [Plan.Apply] carries the plan out. Both run on the caller's
// goroutine, and return early when the context ends. After Apply has succeeded, a new plan for the
// same tools has no changes.
package toolpush

import (
	"context"
	"slices"

	"moonlark/engine/rest"
	"moonlark/engine/tool"
	"moonlark/engine/toolexport"
)

// An Action says what is to be done with a tool.
type Action string

const (
	Create Action = "create" // make the tool in the account, and give it to the agent
	Update Action = "update" // change the tool
	Attach Action = "attach" // give the agent a tool that the account has
	Detach Action = "detach" // take the tool from the agent
	Delete Action = "delete" // take the tool from the agent, and delete it
	Keep   Action = "keep"   // do nothing: the agent has a tool that no script has
	Same   Action = "same"   // do nothing: script and agent agree
)

// A Step is what is to be done with one tool.
type Step struct {
	Action Action
	Name   string
	ID     string // the id of the tool; empty if it is to be created
	Source string // the line of the script that registers the tool; empty if no script has it
	Note   string // something that the user should know, such as which other agents use the tool
	// Diff shows what changes, as lines that begin with "-", "+" or a space. It is empty if nothing
	// changes.
	Diff string

	attach bool           // whether the agent is to get the tool
	config map[string]any // the definition to send; nil if none is
}

// A Plan is what is to be done so that an agent has the tools of the scripts.
type Plan struct {
	Agent    *rest.Agent
	Steps    []Step
	Warnings []string // sentences about tools of the scripts that the API cannot hold completely

	opts Options
}

// Options say which tools to compare with those of which agent.
type Options struct {
	Client *rest.Client
	Agent  string // the id of the agent
	Branch string // the branch of the agent; empty means the main branch
	Tools  []*tool.Spec
	// Prune takes tools from the agent that no script has, and deletes those that Moonlark has made and
	// that no other agent uses.
	Prune bool
	// Wait is called before a request is repeated, with the reason. It may be nil.
	Wait func(reason string)
}

// New compares the tools of the scripts with those of the agent. The error says which tool of the
// scripts the API cannot hold, or why the agent cannot have it. Otherwise the error is a *rest.Error,
// or the cause of ctx.
func New(ctx context.Context, opts Options) (*Plan, error) {
	p := &Plan{opts: opts}
	wanted := make([]*toolexport.ClientTool, len(opts.Tools))
	for i, spec := range opts.Tools {
		var warnings []string
		var err error
		if wanted[i], warnings, err = toolexport.NewClientTool(spec); err != nil {
			return nil, err
		}
		p.Warnings = append(p.Warnings, warnings...)
	}
	var err error
	if p.Agent, err = p.readAgent(ctx); err != nil {
		return nil, err
	}
	has, err := p.readTools(ctx)
	if err != nil {
		return nil, err
	}
	for i, spec := range opts.Tools {
		step, err := p.compare(ctx, spec, wanted[i], has)
		if err != nil {
			return nil, err
		}
		p.Steps = append(p.Steps, step)
	}
	for _, t := range has {
		if !t.Tool.Client() || slices.ContainsFunc(opts.Tools, func(spec *tool.Spec) bool { return spec.Name == t.Tool.Name }) {
			continue
		}
		step, err := p.extra(ctx, t)
		if err != nil {
			return nil, err
		}
		p.Steps = append(p.Steps, step)
	}
	return p, nil
}

// Changes returns the steps that change something.
func (p *Plan) Changes() []Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Action == Keep || s.Action == Same })
}

// Removes returns the steps that take something away.
func (p *Plan) Removes() []Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Action != Detach && s.Action != Delete })
}

func (p *Plan) readAgent(ctx context.Context) (a *rest.Agent, err error) {
	err = p.repeat(ctx, true, func() error {
		a, err = p.opts.Client.Agent(ctx, p.opts.Agent, p.opts.Branch)
		return err
	})
	return a, err
}

// readTools requests all tools that the agent can use.
func (p *Plan) readTools(ctx context.Context) (all []*rest.StoredTool, err error) {
	for _, id := range p.Agent.ToolIDs() {
		var t *rest.StoredTool
		err := p.repeat(ctx, true, func() error {
			t, err = p.opts.Client.StoredTool(ctx, id)
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}
