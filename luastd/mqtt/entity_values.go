package mqtt

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
	"moonlark/luastd/value"
)

func (m *module) warn(format string, args ...any) {
	m.rt.Log(slog.LevelWarn, safetext.Line("mqtt: "+fmt.Sprintf(format, args...)))
}

// The states of switches, lights and binary sensors.
const (
	on  = "ON"
	off = "OFF"
)

func onOff(isOn bool) string {
	if isOn {
		return on
	}
	return off
}

func encodeAny(_ *entity, _ *lua.LState, v lua.LValue) (json.RawMessage, error) {
	return value.Append(nil, v, 0)
}

func encodeOnOff(_ *entity, _ *lua.LState, v lua.LValue) (json.RawMessage, error) {
	b, ok := v.(lua.LBool)
	if !ok {
		return nil, fmt.Errorf("true or false expected, got %s", value.TypeName(v))
	}
	return json.Marshal(onOff(bool(b)))
}

func decodeOnOff(_ *entity, _ *lua.LState, payload string) (lua.LValue, error) {
	if payload != on && payload != off {
		return nil, fmt.Errorf("%s is not ON or OFF", value.Quote(payload))
	}
	return lua.LBool(payload == on), nil
}

func decodeNothing(*entity, *lua.LState, string) (lua.LValue, error) { return nil, nil }

func encodeNumber(_ *entity, _ *lua.LState, v lua.LValue) (json.RawMessage, error) {
	if v.Type() != lua.LTNumber {
		return nil, fmt.Errorf("a number expected, got %s", value.TypeName(v))
	}
	return value.Append(nil, v, 0)
}

func decodeNumber(_ *entity, _ *lua.LState, payload string) (lua.LValue, error) {
	n, err := strconv.ParseFloat(payload, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, fmt.Errorf("%s is not a number", value.Quote(payload))
	}
	return lua.LNumber(n), nil
}

func encodeText(_ *entity, _ *lua.LState, v lua.LValue) (json.RawMessage, error) {
	if v.Type() != lua.LTString {
		return nil, fmt.Errorf("a string expected, got %s", value.TypeName(v))
	}
	return value.Append(nil, v, 0)
}

func decodeText(_ *entity, _ *lua.LState, payload string) (lua.LValue, error) {
	if !utf8.ValidString(payload) {
		return nil, errors.New("the text is not UTF-8")
	}
	return lua.LString(payload), nil
}

func encodeOption(e *entity, _ *lua.LState, v lua.LValue) (json.RawMessage, error) {
	if !slices.Contains(e.options, v.String()) || v.Type() != lua.LTString {
		return nil, fmt.Errorf("%s is not one of the options", value.Quote(v.String()))
	}
	return json.Marshal(v.String())
}

func decodeOption(e *entity, _ *lua.LState, payload string) (lua.LValue, error) {
	if !slices.Contains(e.options, payload) {
		return nil, fmt.Errorf("%s is not one of the options", value.Quote(payload))
	}
	return lua.LString(payload), nil
}

// completeSelect checks the options of a select.
func completeSelect(e *entity, L *lua.LState) { e.options = checkTexts(L, "options") }

// completeEvent checks the types of an event.
func completeEvent(e *entity, L *lua.LState) { e.options = checkTexts(L, "events") }

// checkTexts returns the field name of argument 2, a list of texts.
func checkTexts(L *lua.LState, name string) []string {
	texts, err := value.StringList(L.CheckTable(2), name)
	if err != nil {
		L.ArgError(2, err.Error())
	}
	if len(texts) == 0 {
		L.ArgError(2, name+` is missing: a list such as {"first", "second"}`)
	}
	return texts
}

// completeLight sets what a light can do.
func completeLight(e *entity, L *lua.LState) {
	t := L.CheckTable(2)
	mode := "onoff"
	for _, choice := range []struct{ field, mode string }{{"brightness", "brightness"}, {"color", "rgb"}} {
		v, err := value.OptionalBool(t, choice.field)
		if err != nil {
			L.ArgError(2, err.Error())
		}
		if v {
			mode = choice.mode
		}
	}
	e.config["schema"] = "json"
	e.config["supported_color_modes"] = []string{mode}
	e.colorMode = mode
	if mode != "onoff" {
		e.config["brightness"] = true
	}
}

// A lightState is the state of a light, and the command for one, as Home Assistant has them.
type lightState struct {
	State      string      `json:"state"`
	Brightness *float64    `json:"brightness,omitempty"` // 0 to 255
	Color      *lightColor `json:"color,omitempty"`
	ColorMode  string      `json:"color_mode,omitempty"`
}

type lightColor struct {
	R float64 `json:"r"`
	G float64 `json:"g"`
	B float64 `json:"b"`
}

// encodeLight returns the state of a light for true, false, or a table {state, brightness, color}.
func encodeLight(e *entity, L *lua.LState, v lua.LValue) (json.RawMessage, error) {
	if b, ok := v.(lua.LBool); ok {
		return json.Marshal(lightState{State: onOff(bool(b)), ColorMode: e.colorMode})
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("true, false or a table expected, got %s", value.TypeName(v))
	}
	if err := value.CheckFields(t, []string{"state", "brightness", "color"}); err != nil {
		return nil, err
	}
	s := lightState{State: onOff(t.RawGetString("state") != lua.LFalse), ColorMode: e.colorMode}
	if b := t.RawGetString("brightness"); b != lua.LNil {
		n, ok := b.(lua.LNumber)
		if !ok || !(n >= 0 && n <= 1) {
			return nil, errors.New("brightness must be a number from 0 to 1")
		}
		brightness := math.Round(float64(n) * 255)
		s.Brightness = &brightness
	}
	if c := t.RawGetString("color"); c != lua.LNil {
		rgb, ok := c.(*lua.LTable)
		if !ok {
			return nil, errors.New("color must be a table such as {255, 200, 0}")
		}
		var parts [3]float64
		for i := range parts {
			n, ok := rgb.RawGetInt(i + 1).(lua.LNumber)
			if !ok || !(n >= 0 && n <= 255) {
				return nil, errors.New("color must be three numbers from 0 to 255, such as {255, 200, 0}")
			}
			parts[i] = float64(n)
		}
		s.Color = &lightColor{parts[0], parts[1], parts[2]}
	}
	return json.Marshal(s)
}

// decodeLight returns the table {state, brightness, color} of a command.
func decodeLight(_ *entity, L *lua.LState, payload string) (lua.LValue, error) {
	var s lightState
	if err := json.Unmarshal([]byte(payload), &s); err != nil || s.State != on && s.State != off {
		return nil, fmt.Errorf("%s is not a command for a light", value.Quote(payload))
	}
	t := L.CreateTable(0, 3)
	t.RawSetString("state", lua.LBool(s.State == on))
	if s.Brightness != nil {
		t.RawSetString("brightness", lua.LNumber(*s.Brightness/255))
	}
	if s.Color != nil {
		color := L.CreateTable(3, 0)
		for _, part := range []float64{s.Color.R, s.Color.G, s.Color.B} {
			color.Append(lua.LNumber(part))
		}
		t.RawSetString("color", color)
	}
	return t, nil
}
