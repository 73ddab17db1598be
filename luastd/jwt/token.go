package jwt

import (
	"encoding/base64"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A token is what a text of three parts says. Nothing of it has been verified.
//
// The package does not use the parser of golang-jwt, because that parser ignores the field crit of
// the header, takes exp = 0 for a token that never expires, and converts JSON by other rules than
// json.decode. The claims that verify checks are the Lua values that it returns.
type token struct {
	header, claims *lua.LTable
	signed         string // the first two parts, which the signature is for
	signature      []byte
}

// A failure is the code and the reason for which a token is refused.
type failure struct{ code, reason string }

func invalid(format string, args ...any) *failure {
	return &failure{"invalid", fmt.Sprintf(format, args...)}
}

// push pushes the results of a Lua function that has failed, and returns their number.
func (f *failure) push(L *lua.LState) int { return value.PushFailure(L, f.code, "%s", f.reason) }

var encoding = base64.RawURLEncoding.Strict()

// parseToken reads a token.
func parseToken(L *lua.LState, text string) (*token, *failure) {
	if len(text) > maxToken {
		return nil, &failure{"too_large", fmt.Sprintf("the token has %d bytes; the maximum is %d", len(text), maxToken)}
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, invalid("a token has 3 parts with dots between them, this text has %d", len(parts))
	}
	t := &token{signed: parts[0] + "." + parts[1]}
	var wrong *failure
	if t.header, wrong = parsePart(L, "header", parts[0]); wrong != nil {
		return nil, wrong
	}
	if t.claims, wrong = parsePart(L, "claims", parts[1]); wrong != nil {
		return nil, wrong
	}
	t.signature, wrong = decodePart("signature", parts[2])
	return t, wrong
}

// parsePart returns the JSON object in a part of a token. name says which part it is.
func parsePart(L *lua.LState, name, part string) (*lua.LTable, *failure) {
	data, wrong := decodePart(name, part)
	if wrong != nil {
		return nil, wrong
	}
	v, err := value.Parse(L, data)
	if err != nil {
		return nil, invalid("the %s of the token: %v", name, err)
	}
	t, ok := v.(*lua.LTable)
	if !ok || value.IsArray(t) {
		return nil, invalid("the %s of the token: not a JSON object", name)
	}
	return t, nil
}

func decodePart(name, part string) ([]byte, *failure) {
	data, err := encoding.DecodeString(part)
	if err != nil || strings.ContainsAny(part, "\r\n") { // package base64 skips line ends
		return nil, invalid("the %s of the token: not base64 of the form for URLs", name)
	}
	return data, nil
}

func peek(L *lua.LState) int {
	t, wrong := parseToken(L, L.CheckString(1))
	if wrong != nil {
		return wrong.push(L)
	}
	L.Push(t.claims)
	L.Push(t.header)
	return 2
}
