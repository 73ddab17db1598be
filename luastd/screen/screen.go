// Package screen is the Lua module "screen": what the screen of a kiosk shows.
//
//	screen.setup(options)            sets the title, the language, the colours and what the page does
//	screen.show(blocks)              shows blocks in place of what is shown
//	screen.update(id, block)      -> true; or nil, reason, code
//	screen.note(text [, seconds])    shows a short message over what is there
//	screen.ask(question)          -> the text of the choice; or nil, reason, code
//	screen.idle(options)             sets the page that is shown when nobody is there
//	screen.clear()                -> true; or nil, reason, code
//	screen.pages()                -> list of the open pages
//	screen.tool(name, kinds [, options])  registers a tool with which an agent shows blocks
//
// The document is that of engine/screen, whose client is a luastd.Resource of the script: what is shown stays
// while the script is loaded again. Everything but ask works without a page; a question waits for one.
//
// Touches come on goroutines of the page. They go into a queue, and a task of the generation calls the
// functions of the script. Bounds: those of engine/screen, and 64 touches that wait for the script.
package screen

import (
	_ "embed"
	"errors"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/screen"
	"moonlark/luastd"
	"moonlark/luastd/callbacks"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "screen".
var Module = luastd.Module{Name: "screen", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Read}}

const (
	maxQueue    = 64 // maximal number of touches that wait for the script
	maxNote     = 60 * time.Second
	defaultNote = 6 * time.Second
)

// A module is the module of one Lua state. The executor's goroutine uses all fields but those that mu
// guards.
type module struct {
	rt     luastd.Runtime
	screen *screen.Screen
	waiter callbacks.Waiter

	generation int
	client     *screen.Client // of the script; nil while it loads, or after failure
	failure    error          // why the claim of the client has failed
	pending    []func()       // what the top level of the script has asked for

	handlers    map[int]*lua.LFunction // the functions of on_press, by Number
	lastHandler int
	makers      int  // number of tasks that make blocks; their handlers are not on the screen yet
	delivering  bool // the task that calls the functions has been started

	mu      sync.Mutex // guards queue
	queue   []screen.Pressed
	pressed callbacks.Signal // sent when the queue is not empty
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, screen: rt.Screen(), waiter: callbacks.Waiter{Runtime: rt, Rest: rt.Fakes() != nil}, handlers: make(map[int]*lua.LFunction)}
	m.generation = m.screen.NewGeneration()
	_, err := rt.Claim(luastd.Claim{
		Kind: "screen",
		Open: func() (luastd.Resource, error) { return m.screen.NewClient(rt.Name()), nil },
		Use:  m.use,
	})
	if err != nil {
		m.failure = err
	}
	t := L.CreateTable(0, 9)
	functions := map[string]lua.LGFunction{
		"setup": m.setup, "show": m.show, "update": m.update, "note": m.note, "ask": m.ask, "idle": m.idle, "clear": m.clear,
		"pages": m.pages, "tool": m.tool,
	}
	value.SetFunctions(L, t, functions)
	value.RaiseForUnknown(L, "screen", t, functions, foreignFunctions)
	return t
}

// foreignFunctions are the names that functions like those of the module have elsewhere.
var foreignFunctions = map[string]string{
	"display": "screen.show(blocks)", "print": "screen.show(blocks)", "draw": "screen.show(blocks)", "set": "screen.update(id, block)",
	"notify": "screen.note(text)", "toast": "screen.note(text)", "alert": "screen.note(text)", "confirm": "screen.ask(question)",
	"dialog": "screen.ask(question)", "hide": "screen.clear()", "config": "screen.setup(options)", "theme": "screen.setup{theme = {...}}",
}

// use gets the client of the script when the script comes into use, and does what its top level has asked
// for. It runs on the executor's goroutine.
func (m *module) use(r luastd.Resource, err error) {
	if err != nil {
		m.failure = err
		return
	}
	m.client = r.(*screen.Client)
	m.client.SetGeneration(m.generation, m.press)
	for _, do := range m.pending {
		do()
	}
	m.pending = nil
}

// do uses the client, now or when the script comes into use. It raises the error of do.
func (m *module) do(L *lua.LState, function string, do func() error) {
	if m.failure != nil {
		L.RaiseError("%s: %s", function, m.failure)
	}
	if m.client == nil {
		m.pending = append(m.pending, func() { do() }) // show and the others have checked for mistakes
		return
	}
	if err := do(); err != nil {
		L.RaiseError("%s: %s", function, err)
	}
}

// setup is the Lua function screen.setup.
func (m *module) setup(L *lua.LState) int {
	tree := m.tree(L, "screen.setup", L.CheckTable(1))
	maker := m.screen.Maker(nil)
	if _, err := maker.Settings(tree, screen.DefaultSettings()); err != nil {
		L.RaiseError("screen.setup: %s", err)
	}
	m.do(L, "screen.setup", func() error { return m.client.Setup(maker, tree) })
	return 0
}

// show is the Lua function screen.show.
func (m *module) show(L *lua.LState) int {
	if err := m.showTable(L, "screen.show", L.CheckTable(1)); err != nil {
		L.RaiseError("screen.show: %s", err)
	}
	return 0
}

// showTable shows the blocks in t. The error is a mistake in the blocks.
func (m *module) showTable(L *lua.LState, function string, t *lua.LTable) error {
	err := m.makeBlocks(func() error {
		tree := m.tree(L, function, t)
		content, err := m.screen.Maker(m.images(L, tree)).Blocks(tree)
		if err == nil {
			m.do(L, function, func() error { return m.client.Show(content) })
		}
		return err
	})
	if err != nil {
		return err
	}
	return m.deliverTouches(L)
}

// makeBlocks runs f, which makes blocks and shows them. f may wait, so that other tasks run meanwhile. After
// that, makeBlocks forgets the functions that no touch calls any more.
func (m *module) makeBlocks(f func() error) error {
	m.makers++
	defer func() { // also after an error of Lua
		m.makers--
		m.forgetHandlers()
	}()
	return f()
}

// update is the Lua function screen.update.
func (m *module) update(L *lua.LState) int {
	id, t := L.CheckString(1), L.CheckTable(2)
	luastd.CheckLoaded(L, m.rt, "screen.update")
	err := m.makeBlocks(func() error {
		tree := m.tree(L, "screen.update", t)
		maker := m.screen.Maker(m.images(L, tree))
		if m.failure != nil {
			return m.failure
		}
		return m.client.Update(maker, id, tree)
	})
	if errors.Is(err, screen.ErrNotOwner) {
		return value.PushFailure(L, "not_shown", "%s", err)
	}
	if err == nil {
		err = m.deliverTouches(L)
	}
	if err != nil {
		L.RaiseError("screen.update: %s", err)
	}
	L.Push(lua.LTrue)
	return 1
}

// note is the Lua function screen.note.
func (m *module) note(L *lua.LState) int {
	text := L.CheckString(1)
	d := defaultNote
	if L.Get(2) != lua.LNil {
		d = value.CheckTimeout(L, 2, time.Second, maxNote)
	}
	if len(text) > 1000 {
		L.ArgError(1, "a note has at most 1000 bytes")
	}
	m.do(L, "screen.note", func() error { return m.client.Note(text, d) })
	return 0
}

// idle is the Lua function screen.idle.
func (m *module) idle(L *lua.LState) int {
	page, err := m.screen.Maker(nil).IdlePage(m.tree(L, "screen.idle", L.CheckTable(1)))
	if err != nil {
		L.RaiseError("screen.idle: %s", err)
	}
	m.do(L, "screen.idle", func() error { return m.client.SetIdle(page) })
	return 0
}

// clear is the Lua function screen.clear.
func (m *module) clear(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "screen.clear")
	err := m.failure
	if err == nil {
		err = m.client.Clear()
	}
	if err != nil {
		return value.PushFailure(L, "not_shown", "%s", err)
	}
	L.Push(lua.LTrue)
	return 1
}

// pages is the Lua function screen.pages.
func (m *module) pages(L *lua.LState) int {
	list := L.CreateTable(0, 0)
	list.Metatable = value.ArrayMetatable(L)
	for _, p := range m.screen.Pages() {
		t := L.CreateTable(0, 4)
		t.RawSetString("width", lua.LNumber(p.Width))
		t.RawSetString("height", lua.LNumber(p.Height))
		t.RawSetString("touch", lua.LBool(p.Touch))
		t.RawSetString("sound", lua.LBool(p.Sound))
		list.Append(t)
	}
	L.Push(list)
	return 1
}
