package jwt

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	jwt "github.com/golang-jwt/jwt/v5"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

func (m module) sign(L *lua.LState) int {
	claims, k := L.CheckTable(1), checkSigningKey(L)
	options := value.CheckOptions(L, 3, "alg", "expires", "header")
	alg := algOption(L, options, k)
	header := appendHeader(L, options, alg)
	body := m.appendClaims(L, claims, options)

	text := encoding.EncodeToString(header) + "." + encoding.EncodeToString(body)
	signature, err := jwt.GetSigningMethod(alg).Sign(text, k.private)
	if err != nil {
		L.RaiseError("jwt.sign: %s", err.Error())
	}
	text += "." + encoding.EncodeToString(signature)
	if len(text) > maxToken {
		L.RaiseError("jwt.sign: the token has %d bytes; the maximum is %d", len(text), maxToken)
	}
	L.Push(lua.LString(text))
	return 1
}

// checkSigningKey returns the key in argument 2 of sign.
func checkSigningKey(L *lua.LState) *key {
	k, err := parseKey(value.CheckSecret(L, 2))
	if err == nil && k.private == nil {
		err = errors.New("a private key expected; this is a public key")
	}
	if err != nil {
		L.ArgError(2, err.Error())
	}
	return k
}

// algOption returns the option alg of sign, which must fit k.
func algOption(L *lua.LState, options value.Options, k *key) string {
	alg := options.String("alg", k.algs[0])
	if !slices.Contains(algorithms, alg) {
		options.RaiseString("alg", "one of "+strings.Join(algorithms, ", "))
	}
	fit, err := k.accept([]string{alg})
	if err != nil {
		L.ArgError(3, "alg: "+err.Error())
	}
	return fit[0]
}

// appendHeader returns the header of a token as JSON.
func appendHeader(L *lua.LState, options value.Options, alg string) []byte {
	header := L.CreateTable(0, 4)
	header.RawSetString("alg", lua.LString(alg))
	header.RawSetString("typ", lua.LString("JWT"))
	more, ok := options.Get("header").(*lua.LTable)
	if !ok {
		if v := options.Get("header"); v != lua.LNil {
			options.Raise("header", "a table", v)
		}
		more = L.CreateTable(0, 0)
	}
	for k, v := more.Next(lua.LNil); k != lua.LNil; k, v = more.Next(k) {
		switch name, ok := k.(lua.LString); {
		case !ok:
			L.ArgError(3, "header must be a table by name, not a list")
		case name == "alg":
			L.ArgError(3, "header cannot have alg: use the option alg")
		case name == "crit":
			L.ArgError(3, "header cannot have crit, which is not supported")
		default:
			header.RawSet(name, v)
		}
	}
	return appendJSON(L, header, "header", 3)
}

// appendJSON returns the JSON text of an object, which is in argument arg. name is its name in
// error messages.
func appendJSON(L *lua.LState, t *lua.LTable, name string, arg int) []byte {
	data, err := value.Append(nil, t, maxToken)
	var wrong *value.Error
	switch {
	case errors.As(err, &wrong):
		L.ArgError(arg, wrong.In(name).Error())
	case err != nil:
		L.ArgError(arg, err.Error())
	case data[0] != '{':
		L.ArgError(arg, name+" must be a table by name, not a list")
	}
	return data
}

// appendClaims returns the claims of a token as JSON, with exp if the option expires is set.
func (m module) appendClaims(L *lua.LState, claims *lua.LTable, options value.Options) []byte {
	for _, name := range []string{"exp", "nbf", "iat"} {
		checkTime(L, claims, name)
	}
	data := appendJSON(L, claims, "claims", 1)
	expires := options.Seconds("expires", 0, time.Second, maxExpires).Seconds()
	if expires == 0 {
		return data
	}
	if claims.RawGetString("exp") != lua.LNil {
		L.ArgError(3, "the option expires and claims.exp are both set")
	}
	data = data[:len(data)-1] // without the brace
	if len(data) > 1 {
		data = append(data, ',')
	}
	data = append(data, `"exp":`...)
	data = strconv.AppendInt(data, int64(math.Floor(m.seconds()+expires)), 10)
	return append(data, '}')
}

// checkTime raises an error unless the claim name is missing, or a time in seconds.
func checkTime(L *lua.LState, claims *lua.LTable, name string) {
	v := claims.RawGetString(name)
	if v == lua.LNil {
		return
	}
	if n, ok := v.(lua.LNumber); !ok || !(n >= 0) {
		L.ArgError(1, fmt.Sprintf("claims.%s must be a time in Unix seconds, not %s", name, value.TypeName(v)))
	} else if n > maxTime {
		L.ArgError(1, fmt.Sprintf("claims.%s is after the year 5000: seconds are meant, not milliseconds", name))
	}
}
