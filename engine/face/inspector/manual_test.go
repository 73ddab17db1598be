package inspector

import (
	"testing"

	"moonlark/engine/face/control"
)

// tools are the tools in the picture of the manual.
const tools = `
register_tool("set_light", { description = "Turns a light on or off", parameters = {
  room = { type = "string", enum = { "hall", "kitchen" } }, on = { type = "boolean" } } }, print)
register_tool("tide_at", { description = "The height of the water at a place", parameters = {
  place = { type = "string", description = "name of the station" }, hours = { type = "integer", optional = true, description = "from now" } } }, print)
register_tool("next_ferry", { description = "The next ferry to a place", parameters = { to = "string" } }, print)
register_tool("opening_hours", { description = "When the harbour office is open", parameters = {} }, print)
`

func TestThePictureInTheManual(t *testing.T) {
	chromium.Need(t)
	f := start(t, tools, control.Options{})
	f.showConversation(f.engine.Remote())
	b := chromium.Open(t, f.url+"/inspect", 1440, 810)
	b.Prefer("prefers-color-scheme", "dark")
	b.UntilText("hall on")
	b.Do(`[...document.querySelectorAll(".line.call")].find((e) => e.textContent.includes("no tide")).click()`)
	b.UntilText("What the agent got")
	b.ManualPicture("../../../docs/inspector.webp", *update)
}
