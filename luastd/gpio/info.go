package gpio

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
)

// info is the Lua function gpio.info.
func (m *module) info(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "gpio.info")
	if b := m.rt.Permit(); !m.isFaked() && !b.HasAny(permit.GPIO) {
		L.RaiseError("gpio.info: %s", b.CheckDevice(permit.GPIO, "use pins"))
	}
	chips, err := m.board.Chips()
	if err != nil {
		return pushError(L, err)
	}
	list := L.CreateTable(len(chips), 0)
	for _, c := range chips {
		lines := L.CreateTable(len(c.Lines), 0)
		for _, l := range c.Lines {
			t := L.CreateTable(0, 5)
			t.RawSetString("offset", lua.LNumber(l.Offset))
			t.RawSetString("used", lua.LBool(l.Used))
			if l.Name != "" {
				t.RawSetString("name", lua.LString(l.Name))
			}
			if l.Consumer != "" {
				t.RawSetString("consumer", lua.LString(l.Consumer))
			}
			direction := "input"
			if l.Output {
				direction = "output"
			}
			t.RawSetString("direction", lua.LString(direction))
			lines.Append(t)
		}
		chip := L.CreateTable(0, 3)
		chip.RawSetString("chip", lua.LString(c.Name))
		chip.RawSetString("label", lua.LString(c.Label))
		chip.RawSetString("lines", lines)
		list.Append(chip)
	}
	L.Push(list)
	return 1
}
