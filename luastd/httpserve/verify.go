package httpserve

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// requestVerify is the Lua function request:verify: it reports whether a header has the HMAC of the
// body.
func requestVerify(L *lua.LState) int {
	req, secret := checkRequest(L), value.CheckSecret(L, 2)
	if secret == "" {
		L.ArgError(2, "the secret is empty")
	}
	o := value.CheckOptions(L, 3, "header", "prefix", "algo", "encoding")
	name := o.String("header", "x-hub-signature-256")
	algo := o.Choice("algo", "sha256", "sha1", "sha512")
	prefix := o.String("prefix", algo+"=")
	decode := hex.DecodeString
	if o.Choice("encoding", "hex", "base64") == "base64" {
		decode = base64.StdEncoding.DecodeString
	}
	newHash := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[algo]
	text, hasPrefix := strings.CutPrefix(req.r.Header.Get(name), prefix)
	got, err := decode(text)
	mac := hmac.New(newHash, []byte(secret))
	mac.Write([]byte(req.body))
	L.Push(lua.LBool(hmac.Equal(got, mac.Sum(nil)) && hasPrefix && err == nil))
	return 1
}
