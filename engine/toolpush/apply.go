package toolpush

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// An operation is one change that Apply makes, which is one request or more.
type operation struct {
	text string // what it does, such as "create get_time"
	// run makes the change. note is something that the user should know; it is usually empty.
	run func(ctx context.Context) (note string, err error)
}

// An InterruptedError is the error of Apply when a change failed. Done lists the changes that were
// made before, Failed is the change that failed, and Left lists the changes that were not tried.
type InterruptedError struct {
	Done   []string // such as "create get_time"
	Failed string
	Left   []string
	err    error
}

// Error returns the change that failed, with the reason.
func (e *InterruptedError) Error() string { return e.Failed + ": " + e.err.Error() }

// Unwrap returns the error of the change that failed.
func (e *InterruptedError) Unwrap() error { return e.err }

// Apply carries out the plan. It creates and updates tools first, then changes the agent's list of
// tools, and deletes tools last, so that the list never contains a tool that does not exist. Apply
// calls report after each change, with a note for the user, which is usually empty. It stops at the
// first change that fails; the error is an *InterruptedError.
func (p *Plan) Apply(ctx context.Context, report func(text, note string)) error {
	all := p.operations()
	for i, op := range all {
		note, err := op.run(ctx)
		if err == nil {
			report(op.text, note)
			continue
		}
		interrupted := &InterruptedError{Failed: op.text, err: err}
		for _, done := range all[:i] {
			interrupted.Done = append(interrupted.Done, done.text)
		}
		for _, left := range all[i+1:] {
			interrupted.Left = append(interrupted.Left, left.text)
		}
		return interrupted
	}
	return nil
}

// operations returns the changes of the plan, in the order in which they must be made.
func (p *Plan) operations() []operation {
	var all, deletions []operation
	var attach []*string // the ids of tools that the agent gets, which may be known only later
	var detach []string
	var attached, detached []string // names
	for _, s := range p.Changes() {
		id := &s.ID
		if s.config != nil {
			all = append(all, p.write(s, id))
		}
		if s.attach {
			attach, attached = append(attach, id), append(attached, s.Name)
		}
		switch s.Action {
		case Delete:
			deletions = append(deletions, p.deletion(s))
			fallthrough
		case Detach:
			detach, detached = append(detach, s.ID), append(detached, s.Name)
		}
	}
	if len(attach)+len(detach) > 0 {
		all = append(all, operation{listText(attached, detached), func(ctx context.Context) (string, error) {
			return "", p.setToolIDs(ctx, attach, detach)
		}})
	}
	return append(all, deletions...)
}

// listText says which tools the agent gets and loses.
func listText(attached, detached []string) string {
	var parts []string
	if len(attached) > 0 {
		parts = append(parts, "attach "+strings.Join(attached, ", "))
	}
	if len(detached) > 0 {
		parts = append(parts, "detach "+strings.Join(detached, ", "))
	}
	return strings.Join(parts, "; ")
}

// write returns the operation that creates or changes the tool of the step. It sets id to the id of a
// tool that it creates.
func (p *Plan) write(s Step, id *string) operation {
	if s.ID != "" {
		return operation{"update " + s.Name, func(ctx context.Context) (string, error) {
			return "", p.repeat(ctx, true, func() error { return p.opts.Client.UpdateTool(ctx, s.ID, s.config) })
		}}
	}
	return operation{"create " + s.Name, func(ctx context.Context) (string, error) {
		return "", p.repeat(ctx, false, func() (err error) {
			*id, err = p.opts.Client.CreateTool(ctx, s.config)
			return err
		})
	}}
}

// setToolIDs gives tools to the agent and takes tools from it. It reads the agent again first, because
// somebody may have changed its tools since the plan was made.
func (p *Plan) setToolIDs(ctx context.Context, attach []*string, detach []string) error {
	a, err := p.readAgent(ctx)
	if err != nil {
		return err
	}
	ids := slices.DeleteFunc(slices.Clone(a.Conversation.Agent.Prompt.ToolIDs), func(id string) bool { return slices.Contains(detach, id) })
	for _, id := range attach {
		if !slices.Contains(ids, *id) {
			ids = append(ids, *id)
		}
	}
	if ids == nil {
		ids = []string{} // without tools, the list must be empty, not null
	}
	return p.repeat(ctx, true, func() error { return p.opts.Client.SetToolIDs(ctx, p.opts.Agent, p.opts.Branch, ids) })
}

// deletion returns the operation that deletes the tool of the step, unless an agent uses it.
func (p *Plan) deletion(s Step) operation {
	return operation{"delete " + s.Name, func(ctx context.Context) (string, error) {
		var users int
		err := p.repeat(ctx, true, func() error {
			all, err := p.opts.Client.ToolUsers(ctx, s.ID)
			users = len(all)
			return err
		})
		if err != nil {
			return "", err
		}
		if users > 0 {
			return fmt.Sprintf("not deleted: %d agents or branches use it now", users), nil
		}
		return "", p.repeat(ctx, true, func() error { return p.opts.Client.DeleteTool(ctx, s.ID) })
	}}
}
