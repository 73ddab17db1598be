package calendar

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// maxBuilt is how many events calendar.build takes.
const maxBuilt = 5000

// buildFields are the fields of an event for build.
var buildFields = []string{"uid", "title", "start", "finish", "all_day", "location", "description", "url", "status", "repeats", "zone"}

// build is the Lua function calendar.build.
func build(L *lua.LState, rt luastd.Runtime) int {
	list := L.CheckTable(1)
	o := value.CheckOptions(L, 2, "name")
	if list.Len() == 0 || list.Len() > maxBuilt {
		L.ArgError(1, fmt.Sprintf("a list of 1 to %d events expected", maxBuilt))
	}
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropProductID, "-//Moonlark//EN")
	if name := o.String("name", ""); name != "" {
		c.Props.SetText("X-WR-CALNAME", name)
	}
	progress := luastd.NewProgress(rt, L)
	for i := range list.Len() {
		t, ok := list.RawGetInt(i + 1).(*lua.LTable)
		if !ok {
			L.ArgError(1, fmt.Sprintf("event %d is not a table", i+1))
		}
		e, err := newComponent(t, rt)
		if err != nil {
			L.ArgError(1, fmt.Sprintf("event %d: %s", i+1, err))
		}
		c.Children = append(c.Children, e)
		progress.Add(1 << 10)
	}
	var b bytes.Buffer
	if err := ical.NewEncoder(&b).Encode(c); err != nil {
		L.ArgError(1, strings.TrimPrefix(err.Error(), "ical: "))
	}
	L.Push(lua.LString(b.String()))
	return 1
}

// newComponent returns the VEVENT for the fields in t.
func newComponent(t *lua.LTable, rt luastd.Clock) (*ical.Component, error) {
	if err := value.CheckFields(t, buildFields); err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, name := range []string{"uid", "title", "location", "description", "url", "status", "repeats", "zone"} {
		s, err := value.OptionalString(t, name)
		if err != nil {
			return nil, err
		}
		texts[name] = s
	}
	if texts["title"] == "" {
		return nil, fmt.Errorf("title is missing")
	}
	if texts["uid"] == "" {
		var id [16]byte
		rand.Read(id[:])
		texts["uid"] = hex.EncodeToString(id[:]) + "@moonlark"
	}
	c := ical.NewComponent(ical.CompEvent)
	for name, prop := range map[string]string{"uid": ical.PropUID, "title": ical.PropSummary, "location": ical.PropLocation, "description": ical.PropDescription} {
		if texts[name] != "" {
			c.Props.SetText(prop, texts[name])
		}
	}
	for name, prop := range map[string]string{"url": ical.PropURL, "status": ical.PropStatus, "repeats": ical.PropRecurrenceRule} {
		if texts[name] == "" {
			continue
		}
		if strings.ContainsFunc(texts[name], func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, fmt.Errorf("%s has a control character", name)
		}
		p := ical.NewProp(prop)
		if p.Value = texts[name]; name != "url" {
			p.Value = strings.ToUpper(p.Value)
		}
		c.Props.Set(p)
	}
	c.Props.SetDateTime(ical.PropDateTimeStamp, rt.Now().UTC())
	return c, setTimes(c, t, texts, rt)
}

// setTimes sets the beginning and the end of an event, and checks its repetition.
func setTimes(c *ical.Component, t *lua.LTable, texts map[string]string, rt luastd.Clock) error {
	allDay, err := value.OptionalBool(t, "all_day")
	if err != nil {
		return err
	}
	zone := time.UTC
	if texts["zone"] != "" {
		named, ok := rt.NamedZone(texts["zone"])
		if !ok {
			return fmt.Errorf("there is no time zone %s", value.Quote(texts["zone"]))
		}
		zone = named
	} else if allDay {
		zone = rt.Zone()
	}
	start, ok := secondsField(t, "start")
	if !ok {
		return fmt.Errorf("start must be a time, a number of seconds since 1970")
	}
	finish, hasFinish := secondsField(t, "finish")
	if hasFinish && finish.Before(start) || !hasFinish && !value.IsNone(t.RawGetString("finish")) {
		return fmt.Errorf("finish must be a time that is not before start")
	}
	set := func(name string, at time.Time) {
		if allDay {
			c.Props.SetDate(name, at.In(zone))
		} else {
			c.Props.SetDateTime(name, at.In(zone))
		}
	}
	set(ical.PropDateTimeStart, start)
	if hasFinish {
		set(ical.PropDateTimeEnd, finish)
	}
	if texts["repeats"] != "" {
		e := &event{start: moment{wall: start.UTC(), zone: namedZone{zone}}}
		if e.setRule(strings.ToUpper(texts["repeats"])); e.incomplete {
			return fmt.Errorf("repeats is not a rule such as \"FREQ=WEEKLY;BYDAY=MO\", or repeats too often")
		}
	}
	return nil
}

// secondsField returns a field that is a time.
func secondsField(t *lua.LTable, name string) (time.Time, bool) {
	n, ok := t.RawGetString(name).(lua.LNumber)
	if !ok || !(n >= minTime && n <= maxTime) {
		return time.Time{}, false
	}
	return time.Unix(int64(n), 0), true
}
