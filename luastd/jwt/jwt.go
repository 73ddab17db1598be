// Package jwt is the Lua module "jwt". It makes and checks signed tokens: JSON Web Tokens.
//
//	jwt.sign(claims, key [, options])   -> a token
//	    alg                             the algorithm; default: the first that fits the key
//	    expires                         seconds from now until the token expires; sets claims.exp
//	    header                          more fields of the header, such as kid
//	jwt.verify(token, key [, options])  -> the claims of the token; or nil, reason, "invalid",
//	                                       "expired" or "too_large"
//	    algs                            a list of the algorithms to accept; default: the first that
//	                                    fits the key
//	    issuer, audience                what the token must have as iss and aud
//	    leeway = 30                     seconds by which the clocks may differ
//	jwt.peek(token)                     -> the claims and the header of a token, without verifying it;
//	                                       or nil, reason, "invalid" or "too_large"
//
// A key is a string: a secret for HS256, HS384 and HS512, or a key in PEM. An RSA key fits RS256,
// RS384 and RS512, a key of the curve P-256 ES256, P-384 ES384, P-521 ES512, and an Ed25519 key
// EdDSA. verify needs a public key or a certificate, sign a private key. The key of verify may also
// be a table of keys by key id (kid); each token then names its key. A key that does not fit the
// algorithms raises an error, so that nobody can make a token with the public key as the secret.
//
// A token and a key have at most 16 KiB, and an RSA key has 2048 to 4096 bits.
package jwt

import (
	_ "embed"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "jwt".
var Module = luastd.Module{
	Name: "jwt",
	Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue { return open(L, time.Now) },
	Doc:  doc, Manual: manual,
}

const (
	maxToken   = 16 << 10                    // maximal length of a token, in bytes
	maxKey     = 16 << 10                    // maximal length of a key, in bytes
	maxExpires = 10 * 31557600 * time.Second // maximal value of the option expires: ten years
	maxLeeway  = 10 * time.Minute            // maximal value of the option leeway
	maxTime    = 1e11                        // maximal time in claims for sign, in Unix seconds: the year 5138
)

// otherNames are names of functions in other libraries.
var otherNames = map[string]string{
	"decode": "use jwt.verify(token, key) to check a token, or jwt.peek(token) to read one without a check",
	"encode": "use jwt.sign(claims, key)",
}

func open(L *lua.LState, now func() time.Time) lua.LValue {
	m := module{now}
	t, metatable := L.CreateTable(0, 3), L.CreateTable(0, 1)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"sign": m.sign, "verify": m.verify, "peek": peek})
	value.SetFunctions(L, metatable, map[string]lua.LGFunction{"__index": func(L *lua.LState) int {
		name := L.Get(2).String()
		if hint := otherNames[name]; hint != "" {
			L.RaiseError("there is no jwt.%s: %s", name, hint)
		}
		L.Push(lua.LNil)
		return 1
	}})
	t.Metatable = metatable
	return t
}

type module struct {
	now func() time.Time
}

// seconds returns the time in Unix seconds.
func (m module) seconds() float64 { return float64(m.now().UnixMilli()) / 1000 }
