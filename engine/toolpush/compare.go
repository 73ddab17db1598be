package toolpush

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/rest"
	"moonlark/engine/tool"
	"moonlark/engine/toolexport"
)

// compare returns the step for a tool of the scripts. wanted is its definition, and has are the tools
// of the agent.
func (p *Plan) compare(ctx context.Context, spec *tool.Spec, wanted *toolexport.ClientTool, has []*rest.StoredTool) (Step, error) {
	step := Step{Action: Same, Name: spec.Name, Source: spec.Source}
	refuse := func(text string) (Step, error) {
		return Step{}, fmt.Errorf("%s: %s: %s", spec.Source, spec.Name, text)
	}
	var present *rest.StoredTool
	for _, t := range has {
		switch {
		case t.Tool.Name != spec.Name:
		case !t.Tool.Client():
			return refuse("the agent has a " + t.Tool.Type + " tool of this name: rename one of them")
		case present != nil:
			return refuse("the agent has two client tools of this name, " + present.ID + " and " + t.ID + ": remove one of them")
		default:
			present = t
		}
	}
	if slices.Contains(p.Agent.BuiltIn(), spec.Name) {
		return refuse("the agent has a system tool of this name: rename the script's tool")
	}
	for _, t := range p.Agent.Conversation.Agent.Prompt.Tools {
		if present == nil && t.Name == spec.Name {
			return refuse("the agent has a tool of this name in its own settings (prompt.tools), which only the ElevenLabs site can change: remove it there")
		}
	}
	if present == nil {
		var err error
		if present, err = p.inAccount(ctx, wanted); err != nil {
			return Step{}, err
		}
		step.Action, step.attach = Attach, true
	}
	config, err := merge(present, wanted)
	if err != nil {
		return Step{}, err
	}
	if present == nil {
		mark(config, spec)
		step.Action, step.config, step.Diff = Create, config, diffConfigs(nil, config)
		return step, nil
	}
	step.ID = present.ID
	before, err := decodeConfig(present.Config)
	if err != nil {
		return Step{}, fmt.Errorf("tool %s: %w", present.ID, err)
	}
	if step.Diff = diffConfigs(before, config); step.Diff != "" {
		step.Action, step.config = Update, config
		others, err := p.others(ctx, present.ID)
		if err != nil {
			return Step{}, err
		}
		if len(others) > 0 {
			step.Note = "also used by " + strings.Join(others, ", ")
		}
	}
	return step, nil
}

// inAccount looks in the account for a client tool with the name of the wanted tool, to give it to
// the agent instead of a new one. It prefers a tool that Moonlark has made, for example in a push
// that was interrupted. Otherwise it returns a tool with the same definition, which the command
// elevenlabs may have made, or nil. Moonlark must not change a tool of somebody else that differs.
func (p *Plan) inAccount(ctx context.Context, wanted *toolexport.ClientTool) (*rest.StoredTool, error) {
	var found []*rest.StoredTool
	err := p.repeat(ctx, true, func() (err error) {
		found, err = p.opts.Client.FindTools(ctx, wanted.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(found, isMade); i >= 0 {
		return found[i], nil
	}
	for _, t := range found {
		after, err := merge(t, wanted)
		if err != nil {
			continue // the definition is not an object
		}
		if before, err := decodeConfig(t.Config); err == nil && diffConfigs(before, after) == "" {
			return t, nil
		}
	}
	return nil, nil
}

// extra returns the step for a tool of the agent that no script has.
func (p *Plan) extra(ctx context.Context, t *rest.StoredTool) (Step, error) {
	step := Step{Action: Keep, Name: t.Tool.Name, ID: t.ID, Note: "no script has it"}
	switch {
	case !slices.Contains(p.Agent.Conversation.Agent.Prompt.ToolIDs, t.ID):
		step.Note = "no script has it; a node of the agent's workflow uses it"
		return step, nil
	case !p.opts.Prune:
		return step, nil
	}
	step.Action = Detach
	if !isMade(t) {
		step.Note = "not deleted, because Moonlark has not made it"
		return step, nil
	}
	others, err := p.others(ctx, t.ID)
	switch {
	case err != nil:
		return Step{}, err
	case len(others) > 0:
		step.Note = "not deleted, because it is also used by " + strings.Join(others, ", ")
	case slices.Contains(workflowIDs(p.Agent), t.ID):
		step.Note = "not deleted, because a node of the agent's workflow uses it"
	default:
		step.Action, step.Note = Delete, ""
	}
	return step, nil
}

// workflowIDs returns the ids of the tools that the agent can use in its workflow.
func workflowIDs(a *rest.Agent) []string {
	onlyNodes := *a
	onlyNodes.Conversation.Agent.Prompt.ToolIDs = nil
	return onlyNodes.ToolIDs()
}

// others returns the names of the other agents that use the tool with this id.
func (p *Plan) others(ctx context.Context, id string) ([]string, error) {
	var users []rest.User
	err := p.repeat(ctx, true, func() (err error) {
		users, err = p.opts.Client.ToolUsers(ctx, id)
		return err
	})
	var names []string
	for _, user := range users {
		switch {
		case user.ID == p.opts.Agent:
		case user.Name != "":
			names = append(names, user.Name)
		default:
			names = append(names, user.ID)
		}
	}
	return names, err
}
