package jwt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	jwt "github.com/golang-jwt/jwt/v5"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// rules are what a token must fulfil: the arguments of verify.
type rules struct {
	keys             *lua.LTable // keys by key id; nil if there is only one key
	key              *key        // the only key
	algs             []string    // algorithms to accept; nil: the default of the key
	issuer, audience string      // "" if any is accepted
	leeway           float64
}

func (m module) verify(L *lua.LState) int {
	text := L.CheckString(1)
	r := checkRules(L)
	t, wrong := parseToken(L, text)
	if wrong == nil {
		wrong = r.checkSignature(L, t)
	}
	if wrong == nil {
		wrong = r.checkClaims(t.claims, m.seconds())
	}
	if wrong != nil {
		return wrong.push(L)
	}
	L.Push(t.claims)
	return 1
}

// checkRules returns the rules in the arguments 2 and 3 of verify.
func checkRules(L *lua.LState) *rules {
	options := value.CheckOptions(L, 3, "algs", "issuer", "audience", "leeway")
	r := &rules{
		algs:     algsOption(L, options),
		issuer:   nameOption(options, "issuer"),
		audience: nameOption(options, "audience"),
		leeway:   options.Seconds("leeway", 30*time.Second, 0, maxLeeway).Seconds(),
	}
	keys, ok := L.Get(2).(*lua.LTable)
	if !ok {
		r.key = r.checkKey(L, value.CheckSecret(L, 2))
		return r
	}
	r.keys = keys
	for k, v := keys.Next(lua.LNil); k != lua.LNil; k, v = keys.Next(k) {
		if _, ok := k.(lua.LString); !ok {
			L.ArgError(2, "the table of keys must have the key ids as names")
		}
		if _, ok := v.(lua.LString); !ok {
			L.ArgError(2, fmt.Sprintf("the key with the id %s must be a string, not %s", value.Quote(k.String()), value.TypeName(v)))
		}
	}
	return r
}

// nameOption returns the value of an option, or "" if it is not set. A script that sets it to an
// empty string, for example because an environment variable is missing, would accept any token.
func nameOption(options value.Options, name string) string {
	s := options.String(name, "")
	if s == "" && options.Get(name) != lua.LNil {
		options.L.ArgError(3, name+" must not be empty")
	}
	return s
}

// algsOption returns the option algs, or nil if it is not set.
func algsOption(L *lua.LState, options value.Options) []string {
	v := options.Get("algs")
	if v == lua.LNil {
		return nil
	}
	list, ok := v.(*lua.LTable)
	if !ok || list.Len() == 0 {
		options.Raise("algs", `a list of algorithms, such as {"HS256"}`, v)
	}
	var algs []string
	for i := 1; i <= list.Len(); i++ {
		alg := list.RawGetInt(i)
		if _, ok := alg.(lua.LString); !ok || !slices.Contains(algorithms, alg.String()) {
			L.ArgError(3, fmt.Sprintf("algs[%d] must be one of %s, not %s", i, strings.Join(algorithms, ", "), value.Quote(alg.String())))
		}
		algs = append(algs, alg.String())
	}
	return algs
}

// checkKey returns a key in argument 2, which must be able to verify, and fit one of the
// algorithms.
func (r *rules) checkKey(L *lua.LState, text string) *key {
	k, err := parseKey(text)
	if err == nil && k.private != nil && !k.isSecret() {
		err = errors.New("a public key or a certificate expected; this is a private key")
	}
	if err == nil {
		_, err = k.accept(r.algs)
	}
	if err != nil {
		L.ArgError(2, err.Error())
	}
	return k
}

// checkSignature returns a failure unless the key has made the signature of t, with one of the
// algorithms.
func (r *rules) checkSignature(L *lua.LState, t *token) *failure {
	if t.header.RawGetString("crit") != lua.LNil {
		return invalid("the header of the token has crit, which is not supported")
	}
	k := r.key
	if r.keys != nil {
		id, ok := t.header.RawGetString("kid").(lua.LString)
		if !ok {
			return invalid("the token does not name its key (kid)")
		}
		text, ok := r.keys.RawGetString(string(id)).(lua.LString)
		if !ok {
			return invalid("the token names the key %s, which is not there", value.Quote(string(id)))
		}
		k = r.checkKey(L, string(text))
	}
	algs, _ := k.accept(r.algs) // checkKey has checked that there are some
	alg, ok := t.header.RawGetString("alg").(lua.LString)
	if !ok || !slices.Contains(algs, string(alg)) {
		return invalid("the token is signed with %s, not with %s", value.Quote(t.header.RawGetString("alg").String()), strings.Join(algs, " or "))
	}
	if jwt.GetSigningMethod(string(alg)).Verify(t.signed, t.signature, k.public) != nil {
		return invalid("the signature of the token is wrong")
	}
	return nil
}

// checkClaims returns a failure unless the claims fulfil the rules at the time now. That a token
// has expired is the last check, so that the code "expired" means that nothing else is wrong.
func (r *rules) checkClaims(claims *lua.LTable, now float64) *failure {
	if r.issuer != "" && claims.RawGetString("iss") != lua.LString(r.issuer) {
		return invalid("the issuer of the token (iss) is not %s", value.Quote(r.issuer))
	}
	if r.audience != "" && !hasAudience(claims, r.audience) {
		return invalid("the token is not for %s (aud)", value.Quote(r.audience))
	}
	begin, set, wrong := timeOf(claims, "nbf")
	switch {
	case wrong != nil:
		return wrong
	case set && now+r.leeway < begin:
		return invalid("the token is not valid before %s", showTime(begin))
	}
	end, set, wrong := timeOf(claims, "exp")
	switch {
	case wrong != nil:
		return wrong
	case set && now-r.leeway >= end:
		return &failure{"expired", "the token was valid until " + showTime(end)}
	}
	return nil
}

// hasAudience reports whether the claim aud is audience, or a list that contains it.
func hasAudience(claims *lua.LTable, audience string) bool {
	aud := claims.RawGetString("aud")
	list, ok := aud.(*lua.LTable)
	if !ok {
		return aud == lua.LString(audience)
	}
	for i := 1; i <= list.Len(); i++ {
		if list.RawGetInt(i) == lua.LString(audience) {
			return true
		}
	}
	return false
}

// timeOf returns the time in a claim, in Unix seconds. set is false if the claim is missing.
func timeOf(claims *lua.LTable, name string) (seconds float64, set bool, wrong *failure) {
	v := claims.RawGetString(name)
	if v == lua.LNil {
		return 0, false, nil
	}
	n, ok := v.(lua.LNumber)
	if !ok || n < 0 || n > 1<<53 {
		return 0, false, invalid("the claim %s of the token is not a time", name)
	}
	return float64(n), true, nil
}

func showTime(seconds float64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05 UTC")
}
