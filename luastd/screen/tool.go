package screen

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/screen"
	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// text returns a schema for a text.
func text(description string) *tool.Schema {
	return &tool.Schema{Type: "string", Description: description}
}

// entries returns a schema for a list of texts with details.
func entries(description string, more ...tool.Property) *tool.Schema {
	return &tool.Schema{Type: "array", Description: description, Items: &tool.Schema{
		Type: "object", Required: []string{"text"},
		Properties: append([]tool.Property{{Name: "text", Schema: text("")}, {Name: "detail", Schema: text("")}}, more...),
	}}
}

// toolKinds are the properties of a block by its kind, for the kinds that an agent may make.
var toolKinds = map[string][]tool.Property{
	"text": {{Name: "text", Schema: text("a paragraph")}, {Name: "style", Schema: &tool.Schema{
		Type: "string", Enum: screen.Styles, Description: "how large it is; eyebrow is a small line above, default body"}}},
	"big":  {{Name: "big", Schema: text("one short thing in very large letters, such as a time or a price")}, {Name: "badge", Schema: text("a few words beside big")}},
	"list": {{Name: "list", Schema: entries("short entries with a detail each")}},
	"cards": {{Name: "cards", Schema: entries("things to choose from; touching one says the sentence",
		tool.Property{Name: "say", Schema: text("what the user says by touching the card")})}},
	"chart": {
		{Name: "chart", Schema: &tool.Schema{Type: "object", Required: []string{"kind", "x", "y"}, Properties: []tool.Property{
			{Name: "kind", Schema: &tool.Schema{Type: "string", Enum: []string{"bars", "line"}}},
			{Name: "x", Schema: &tool.Schema{Type: "array", Description: "the names of the values", Items: text("")}},
			{Name: "y", Schema: &tool.Schema{Type: "array", Description: "the values", Items: &tool.Schema{Type: "number"}}},
			{Name: "unit", Schema: text("")}}}},
		{Name: "alt", Schema: text("with chart: what the chart shows, in a sentence")},
	},
	"qr": {{Name: "qr", Schema: text("a web address, shown as a QR code")}, {Name: "caption", Schema: text("what the QR code is for")}},
	"buttons": {{Name: "buttons", Schema: &tool.Schema{Type: "array", Description: "what the user can do next", Items: &tool.Schema{
		Type: "object", Required: []string{"text", "say"},
		Properties: []tool.Property{{Name: "text", Schema: text("")}, {Name: "say", Schema: text("what the user says by touching the button")}}}}}},
	"progress": {{Name: "progress", Schema: &tool.Schema{Type: "number", Description: "from 0 to 1"}}},
}

// tool is the Lua function screen.tool.
func (m *module) tool(L *lua.LState) int {
	name, list := L.CheckString(1), L.CheckTable(2)
	o := value.CheckOptions(L, 3, "description")
	if err := tool.CheckName(name); err != nil {
		L.RaiseError("screen.tool: %s", err)
	}
	var known, kinds []string
	for kind := range toolKinds {
		known = append(known, kind)
	}
	slices.Sort(known)
	block := &tool.Schema{Type: "object", Description: "one part of the screen; it has exactly one of " + strings.Join(kindsIn(list), ", ")}
	for i := 1; i <= list.Len(); i++ {
		kind := list.RawGetInt(i).String()
		if toolKinds[kind] == nil || slices.Contains(kinds, kind) {
			L.ArgError(2, value.Quote(kind)+" is not one of the blocks "+strings.Join(known, ", ")+guess.DidYouMean(kind, known)+", or it is there twice")
		}
		kinds = append(kinds, kind)
		for _, p := range toolKinds[kind] {
			if block.Property(p.Name) == nil {
				block.Properties = append(block.Properties, p)
			}
		}
	}
	if len(kinds) == 0 {
		L.ArgError(2, "a list of kinds of blocks expected, such as {\"text\", \"list\"}")
	}
	spec := &tool.Spec{
		Name: name, Source: value.Line(L),
		Description: o.String("description", "Shows something on the screen before which the user stands. It replaces what is shown. Use it when the user should see the answer too."),
		Parameters: &tool.Schema{Type: "object", Required: []string{"blocks"}, Properties: []tool.Property{
			{Name: "blocks", Schema: &tool.Schema{Type: "array", Description: "what is shown, from top to bottom", Items: block}}}},
	}
	value.Raise(L, m.rt.RegisterTool(spec, L.NewFunction(func(L *lua.LState) int { return m.showForAgent(L, kinds) })))
	return 0
}

// kindsIn returns the texts in a list.
func kindsIn(list *lua.LTable) (kinds []string) {
	for i := 1; i <= list.Len(); i++ {
		kinds = append(kinds, list.RawGetInt(i).String())
	}
	return kinds
}

// showForAgent is the handler of a tool that screen.tool has registered. A mistake is the result of the
// call, so that the agent can correct it.
func (m *module) showForAgent(L *lua.LState, kinds []string) int {
	blocks, ok := L.CheckTable(1).RawGetString("blocks").(*lua.LTable)
	err := error(nil)
	if ok {
		err = m.showTable(L, "screen.tool", blocks)
	}
	if !ok || err != nil {
		why := "blocks must be a list"
		if err != nil {
			why = err.Error()
		}
		L.Push(lua.LNil)
		L.Push(lua.LString(why + " (the kinds of blocks are " + strings.Join(kinds, ", ") + ")"))
		return 2
	}
	L.Push(lua.LString("It is on the screen now."))
	return 1
}
