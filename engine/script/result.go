package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// result returns the tool result for the values that a handler returned. The values are on the
// stack of L. The text of the result is always a string:
//
//	the handler returned     the tool result is
//	nothing, or nil          "ok"
//	nil, "why"               an error with that message
//	a string                 the string
//	a boolean or a number    its text, such as false or 0
//	a table, or json.null    JSON
//	a handle, such as a      the text of tostring
//	sound or a file
//
// result returns an error if the value cannot be written as JSON, or if the text is too long.
func result(L *lua.LState) (tool.Result, error) {
	first := L.Get(1)
	switch v := first.(type) {
	case *lua.LNilType:
		if reason := L.Get(2); reason != lua.LNil {
			return errorResult(reason), nil
		}
		return tool.Result{Text: "ok"}, nil
	case lua.LString:
		return textResult(string(v))
	case lua.LBool:
		return tool.Result{Text: strconv.FormatBool(bool(v))}, nil
	case lua.LNumber:
		return tool.Result{Text: formatNumber(float64(v))}, nil
	case *lua.LUserData:
		if handle, ok := v.Value.(fmt.Stringer); ok {
			return textResult(handle.String())
		}
	}
	text, err := value.Append(make([]byte, 0, 128), first, tool.MaxResult)
	if err != nil {
		return tool.Result{}, fmt.Errorf("result: %w", err)
	}
	return tool.Result{Text: string(text)}, nil
}

// toolResult returns the result of a call of a tool: see result. If the tool declares its results, one
// that does not fit is an error.
func (c *Call) toolResult(L *lua.LState, spec *tool.Spec) (tool.Result, error) {
	r, err := result(L)
	if err != nil || r.IsError || spec.Returns == nil {
		return r, err
	}
	if unfit := spec.CheckResult(r.Text); unfit != nil {
		c.gen.log(slog.LevelWarn, c.label()+": the result does not fit the returns of "+spec.Source+": "+unfit.Error())
		return tool.Failed(tool.ExternalClient, "%s returned a result that it does not declare: %v", c.Name, unfit), nil
	}
	r.Data = json.RawMessage(r.Text)
	return r, nil
}

// textResult returns a tool result with this text. It returns an error if text is too long, or if
// it has too many bytes that are not UTF-8.
func textResult(text string) (tool.Result, error) {
	if len(text) > tool.MaxResult {
		return tool.Result{}, fmt.Errorf("the result has %d bytes; %d are allowed", len(text), tool.MaxResult)
	}
	// An invalid byte becomes the three bytes of U+FFFD, so the text may become longer.
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > tool.MaxResult {
		return tool.Result{}, fmt.Errorf("the result is not text: its bytes are not UTF-8")
	}
	return tool.Result{Text: text}, nil
}

// formatNumber returns x as text. Whole numbers below 1e15 are written without an exponent.
func formatNumber(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return lua.LNumber(x).String()
}

// raisedResult returns the tool result for a handler that raised err.
func raisedResult(err error) tool.Result {
	var raised *lua.ApiError
	if errors.As(err, &raised) && raised.Object != nil && raised.Object != lua.LNil {
		return errorResult(raised.Object)
	}
	return errorResult(lua.LString(err.Error()))
}

// errorResult returns an error result. reason is what the script gave as the error: a string, or a
// table { message = ..., type = ... }.
func errorResult(reason lua.LValue) tool.Result {
	r := tool.Result{IsError: true, Type: tool.ExternalClient}
	switch v := reason.(type) {
	case *lua.LTable:
		r.Text = tableMessage(v)
		if kind := v.RawGetString("type"); kind != lua.LNil {
			r.Type = tool.ErrorType(kind.String())
			if !slices.Contains(tool.ErrorTypes, r.Type) {
				r.Type = tool.Unknown
			}
		}
	case *lua.LUserData:
		r.Text = v.String()
		if err, ok := v.Value.(error); ok { // a Go function has raised or returned this error
			r.Text = err.Error()
		}
	default:
		r.Text = v.String()
	}
	r.Text = strings.ToValidUTF8(r.Text, "\uFFFD")
	if len(r.Text) > tool.MaxResult {
		r.Text = strings.ToValidUTF8(r.Text[:tool.MaxResult], "")
	}
	return r
}

// tableMessage returns the message field of an error table t. If t has no such field, it returns
// the whole table as JSON.
func tableMessage(t *lua.LTable) string {
	if message := t.RawGetString("message"); message != lua.LNil {
		return message.String()
	}
	text, err := value.Append(nil, t, tool.MaxResult)
	if err != nil {
		return "failed with an error table that cannot be shown: " + err.Error()
	}
	return string(text)
}
