package script

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
	"moonlark/luastd"
)

// result is what a handler returned, as the agent gets it: always a string.
//
//	nothing, or nil      "ok"
//	nil, "why"           an error with that message
//	a string             itself
//	a boolean, a number  as Lua writes it: false, 0
//	a table, json.null   JSON
func result(L *lua.LState) (tool.Result, error) {
	first := L.Get(1)
	switch v := first.(type) {
	case *lua.LNilType:
		if why := L.Get(2); why != lua.LNil {
			return failed(why), nil
		}
		return tool.Result{Text: "ok"}, nil
	case lua.LString:
		return bounded(string(v))
	case lua.LBool:
		return tool.Result{Text: strconv.FormatBool(bool(v))}, nil
	case lua.LNumber:
		return tool.Result{Text: number(float64(v))}, nil
	}
	text, err := luastd.AppendJSON(nil, first, tool.MaxResult)
	if err != nil {
		return tool.Result{}, fmt.Errorf("result: %w", err)
	}
	return tool.Result{Text: string(text)}, nil
}

func bounded(text string) (tool.Result, error) {
	if len(text) > tool.MaxResult {
		return tool.Result{}, fmt.Errorf("the result has %d bytes; %d are allowed", len(text), tool.MaxResult)
	}
	text = strings.ToValidUTF8(text, "\uFFFD") // which may make it longer
	if len(text) > tool.MaxResult {
		return tool.Result{}, fmt.Errorf("the result is not text: its bytes are not UTF-8")
	}
	return tool.Result{Text: text}, nil
}

// number writes whole numbers without an exponent.
func number(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return lua.LNumber(x).String()
}

// failure is the result of a handler that raised.
func failure(err error) tool.Result {
	var raised *lua.ApiError
	if errors.As(err, &raised) && raised.Object != nil && raised.Object != lua.LNil {
		return failed(raised.Object)
	}
	return failed(lua.LString(err.Error()))
}

// failed makes an error result of what a script gave as the reason: a string,
// or a table { message = ..., type = ... }.
func failed(why lua.LValue) tool.Result {
	r := tool.Result{IsError: true, Type: tool.ExternalClient}
	t, ok := why.(*lua.LTable)
	if !ok {
		r.Text = why.String()
		if ud, ok := why.(*lua.LUserData); ok {
			if err, ok := ud.Value.(error); ok { // of a Go function
				r.Text = err.Error()
			}
		}
	} else {
		if message := t.RawGetString("message"); message != lua.LNil {
			r.Text = message.String()
		} else if text, err := luastd.AppendJSON(nil, t, tool.MaxResult); err == nil {
			r.Text = string(text)
		} else {
			r.Text = "failed, with an error that is no text: " + err.Error()
		}
		if kind := t.RawGetString("type"); kind != lua.LNil {
			r.Type = tool.ErrorType(kind.String())
			if !slices.Contains(tool.ErrorTypes, r.Type) {
				r.Type = tool.Unknown
			}
		}
	}
	r.Text = strings.ToValidUTF8(r.Text, "\uFFFD")
	if len(r.Text) > tool.MaxResult {
		r.Text = strings.ToValidUTF8(r.Text[:tool.MaxResult], "")
	}
	return r
}

// errorValue is the Lua value of an error that a protected call returned.
func errorValue(err error) lua.LValue {
	var raised *lua.ApiError
	if errors.As(err, &raised) && raised.Object != nil {
		return raised.Object
	}
	return lua.LString(err.Error())
}

// unknownTool is the answer to a call of a tool that no script offers.
func unknownTool(name string, known []string) tool.Result {
	if len(known) == 0 {
		return tool.Failed(tool.ExternalClient, "there is no tool '%s': no tools are registered", name)
	}
	return tool.Failed(tool.ExternalClient, "there is no tool '%s'%s; the tools are %s",
		name, guess.DidYouMean(name, known), strings.Join(known, ", "))
}
