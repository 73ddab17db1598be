package time

import (
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/datetext"
	"moonlark/luastd/value"
)

// maxFormat is the maximal length of a format in bytes.
const maxFormat = 1024

// errYear is the error for a text with a time that scripts cannot use.
var errYear = errors.New("the year must be from 1 to 9999")

// checkFormat returns argument n, which must be "iso", "http", or a format with conversions in
// known.
func checkFormat(L *lua.LState, n int, known string) string {
	format := L.CheckString(n)
	if len(format) > maxFormat {
		L.ArgError(n, fmt.Sprintf("the format has %d bytes; the maximum is %d", len(format), maxFormat))
	}
	if conversion := datetext.UnknownConversion(format, known); conversion != "" {
		L.ArgError(n, value.Quote(conversion)+" is not one of the conversions "+known)
	}
	return format
}

func (m module) format(L *lua.LState) int {
	t := value.OptTime(L, 1, m.Now())
	format := checkFormat(L, 2, datetext.Conversions)
	t = t.In(value.CheckZone(L, 3, m))
	switch format {
	case "iso":
		format = datetext.FormatISO(t)
	case "http":
		format = datetext.FormatHTTP(t)
	default:
		format = datetext.Format(t, format)
	}
	L.Push(lua.LString(format))
	return 1
}

func (m module) iso(L *lua.LState) int {
	t := value.OptTime(L, 1, m.Now())
	L.Push(lua.LString(datetext.FormatISO(t.In(m.Zone()))))
	return 1
}

func (m module) parse(L *lua.LState) int {
	text, format := L.CheckString(1), "iso"
	if !value.IsNone(L.Get(2)) {
		format = checkFormat(L, 2, datetext.ParseConversions)
	}
	zone := value.CheckZone(L, 3, m)
	var t time.Time
	var err error
	switch format {
	case "iso":
		t, err = datetext.ParseISO(text, zone)
	case "http":
		t, err = datetext.ParseHTTP(text)
	default:
		t, err = datetext.Parse(text, format, m.Now().In(zone))
	}
	if _, ok := value.Time(float64(t.Unix())); err == nil && !ok {
		err = errYear
	}
	if err != nil {
		return value.PushFailure(L, "invalid", "%s is not such a time: %v", value.Quote(text), err)
	}
	L.Push(value.TimeNumber(t))
	return 1
}
