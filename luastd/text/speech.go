package text

import (
	"errors"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/spoken"
	"moonlark/luastd/value"
)

// languageOption returns the option language.
func languageOption(o value.Options) *spoken.Language {
	l := spoken.Find(o.String("language", "en"))
	if l == nil {
		o.RaiseString("language", "one of "+spoken.Codes)
	}
	return l
}

// pushFailure pushes the three results for a text that read could not read as a number or as a time
// of day. what is "a number" or "a time of day".
func pushFailure(L *lua.LState, l *spoken.Language, s, what string, err error) int {
	var unknown spoken.UnknownWord
	switch {
	case err == spoken.ErrTooLong:
		return value.PushFailure(L, "too_large", "the text has %d bytes; the maximum is %d", len(s), spoken.MaxText)
	case errors.As(err, &unknown):
		return value.PushFailure(L, "invalid", "%s is not a word of %s in %s", value.Quote(string(unknown)), what, l.Name)
	case err == spoken.ErrOrder:
		return value.PushFailure(L, "invalid", "%s is not %s in %s", value.Quote(s), what, l.Name)
	}
	return value.PushFailure(L, "invalid", "%s", err.Error())
}

func readNumber(L *lua.LState) int {
	s := L.CheckString(1)
	l := languageOption(value.CheckOptions(L, 2, "language"))
	v, err := l.ReadNumber(s)
	if err != nil {
		return pushFailure(L, l, s, "a number", err)
	}
	L.Push(lua.LNumber(v))
	return 1
}

func readTime(L *lua.LState) int {
	s := L.CheckString(1)
	l := languageOption(value.CheckOptions(L, 2, "language"))
	t, err := l.ReadTime(s)
	if err != nil {
		return pushFailure(L, l, s, "a time of day", err)
	}
	L.Push(lua.LString(t))
	return 1
}

func speakNumber(L *lua.LState) int {
	options := value.CheckOptions(L, 2, "language", "form", "gender", "decimals")
	l := languageOption(options)
	form := options.Choice("form", "cardinal", "ordinal", "year", "digits")
	feminine := options.Choice("gender", "masculine", "feminine") == "feminine"
	words, err := l.Number(digitsOf(L, options.Int("decimals", 6, 0, 15)), spoken.Form(form), feminine)
	if err != nil {
		L.ArgError(1, form+": "+err.Error())
	}
	L.Push(lua.LString(words))
	return 1
}

// digitsOf returns argument 1, a number or a string of digits, as digits. It rounds a number to
// decimals digits after the point.
func digitsOf(L *lua.LState, decimals int) string {
	if s, ok := L.Get(1).(lua.LString); ok {
		return string(s)
	}
	x := float64(L.CheckNumber(1))
	if math.IsNaN(x) || math.IsInf(x, 0) {
		L.ArgError(1, "the number must be finite")
	}
	text := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}

func speakTime(L *lua.LState) int {
	hour, minute := checkTime(L)
	options := value.CheckOptions(L, 2, "language", "hours", "part")
	l := languageOption(options)
	hours := options.Int("hours", 12, 12, 24)
	if hours != 12 && hours != 24 {
		options.Raise("hours", "12 or 24", options.Get("hours"))
	}
	part := options.Bool("part", false)
	if part && hours == 24 {
		L.ArgError(2, "part needs hours = 12")
	}
	L.Push(lua.LString(l.Time(hour, minute, hours == 24, part)))
	return 1
}

// checkTime returns the time of day in argument 1: a string such as "07:30", or a table with the
// fields hour and min.
func checkTime(L *lua.LState) (hour, minute int) {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		hour, minute, ok = spoken.ParseTime(L.CheckString(1))
		if !ok {
			L.ArgError(1, value.Quote(L.CheckString(1))+" is not a time of day such as 07:30")
		}
		return hour, minute
	}
	h, ok1 := t.RawGetString("hour").(lua.LNumber)
	m, ok2 := t.RawGetString("min").(lua.LNumber)
	hour, minute = int(h), int(m)
	if !ok1 || !ok2 || float64(h) != float64(hour) || float64(m) != float64(minute) || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		L.ArgError(1, "the table must have the fields hour, from 0 to 23, and min, from 0 to 59")
	}
	return hour, minute
}
