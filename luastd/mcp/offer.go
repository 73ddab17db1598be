package mcp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mcpclient"
	"moonlark/engine/safetext"
	"moonlark/engine/tool"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

const (
	maxName  = 64   // bytes of the name of an offered tool
	maxNames = 4000 // tools whose names are kept for a server that lists ever new ones
	// askTime is how much longer a call may take that somebody must allow.
	askTime = 45 * time.Second
	// maxList is the maximal length of the list of tools in the description of an offer with "as".
	maxList = 4 << 10
)

// An offer offers tools of a server to the agent.
type offer struct {
	h      *handle
	source string // the line that has made the offer
	set    luastd.Toolset

	allow, ask  []string
	prefix      string
	describe    map[string]string
	phrases     map[string][]string
	as          string // the name of the only tool; "" if each tool is offered
	description string // of this tool

	updating sync.Mutex // locked by update, so that the last list of the server counts

	names map[string]string // the names for the agent, by those of all tools so far; only for update

	mu    sync.Mutex        // guards tools
	tools map[string]string // the names of the tools of the server, by the names for the agent
}

// offer is the Lua method server:offer.
func (m *module) offer(L *lua.LState) int {
	h := checkHandle(L)
	o := value.CheckOptions(L, 2, "allow", "ask", "prefix", "describe", "phrases", "as", "description")
	f := &offer{
		h: h, source: value.Line(L), allow: o.StringList("allow"), ask: o.StringList("ask"),
		prefix: o.String("prefix", plain(h.name)+"_"), as: o.String("as", ""), description: o.String("description", ""),
	}
	if len(f.allow)+len(f.ask) == 0 {
		L.ArgError(2, `nothing is offered without allow or ask, such as allow = {"read_*"}; allow = {"*"} offers everything`)
	}
	if f.prefix != plain(f.prefix) || len(f.prefix) > 32 {
		o.Raise("prefix", "at most 32 of a-z, A-Z, 0-9, _ and -", lua.LString(f.prefix))
	}
	if f.as != "" {
		if err := tool.CheckName(f.as); err != nil {
			o.Raise("as", err.Error(), lua.LString(f.as))
		}
	} else if f.description != "" {
		L.ArgError(2, "description is for an offer with as; describe has the descriptions of single tools")
	}
	f.describe, f.phrases = describeOption(o), phrasesOption(o)
	if len(h.offers) >= maxOffers {
		L.RaiseError("server:offer: %d offers have been made already", maxOffers)
	}
	handler := L.NewFunction(f.handle)
	var err error
	if f.set, err = m.rt.NewToolset(handler); err != nil {
		value.Raise(L, fmt.Errorf("server:offer: %w", err))
	}
	h.mu.Lock()
	h.offers = append(h.offers, f)
	h.mu.Unlock()
	f.update()
	L.Push(lua.LTrue)
	return 1
}

// describeOption returns the option describe.
func describeOption(o value.Options) map[string]string {
	all := make(map[string]string)
	eachOf(o, "describe", "a table with descriptions of tools by name", func(name string, v lua.LValue) bool {
		text, ok := v.(lua.LString)
		all[name] = string(text)
		return ok
	})
	return all
}

// phrasesOption returns the option phrases.
func phrasesOption(o value.Options) map[string][]string {
	all := make(map[string][]string)
	eachOf(o, "phrases", "a table with lists of sentences by name of a tool", func(name string, v lua.LValue) bool {
		list, ok := v.(*lua.LTable)
		for i := 1; ok && i <= list.Len(); i++ {
			text, isText := list.RawGetInt(i).(lua.LString)
			all[name] = append(all[name], string(text))
			ok = isText
		}
		return ok
	})
	return all
}

// eachOf calls add with each field of an option that is a table. It raises an error if add returns
// false.
func eachOf(o value.Options, option, want string, add func(name string, v lua.LValue) bool) {
	v := o.Get(option)
	if v == lua.LNil {
		return
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		o.Raise(option, want, v)
	}
	t.ForEach(func(key, v lua.LValue) {
		if name, ok := key.(lua.LString); !ok || !add(string(name), v) {
			o.Raise(option, want, v)
		}
	})
}

var notPlain = regexp.MustCompile(`[^a-zA-Z0-9_-]`)

// plain replaces the characters of s that the name of a tool cannot have.
func plain(s string) string { return notPlain.ReplaceAllString(s, "_") }

// offeredNames returns the names of tools for the agent, by the names of the tools: the prefix and the
// name. A name that is too long, and one that another tool has already, ends in a hash. A tool keeps the
// name that it has in before, so that a new tool of the server never gets the name of another one; and a
// tool whose name need not be changed has priority over others.
func offeredNames(prefix string, tools []*mcpclient.Tool, before map[string]string) map[string]string {
	names := make(map[string]string)
	taken := make(map[string]bool)
	for name, offered := range before {
		names[name], taken[offered] = offered, true
	}
	add := func(name, offered string) {
		if names[name] == "" && len(offered) <= maxName && !taken[offered] {
			names[name], taken[offered] = offered, true
		}
	}
	for _, t := range tools {
		if t.Name == plain(t.Name) {
			add(t.Name, prefix+t.Name)
		}
	}
	for _, t := range tools {
		add(t.Name, prefix+plain(t.Name))
		for i := 0; names[t.Name] == ""; i++ { // the server may have a tool with the name that has the hash
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", i, t.Name))
			offered := prefix + plain(t.Name)
			add(t.Name, offered[:min(len(offered), maxName-9)]+"_"+hex.EncodeToString(sum[:4]))
		}
	}
	return names
}

// update offers the present tools of the server. While the server starts for the first time, it does
// nothing. Any goroutine may call it.
func (o *offer) update() {
	o.updating.Lock()
	defer o.updating.Unlock()
	s := o.h.current()
	if s == nil {
		return
	}
	all := s.Tools()
	if state, _ := s.Status(); state == mcpclient.Starting && len(all) == 0 {
		return
	}
	var offered []*mcpclient.Tool
	for _, t := range all {
		if !mcpclient.MatchesAny(o.allow, t.Name) && !mcpclient.MatchesAny(o.ask, t.Name) {
			continue
		}
		offered = append(offered, t)
	}
	names := make(map[string]string)
	var specs []*tool.Spec
	if o.as == "" {
		if len(o.names) > maxNames {
			o.names = nil
		}
		o.names = offeredNames(o.prefix, offered, o.names)
		for _, t := range offered {
			name := o.names[t.Name]
			names[name] = t.Name
			specs = append(specs, o.spec(name, t, s.Timeout()))
		}
	}
	if o.as != "" && len(offered) > 0 {
		specs = append(specs, o.oneSpec(offered, s.Timeout()))
	}
	o.mu.Lock()
	o.tools = names
	o.mu.Unlock()
	o.set.Set(specs)
}

// spec describes a tool to the agent.
func (o *offer) spec(name string, t *mcpclient.Tool, timeout time.Duration) *tool.Spec {
	description := t.Description
	if own, ok := o.describe[t.Name]; ok {
		description = own
	}
	return &tool.Spec{
		Name: name, Title: t.Title, Description: description, Parameters: t.Parameters,
		Phrases: o.phrases[t.Name], Timeout: o.timeout(t.Name, timeout), Source: o.source,
	}
}

// timeout returns how long a call of the tool may take whose server has this timeout.
func (o *offer) timeout(name string, timeout time.Duration) time.Duration {
	if mcpclient.MatchesAny(o.ask, name) {
		timeout += askTime
	}
	return min(timeout, tool.MaxTimeout)
}

// oneSpec describes the tool that calls all of these tools.
func (o *offer) oneSpec(tools []*mcpclient.Tool, timeout time.Duration) *tool.Spec {
	var names []string
	var list strings.Builder
	longest := time.Duration(0)
	for _, t := range tools {
		names = append(names, t.Name)
		longest = max(longest, o.timeout(t.Name, timeout))
		description := t.Description
		if own, ok := o.describe[t.Name]; ok {
			description = own
		}
		fmt.Fprintf(&list, "\n- %s: %s", t.Name, safetext.Cut(safetext.Line(description), 200, "…"))
		if parameters, err := json.Marshal(t.Parameters); err == nil && len(t.Parameters.Properties) > 0 {
			fmt.Fprintf(&list, " Arguments: %s", safetext.Cut(string(parameters), 500, "…"))
		}
	}
	description := o.description
	if description == "" {
		description = "Calls a tool of the MCP server " + o.h.name + "."
	}
	return &tool.Spec{
		Name: o.as, Description: description + " The tools are:" + safetext.Cut(list.String(), maxList, "…"),
		Parameters: &tool.Schema{Type: "object", Required: []string{"tool"}, Properties: []tool.Property{
			{Name: "tool", Schema: &tool.Schema{Type: "string", Enum: names, Description: "the tool to call"}},
			{Name: "arguments", Schema: &tool.Schema{Type: "string", Description: `its arguments, a JSON object as text, such as {"path": "a.txt"}`}},
		}},
		Phrases: o.phrases[o.as], Timeout: longest, Source: o.source,
	}
}

// handle is the handler of the offered tools: a Lua function with the arguments of the call, and the
// call.
func (o *offer) handle(L *lua.LState) int {
	name, args, err := o.target(L)
	if err != nil {
		return pushError(L, tool.ExternalClient, err.Error())
	}
	t, err := o.h.current().Tool(name)
	if err != nil {
		return pushError(L, tool.ExternalServer, err.Error())
	}
	if mcpclient.MatchesAny(o.ask, name) {
		if err := o.approve(L, t, args); err != nil {
			return pushError(L, tool.UserRejected, err.Error())
		}
	}
	r, err := o.h.run(L, name, args, o.h.m.rt.WaitLimit(o.h.current().Timeout()))
	switch {
	case err != nil:
		return pushError(L, tool.ExternalServer, err.Error())
	case r.IsError && r.Text == "":
		return pushError(L, tool.ExternalServer, name+" of "+o.h.name+" has failed")
	case r.IsError:
		return pushError(L, tool.ExternalServer, r.Text)
	case r.Text == "":
		L.Push(lua.LNil) // "ok" for the agent
	default:
		L.Push(lua.LString(r.Text))
	}
	return 1
}

// target returns the tool of the server that is called, and its arguments.
func (o *offer) target(L *lua.LState) (name string, args json.RawMessage, err error) {
	fields := L.CheckTable(1)
	if o.as == "" {
		called := L.GetField(L.Get(2), "name").String()
		o.mu.Lock()
		name = o.tools[called]
		o.mu.Unlock()
		if name == "" {
			return "", nil, fmt.Errorf("%s is not offered any more", called)
		}
		args, err = object(fields)
		return name, args, err
	}
	name = fields.RawGetString("tool").String()
	if !mcpclient.MatchesAny(slices.Concat(o.allow, o.ask), name) {
		return "", nil, fmt.Errorf("%s is not offered", name)
	}
	args = json.RawMessage("{}")
	if text, ok := fields.RawGetString("arguments").(lua.LString); ok && strings.TrimSpace(string(text)) != "" {
		args = json.RawMessage(text)
	}
	t, err := o.h.current().Tool(name)
	if err != nil {
		return "", nil, err
	}
	spec := &tool.Spec{Name: name, Parameters: t.Parameters}
	if err := spec.CheckArguments(args); err != nil {
		return "", nil, fmt.Errorf("arguments: %w", err)
	}
	return name, args, nil
}

// approve asks whether the tool may be called, and waits for the answer.
func (o *offer) approve(L *lua.LState, t *mcpclient.Tool, args json.RawMessage) error {
	rt := o.h.m.rt
	timeout := rt.WaitLimit(askTime)
	withdraw := func() {}
	defer func() { withdraw() }() // also when the task has been killed: wait panics then
	return o.h.wait(L, func(done func(any)) func() {
		cancel := rt.AskApproval(luastd.ApprovalRequest{
			Server: o.h.name, Tool: t.Name, Description: t.Description, Arguments: args, Timeout: timeout,
		}, func(err error) { done(approval{err}) })
		timer := rt.AfterFunc(timeout, func() { done(approval{fmt.Errorf("nobody has allowed the call in %v", timeout)}) })
		withdraw = func() {
			cancel()
			timer.Stop()
		}
		return nil
	}).(approval).err
}

// An approval is the answer to the question whether a tool may be called: nil means yes.
type approval struct{ err error }

// pushError pushes nil and an error of this type, as a handler returns it.
func pushError(L *lua.LState, kind tool.ErrorType, text string) int {
	t := L.CreateTable(0, 2)
	t.RawSetString("message", lua.LString(text))
	t.RawSetString("type", lua.LString(kind))
	L.Push(lua.LNil)
	L.Push(t)
	return 2
}
