package doctor

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"moonlark/engine/guess"
	"moonlark/engine/rest"
	"moonlark/engine/tool"
)

// maxReaders is the maximum number of goroutines that read the definitions of tools at the same
// time.
const maxReaders = 4

// readTools requests the definitions of all tools that the agent can use. It returns the tools in
// all. unread has the error for each tool that could not be read, by the tool's id.
func (c *checker) readTools(ctx context.Context, a *rest.Agent) (all []*rest.Tool, unread map[string]error) {
	if override := c.Settings.ToolIDs; override != nil {
		a.Conversation.Agent.Prompt.ToolIDs = override
	}
	ids := a.ToolIDs()
	tools, errs := make([]*rest.Tool, len(ids)), make([]error, len(ids))
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(maxReaders, len(ids)) {
		readers.Go(func() {
			for i := range next {
				tools[i], errs[i] = c.Client.Tool(ctx, ids[i])
			}
		})
	}
	for i := range ids {
		next <- i
	}
	close(next)
	readers.Wait()
	unread = map[string]error{}
	for i, err := range errs {
		if err != nil {
			unread[ids[i]] = err
			continue
		}
		all = append(all, tools[i])
	}
	inline := a.Conversation.Agent.Prompt.Tools
	for i := range inline {
		// The API may list a tool here although the tool also has an id and was read above.
		if t := &inline[i]; !slices.ContainsFunc(all, func(o *rest.Tool) bool { return o.Name == t.Name && o.Type == t.Type }) {
			all = append(all, t)
		}
	}
	return all, unread
}

// checkTools compares the tools that the scripts register with the tools of the agent. agentTools
// and unread are the results of readTools.
func (c *checker) checkTools(a *rest.Agent, agentTools []*rest.Tool, unread map[string]error) {
	const group = "tools"
	for _, id := range sortedKeys(unread) {
		c.fail(group, id, unread[id].Error(), hintOf(unread[id]))
	}
	clientTools := map[string]*rest.Tool{}
	// The types of the agent's tools that are not client tools, by name.
	otherTypes := map[string]string{}
	for _, name := range a.BuiltIn() {
		otherTypes[name] = "system"
	}
	for _, t := range agentTools {
		if !t.Client() {
			otherTypes[t.Name] = t.Type
			continue
		}
		if clientTools[t.Name] != nil {
			c.warn(group, t.Name, "the agent has two client tools of this name", "remove one of them")
			continue
		}
		clientTools[t.Name] = t
	}
	var specs []*tool.Spec
	inScripts := map[string]bool{}
	for _, s := range c.Scripts {
		for _, spec := range s.Tools {
			specs = append(specs, spec)
			inScripts[spec.Name] = true
		}
	}
	var unclaimed []string // the agent's client tools that no script registers
	for _, name := range sortedKeys(clientTools) {
		if !inScripts[name] {
			unclaimed = append(unclaimed, name)
		}
	}
	var hidingErrors []string // tools whose errors the agent may not see
	for _, spec := range specs {
		if t := clientTools[spec.Name]; t != nil {
			c.compareTool(spec, t)
			if t.ErrorHandling == "auto" && t.ExpectsResponse {
				hidingErrors = append(hidingErrors, t.Name)
			}
			continue
		}
		if meant := c.missingTool(spec, unclaimed, otherTypes[spec.Name]); meant != "" {
			unclaimed = slices.DeleteFunc(unclaimed, func(name string) bool { return name == meant })
		}
	}
	for _, name := range unclaimed {
		switch {
		case len(specs) == 0 && len(c.Scripts) == 0:
			c.skip(group, name, "no script was given that could have this tool", "")
		case c.LoadError != nil:
			c.skip(group, name, "a script that could have this tool does not load", "")
		default:
			c.fail(group, name, "no script has this tool: the agent's calls fail", "register_tool("+quote(name)+", ...), or remove it from the agent's tools")
		}
	}
	if len(hidingErrors) > 0 {
		c.warn(group, "errors", `the error handling "auto" may hide errors from the agent: `+strings.Join(hidingErrors, ", "), "set the tools' error handling to passthrough")
	}
	if len(specs) == 0 && len(clientTools) == 0 {
		c.ok(group, "", "neither the scripts nor the agent have any tools")
	}
}

// missingTool reports that the agent has no client tool for spec, a tool of a script. unclaimed are
// the agent's client tools that no script registers. otherType is the type of another tool of the
// agent with the same name, or "". missingTool returns the unclaimed tool whose name is most
// similar, because one of the names is probably misspelt. It returns "" if none is similar.
func (c *checker) missingTool(spec *tool.Spec, unclaimed []string, otherType string) string {
	const group = "tools"
	if otherType != "" {
		c.fail(group, spec.Name, "the agent has a "+otherType+" tool of this name: the script's tool is never called", "make it a client tool, or rename the script's tool ("+spec.Source+")")
		return ""
	}
	for _, name := range unclaimed {
		if strings.EqualFold(name, spec.Name) {
			c.fail(group, spec.Name, "the agent's tool is called "+name+": upper and lower case matter", "register it as "+quote(name)+" in "+spec.Source)
			return name
		}
	}
	if near := guess.Nearest(spec.Name, unclaimed); near != "" {
		c.fail(group, spec.Name, "the agent has no such tool, but "+near, "register it as "+quote(near)+" in "+spec.Source+", if that is what was meant")
		return near
	}
	c.fail(group, spec.Name, "the agent has no such tool, so it is never called", "moonlark tools push, or give the agent a client tool of this name")
	return ""
}

// compareTool compares a script's tool (spec) with the agent's tool of the same name (t).
func (c *checker) compareTool(spec *tool.Spec, t *rest.Tool) {
	const group = "tools"
	good := true
	report := func(level Level, text, fix string) {
		c.report(Finding{level, group, spec.Name, text, fix})
		good = false
	}
	if spec.Parameters != nil {
		comparison{spec, report}.object("", spec.Parameters, t.Parameters)
	}
	if !t.ExpectsResponse {
		report(Warning, "the agent does not wait for the result: results and errors are discarded", "enable \"wait for response\" (expects_response) in the tool's settings")
	} else {
		compareTimeouts(spec.Deadline(), seconds(t.ResponseTimeout), report)
		if t.ErrorHandling == "hide" {
			report(Warning, "errors are hidden from the agent: it does not know that a call failed", "set the tool's error handling to passthrough")
		}
	}
	if good {
		c.ok(group, spec.Name, "script and agent agree")
	}
}

// timeoutMargin is how much shorter than the agent's timeout the script's timeout should be.
const timeoutMargin = 5 * time.Second

// agentDefaultTimeout is how long an agent waits for a tool result if the tool's settings have no
// timeout.
const agentDefaultTimeout = 20 * time.Second

// compareTimeouts compares the script's timeout for a tool call with the time that the agent waits
// for the result. The script's timeout should be a little shorter: then the agent still receives
// the error that says that the call took too long.
func compareTimeouts(script, agent time.Duration, report func(level Level, text, fix string)) {
	raise := fmt.Sprintf("raise response_timeout_secs in the tool's settings to %v", math.Ceil((script + timeoutMargin).Seconds()))
	lower := fmt.Sprintf("set timeout = %v in the script", max(agent-timeoutMargin, agent/2).Seconds())
	switch {
	case agent < script && script+timeoutMargin <= tool.MaxTimeout:
		report(Error, fmt.Sprintf("the agent's timeout is %s, the script's is %s", formatDuration(agent), formatDuration(script)), raise)
	case agent < script:
		report(Error, fmt.Sprintf("the agent's timeout is %s, the script's is %s", formatDuration(agent), formatDuration(script)), lower)
	case agent == script:
		report(Warning, fmt.Sprintf("agent and script have the same timeout, %s: either may be first", formatDuration(agent)), lower)
	case agent > agentDefaultTimeout && agent-script > 2*timeoutMargin:
		report(Warning, fmt.Sprintf("the script's timeout is %s, although the agent waits for %s", formatDuration(script), formatDuration(agent)), lower+", if a call can take that long")
	}
}

func quote(name string) string { return strconv.Quote(name) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
