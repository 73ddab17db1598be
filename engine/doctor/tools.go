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

// readTools reads the agent's tools, a few at a time, and says why some cannot
// be read, by their ids.
func (e *examination) readTools(ctx context.Context, a *rest.Agent) (all []*rest.Tool, unread map[string]error) {
	if own := e.Settings.ToolIDs; own != nil {
		a.Conversation.Agent.Prompt.ToolIDs = own
	}
	ids := a.ToolIDs()
	read, failed := make([]*rest.Tool, len(ids)), make([]error, len(ids))
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(4, len(ids)) {
		readers.Go(func() {
			for i := range next {
				read[i], failed[i] = e.Client.Tool(ctx, ids[i])
			}
		})
	}
	for i := range ids {
		next <- i
	}
	close(next)
	readers.Wait()
	unread = map[string]error{}
	for i, err := range failed {
		if err != nil {
			unread[ids[i]] = err
			continue
		}
		all = append(all, read[i])
	}
	inline := a.Conversation.Agent.Prompt.Tools
	for i := range inline {
		if t := &inline[i]; !slices.ContainsFunc(all, func(o *rest.Tool) bool { return o.Name == t.Name && o.Type == t.Type }) {
			all = append(all, t) // the API may repeat there what has an id
		}
	}
	return all, unread
}

// tools compares what the scripts offer with what the agent knows of.
func (e *examination) tools(a *rest.Agent, agents []*rest.Tool, unread map[string]error) {
	const group = "tools"
	for _, id := range sortedKeys(unread) {
		e.fail(group, id, unread[id].Error(), hintOf(unread[id]))
	}
	clients, others := map[string]*rest.Tool{}, map[string]string{}
	for _, name := range a.BuiltIn() {
		others[name] = "system"
	}
	for _, t := range agents {
		if !t.Client() {
			others[t.Name] = t.Type
			continue
		}
		if clients[t.Name] != nil {
			e.warn(group, t.Name, "the agent has two client tools of this name", "take one of them out")
			continue
		}
		clients[t.Name] = t
	}
	var specs []*tool.Spec
	offered := map[string]bool{}
	for _, s := range e.Scripts {
		for _, spec := range s.Tools {
			specs = append(specs, spec)
			offered[spec.Name] = true
		}
	}
	var unclaimed []string // client tools of the agent that no script has
	for _, name := range sortedKeys(clients) {
		if !offered[name] {
			unclaimed = append(unclaimed, name)
		}
	}
	var hidden []string
	for _, spec := range specs {
		if t := clients[spec.Name]; t != nil {
			e.compare(spec, t)
			if t.ErrorHandling == "auto" && t.ExpectsResponse {
				hidden = append(hidden, t.Name)
			}
			continue
		}
		if meant := e.lacking(spec, unclaimed, others[spec.Name]); meant != "" {
			unclaimed = slices.DeleteFunc(unclaimed, func(name string) bool { return name == meant })
		}
	}
	for _, name := range unclaimed {
		switch {
		case len(specs) == 0 && len(e.Scripts) == 0:
			e.skip(group, name, "no script was named that could have it", "")
		case e.LoadError != nil:
			e.skip(group, name, "a script that could have it does not load", "")
		default:
			e.fail(group, name, "no script has it: the agent's calls fail", "register_tool("+quote(name)+", ...), or take it out of the agent's tools")
		}
	}
	if len(hidden) > 0 {
		e.warn(group, "errors", `"auto" hides errors from the agent, ElevenLabs says, in `+strings.Join(hidden, ", "), "set the tools' error handling to passthrough")
	}
	if len(specs) == 0 && len(clients) == 0 {
		e.ok(group, "", "neither the scripts nor the agent have any")
	}
}

// lacking reports a tool that the agent does not have as a client tool. It
// returns the one that was probably meant.
func (e *examination) lacking(spec *tool.Spec, unclaimed []string, kind string) string {
	const group = "tools"
	if kind != "" {
		e.fail(group, spec.Name, "it is a "+kind+" tool of the agent: the script is never asked", "make it a client tool, or give the script's another name ("+spec.Source+")")
		return ""
	}
	for _, name := range unclaimed {
		if strings.EqualFold(name, spec.Name) {
			e.fail(group, spec.Name, "the agent calls it "+name+": upper and lower case count", "register it as "+quote(name)+" in "+spec.Source)
			return name
		}
	}
	if near := guess.Nearest(spec.Name, unclaimed); near != "" {
		e.fail(group, spec.Name, "the agent does not have it, but "+near, "register it as "+quote(near)+" in "+spec.Source+", if that is what was meant")
		return near
	}
	e.fail(group, spec.Name, "the agent does not have it, so it is never called", "give the agent a client tool of this name")
	return ""
}

// compare looks at a tool that both have.
func (e *examination) compare(spec *tool.Spec, t *rest.Tool) {
	const group = "tools"
	good := true
	report := func(level Level, text, mend string) {
		e.report(Finding{level, group, spec.Name, text, mend})
		good = false
	}
	if spec.Parameters != nil {
		c := comparison{spec, report}
		c.object("", spec.Parameters, t.Parameters)
	}
	if !t.ExpectsResponse {
		report(Warning, "the agent does not wait for it: results and errors are thrown away", "enable \"wait for response\" (expects_response) in the tool's settings")
	} else {
		compareTimes(spec.Deadline(), seconds(t.ResponseTimeout), report)
		if t.ErrorHandling == "hide" {
			report(Warning, "errors are hidden from the agent: it does not know that a call failed", "set the tool's error handling to passthrough")
		}
	}
	if good {
		e.ok(group, spec.Name, "script and agent agree")
	}
}

// compareTimes looks at how long a call may take in the script, and how long
// the agent waits for it. The script's time is to be a little shorter, so that
// the agent learns of it.
func compareTimes(script, agent time.Duration, report func(level Level, text, mend string)) {
	longer := fmt.Sprintf("raise response_timeout_secs in the tool's settings to %v", math.Ceil((script + margin).Seconds()))
	shorter := fmt.Sprintf("set timeout = %v in the script", max(agent-margin, agent/2).Seconds())
	switch {
	case agent < script && script+margin <= tool.MaxTimeout:
		report(Error, fmt.Sprintf("the agent gives up after %s, the script after %s", short(agent), short(script)), longer)
	case agent < script:
		report(Error, fmt.Sprintf("the agent gives up after %s, the script after %s", short(agent), short(script)), shorter)
	case agent == script:
		report(Warning, fmt.Sprintf("agent and script both give up after %s: which is first is luck", short(agent)), shorter)
	case agent > 20*time.Second && agent-script > 2*margin: // 20 s is what everyone has
		report(Warning, fmt.Sprintf("the script gives up after %s, though the agent waits for %s", short(script), short(agent)), shorter+", if it can take that long")
	}
}

// margin is how much sooner the script should give up than the agent.
const margin = 5 * time.Second

func quote(name string) string { return strconv.Quote(name) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
