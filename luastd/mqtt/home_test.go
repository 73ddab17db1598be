package mqtt_test

import (
	"strings"
	"syscall"
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

const homeSource = `
	client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "one", status = "status/one"})
	home = client:home_assistant{name = "Kitchen panel", id = "panel", area = "Kitchen"}
	`

// shown is a function for the commands of an entity that prints the command.
const shown = `on_command = function(command, e) print("command", e.id, type(command) == "table" and json.encode(command) or command) end`

func TestEntitiesOfHomeAssistant(t *testing.T) {
	b := startBroker(t)
	s := openScript(t, b, homeSource+strings.ReplaceAll(`
		temperature = home:sensor{id = "temperature", unit = "°C", class = "temperature", state_class = "measurement", expire = 60, precision = 1}
		motion = home:binary_sensor{id = "motion", class = "motion"}
		pump = home:switch{id = "pump", SHOWN}
		lamp = home:light{id = "lamp", color = true, SHOWN}
		bell = home:button{id = "bell", on_press = function(e) print("pressed", e.id) end}
		volume = home:number{id = "volume", min = 0, max = 10, step = 0.5, unit = "dB", SHOWN}
		mode = home:select{id = "mode", options = {"eco", "party"}, SHOWN}
		note = home:text{id = "note", max = 20, SHOWN}
		door = home:event{id = "door", events = {"ring", "knock"}}
		blind = home:entity("cover", {id = "blind", position_topic = "x", SHOWN})
		motion:set(false)
		pump:set(true)`, "SHOWN", shown))
	heard := subscribe(t, b, "-t", "homeassistant/#", "-t", "moonlark/#", "-F", "%t %r %p")
	for _, text := range []string{
		`"device":{"identifiers":["panel"],"name":"Kitchen panel","suggested_area":"Kitchen","sw_version":`,
		`"origin":{"name":"Moonlark"`, `"availability_topic":"status/one"`,
		`"temperature":{"default_entity_id":"sensor.kitchen_panel_temperature","device_class":"temperature","expire_after":60,"json_attributes_topic":"moonlark/panel/temperature/attributes","name":"temperature","platform":"sensor","state_class":"measurement","state_topic":"moonlark/panel/state","suggested_display_precision":1,"unique_id":"panel_temperature","unit_of_measurement":"°C","value_template":"{{ value_json['temperature'] }}"}`,
		`"supported_color_modes":["rgb"]`, `"command_topic":"moonlark/panel/lamp/set"`, `"event_types":["ring","knock"]`, `"position_topic":"x"`,
		`{"blind":null,"mode":null,"motion":"OFF","note":null,"pump":"ON","temperature":null,"volume":null}`,
	} {
		waitText(t, heard, text)
	}
	s.Check(noReplacement, []luastdtest.Row{
		{"states", `temperature:set(21.5, {room = "hall"}) motion:set(true) volume:set(3) mode:set("eco") note:set("hi") pump:set(nil) return lamp:set{brightness = 0.5, color = {255, 0, 10}}`, "true"},
		{"an event", `return door:fire("ring", {times = 2})`, "true"},
		{"a wrong event", `door:fire("kick")`, `a.lua:1: bad argument #2 to fire ("kick" is not one of the events of door)`},
		{"a wrong option", `mode:set("work")`, `a.lua:1: bad argument #2 to set ("work" is not one of the options)`},
		{"a wrong state", `motion:set("ON")`, "a.lua:1: bad argument #2 to set (true or false expected, got a string)"},
		{"a button has no state", `bell:set(true)`, "a.lua:1: entity:set: a button has no state"},
		{"a brightness", `lamp:set{brightness = 50}`, "a.lua:1: bad argument #2 to set (brightness must be a number from 0 to 1)"},
		{"a second entity with an id", `home:sensor{id = "lamp"}`, "a.lua:1: bad argument #2 to sensor (there is an entity with the id lamp already)"},
		{"an unknown field", `home:sensor{id = "x", unitt = "W"}`, "a.lua:1: bad argument #2 to sensor (there is no field 'unitt' (did you mean 'unit'?); its fields are id, name, icon, category, unit, class, state_class, expire, precision)"},
		{"a wrong id", `home:sensor{id = "a b"}`, `a.lua:1: bad argument #2 to sensor (the id "a b" may have only letters, digits, _ and -)`},
		{"no options", `home:select{id = "x"}`, `a.lua:1: bad argument #2 to select (options is missing: a list such as {"first", "second"})`},
		{"tostring", `return home, lamp, home.id`, "mqtt device panel, mqtt light lamp, panel"},
	})
	for _, text := range []string{
		`moonlark/panel/state 0 {"blind":null,"mode":"eco","motion":"ON","note":"hi","pump":null,"temperature":21.5,"volume":3}`,
		`moonlark/panel/temperature/attributes 0 {"room":"hall"}`,
		`moonlark/panel/lamp/state 0 {"state":"ON","brightness":128,"color":{"r":255,"g":0,"b":10},"color_mode":"rgb"}`,
		`moonlark/panel/door/event 0 {"event_type":"ring","times":2}`,
	} {
		waitText(t, heard, text)
	}
	for _, row := range []struct{ entity, payload, want string }{
		{"pump", "ON", "command\tpump\ttrue"}, {"pump", "OFF", "command\tpump\tfalse"}, {"pump", "maybe", `WARN: mqtt: moonlark/panel/pump/set: a command was ignored: "maybe" is not ON or OFF`},
		{"bell", "PRESS", "pressed\tbell"}, {"volume", "2.5", "command\tvolume\t2.5"}, {"volume", "nan", `"nan" is not a number`}, {"mode", "party", "command\tmode\tparty"},
		{"mode", "work", `"work" is not one of the options`}, {"note", "hello", "command\tnote\thello"}, {"blind", "OPEN", "command\tblind\tOPEN"},
		{"lamp", `{"state":"ON","brightness":51,"color":{"r":1,"g":2,"b":3}}`, `command	lamp	{"state":true,"brightness":0.2,"color":[1,2,3]}`},
		{"lamp", `{}`, `"{}" is not a command for a light`},
	} {
		publish(t, b, "-q", "1", "-t", "moonlark/panel/"+row.entity+"/set", "-m", row.payload)
		waitFor(t, s, row.want)
	}
	publish(t, b, "-q", "1", "-r", "-t", "moonlark/panel/pump/set", "-m", "ON") // Home Assistant never keeps commands
	n := strings.Count(heard.String(), "homeassistant/device/panel/config")
	publish(t, b, "-t", "homeassistant/status", "-m", "online")
	testkit.Until(t, "the discovery is sent again", func() bool { return strings.Count(heard.String(), "homeassistant/device/panel/config") > n })
}

// An entity that the script does not declare any more is withdrawn, and then the whole device.
func TestWithdrawnEntities(t *testing.T) {
	b := startBroker(t)
	s := openScript(t, b, homeSource+`home:sensor{id = "a"} home:sensor{id = "b"}`)
	heard := subscribe(t, b, "-t", "homeassistant/#", "-F", "%p")
	waitText(t, heard, `"unique_id":"panel_b"`)
	s.ReloadWith(strings.ReplaceAll(homeSource, "PORT", b.Port) + `home:sensor{id = "a"}`)
	waitText(t, heard, `"b":{"platform":"sensor"}`)
	testkit.Until(t, "the discovery without b", func() bool {
		all := strings.Split(strings.TrimSpace(heard.String()), "\n")
		last := all[len(all)-1]
		return strings.Contains(last, "panel_a") && !strings.Contains(last, `"b"`)
	})
	if got := s.Run(`return home:remove(), home:remove()`); got != "true, true" {
		t.Error(got)
	}
	testkit.Until(t, "the device is removed", func() bool { return strings.HasSuffix(heard.String(), "\n\n") })
	if kept := subscribe(t, b, "-t", "homeassistant/#", "-t", "moonlark/#"); kept.String() != "" {
		t.Errorf("the broker has kept %s", kept.String())
	}
}

// A device that was removed without a connection is withdrawn when there is one. The broker keeps the
// discovery on its disk meanwhile.
func TestADeviceThatIsRemovedOfflineIsWithdrawnLater(t *testing.T) {
	b := startBroker(t, "persistence true", "persistence_location "+t.TempDir()+"/")
	s := openScript(t, b, homeSource+`home:sensor{id = "a"}`)
	waitText(t, subscribe(t, b, "-t", "homeassistant/#", "-F", "%p"), `"unique_id":"panel_a"`)
	b.Signal(syscall.SIGTERM)
	testkit.Until(t, "the broker has gone", func() bool { return s.Run(`return client:connected()`) == "false" })
	if got := s.Run(`return home:remove()`); got != "true" {
		t.Error(got)
	}
	b.Start()
	testkit.Until(t, "the client has connected", func() bool { return s.Run(`return client:connected()`) == "true" })
	heard := subscribe(t, b, "-t", "homeassistant/#", "-F", "%t=%p")
	publish(t, b, "-t", "homeassistant/after", "-m", "what the broker has kept")
	waitText(t, heard, "after=what")
	testkit.Until(t, "the device is removed", func() bool {
		text := heard.String()
		return strings.LastIndex(text, "config={") <= strings.LastIndex(text, "config=\n")
	})
}
