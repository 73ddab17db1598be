package jwt_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"strings"
	"testing"
	"time"

	golang "github.com/golang-jwt/jwt/v5"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/jwt"
	"moonlark/luastd/luastdtest"
)

func TestExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

var encoding = base64.RawURLEncoding

// openAt opens the module with a clock that shows the time *now.
func openAt(t testing.TB, now *time.Time) *luastdtest.Functions {
	return luastdtest.OpenFunctions(t, jwt.ModuleAt(now))
}

// call calls a function that must not raise an error.
func call(t testing.TB, f *luastdtest.Functions, name string, args ...lua.LValue) []lua.LValue {
	t.Helper()
	results, err := f.Call(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// table returns a Lua table with these names and values.
func table(L *lua.LState, pairs ...any) *lua.LTable {
	t := L.NewTable()
	for i := 0; i < len(pairs); i += 2 {
		t.RawSetString(pairs[i].(string), pairs[i+1].(lua.LValue))
	}
	return t
}

func TestATokenIsValidFromNbfUntilExp(t *testing.T) {
	now := time.Unix(1000, 0)
	f := openAt(t, &now)
	key := lua.LString("secret")
	token := call(t, f, "sign", table(f.L, "nbf", lua.LNumber(2000), "exp", lua.LNumber(3000)), key)[0]
	for _, row := range []struct {
		at     float64
		leeway lua.LValue
		want   string
	}{
		{1969, lua.LNil, "invalid"},
		{1970, lua.LNil, ""},
		{1999, lua.LNumber(0), "invalid"},
		{2000, lua.LNumber(0), ""},
		{2999.9, lua.LNumber(0), ""},
		{3000, lua.LNumber(0), "expired"},
		{3029.9, lua.LNil, ""},
		{3030, lua.LNil, "expired"},
		{3599, lua.LNumber(600), ""},
		{3600, lua.LNumber(600), "expired"},
	} {
		now = time.UnixMilli(int64(row.at * 1000))
		results := call(t, f, "verify", token, key, table(f.L, "leeway", row.leeway))
		if row.want != "" {
			luastdtest.CheckFailure(t, results, row.want)
		} else if len(results) != 1 {
			t.Errorf("at %v with the leeway %v: got %v, want the claims", row.at, row.leeway, results)
		}
	}
}

func TestExpiresCountsFromNow(t *testing.T) {
	now := time.UnixMilli(1_000_900)
	f := openAt(t, &now)
	token := call(t, f, "sign", f.L.NewTable(), lua.LString("secret"), table(f.L, "expires", lua.LNumber(60)))[0]
	claims := call(t, f, "peek", token)[0].(*lua.LTable)
	if exp := claims.RawGetString("exp"); exp != lua.LNumber(1060) {
		t.Errorf("exp is %v, want 1060", exp)
	}
}

// The token and the key are those of RFC 7515, appendix A.1.
func TestTheExampleOfTheStandard(t *testing.T) {
	const token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	key, _ := encoding.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	now := time.Unix(1300819379, 0)
	f := openAt(t, &now)
	claims, ok := call(t, f, "verify", lua.LString(token), lua.LString(key))[0].(*lua.LTable)
	if !ok || claims.RawGetString("iss") != lua.LString("joe") {
		t.Errorf("got %v, want the claims", claims)
	}
	now = now.Add(31 * time.Second)
	luastdtest.CheckFailure(t, call(t, f, "verify", lua.LString(token), lua.LString(key)), "expired")
}

func readKey(t testing.TB, name string) lua.LString {
	data, err := os.ReadFile("testdata/keys/" + name + ".pem")
	if err != nil {
		t.Fatal(err)
	}
	return lua.LString(data)
}

// A token that sign has made must be verified by verify and by golang-jwt, but not with another
// message or another key.
func TestEachKindOfKeySignsAndVerifies(t *testing.T) {
	now := time.Now()
	f := openAt(t, &now)
	for _, row := range []struct{ private, public, alg string }{
		{"rsa", "rsa_public", ""},
		{"rsa", "rsa_public", "RS384"},
		{"rsa", "rsa_public", "RS512"},
		{"rsa_traditional", "rsa_public1", ""},
		{"rsa", "rsa_certificate", ""},
		{"p256", "p256_public", ""},
		{"p256_traditional", "p256_public", "ES256"},
		{"p384", "p384_public", ""},
		{"p521", "p521_public", ""},
		{"ed25519", "ed25519_public", ""},
	} {
		signOptions, verifyOptions := f.L.NewTable(), f.L.NewTable()
		if row.alg != "" {
			signOptions.RawSetString("alg", lua.LString(row.alg))
			algs := f.L.NewTable()
			algs.Append(lua.LString(row.alg))
			verifyOptions.RawSetString("algs", algs)
		}
		public := readKey(t, row.public)
		token := call(t, f, "sign", table(f.L, "sub", lua.LString("ann")), readKey(t, row.private), signOptions)[0].String()
		claims, ok := call(t, f, "verify", lua.LString(token), public, verifyOptions)[0].(*lua.LTable)
		if !ok || claims.RawGetString("sub") != lua.LString("ann") {
			t.Errorf("%s %s: verify did not return the claims", row.private, row.alg)
		}
		key, err := jwt.PublicKey(string(public))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := golang.Parse(token, func(*golang.Token) (any, error) { return key, nil }); err != nil {
			t.Errorf("%s %s: golang-jwt refuses the token: %v", row.private, row.alg, err)
		}
		header, rest, _ := strings.Cut(token, ".")
		_, signature, _ := strings.Cut(rest, ".")
		changed := header + "." + encoding.EncodeToString([]byte(`{"sub":"bob"}`)) + "." + signature
		luastdtest.CheckFailure(t, call(t, f, "verify", lua.LString(changed), public, verifyOptions), "invalid")
	}
}

// Somebody who knows the public key must not be able to make a token with the text of the public
// key as the secret of HS256.
func TestAPublicKeyIsNoSecret(t *testing.T) {
	now := time.Now()
	f := openAt(t, &now)
	public := readKey(t, "rsa_public")
	text := encoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + encoding.EncodeToString([]byte(`{}`))
	mac := hmac.New(sha256.New, []byte(public))
	mac.Write([]byte(text))
	token := lua.LString(text + "." + encoding.EncodeToString(mac.Sum(nil)))
	luastdtest.CheckFailure(t, call(t, f, "verify", token, public), "invalid")
	algs := f.L.NewTable()
	algs.Append(lua.LString("HS256"))
	if _, err := f.Call("verify", token, public, table(f.L, "algs", algs)); err == nil || !strings.Contains(err.Error(), "an RSA key fits RS256, RS384, RS512, not HS256") {
		t.Errorf("got the error %v, want that the key does not fit", err)
	}
	algs.Append(lua.LString("RS256"))
	luastdtest.CheckFailure(t, call(t, f, "verify", token, public, table(f.L, "algs", algs)), "invalid")
}

func TestWrongKeysRaiseAnError(t *testing.T) {
	now := time.Now()
	f := openAt(t, &now)
	token := call(t, f, "sign", f.L.NewTable(), lua.LString("secret"))[0]
	for _, row := range []struct {
		function string
		key      lua.LString
		want     string
	}{
		{"verify", readKey(t, "rsa"), "a public key or a certificate expected; this is a private key"},
		{"verify", readKey(t, "ed25519"), "a public key or a certificate expected; this is a private key"},
		{"sign", readKey(t, "rsa_public"), "a private key expected; this is a public key"},
		{"sign", readKey(t, "rsa_certificate"), "a private key expected; this is a public key"},
		{"sign", readKey(t, "rsa_encrypted"), "the key is encrypted with a password"},
		{"sign", "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "the key is encrypted with a password"},
		{"verify", readKey(t, "rsa1024_public"), "the RSA key has 1024 bits, not 2048 to 4096"},
		{"verify", readKey(t, "p224_public"), "keys of the curve P-224 are not supported"},
		{"verify", readKey(t, "x25519_public"), "keys of this kind are not supported; use RSA, P-256, P-384, P-521 or Ed25519"},
		{"verify", lua.LString(strings.ReplaceAll(string(readKey(t, "rsa_public")), "\n", "")), "the key is not valid PEM; its line ends may be missing"},
		{"verify", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "the public key in the PEM text is damaged"},
		{"verify", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", `the PEM text has "CERTIFICATE REQUEST", not a key`},
		{"verify", "-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n", "the key is not valid PEM; its line ends may be missing"},
	} {
		first := token
		if row.function == "sign" {
			first = f.L.NewTable()
		}
		if _, err := f.Call(row.function, first, row.key); err == nil || !strings.Contains(err.Error(), "bad argument #2 to main chunk ("+row.want+")") {
			t.Errorf("%s with the key %.40q: got the error %v, want %s", row.function, row.key, err, row.want)
		}
	}
}

// verify must accept only texts whose signature is right, and must not raise an error, whatever the
// text is.
func FuzzVerify(f *testing.F) {
	now := time.Unix(1e9, 0)
	functions := openAt(f, &now)
	key := lua.LString("secret")
	for _, claims := range []*lua.LTable{functions.L.NewTable(), table(functions.L, "exp", lua.LNumber(1)), table(functions.L, "nbf", lua.LNumber(2e9))} {
		f.Add(call(f, functions, "sign", claims, key)[0].String())
	}
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		peeked := call(t, functions, "peek", lua.LString(token))
		if peeked[0] == lua.LNil {
			luastdtest.CheckFailure(t, peeked, "invalid", "too_large")
		}
		results := call(t, functions, "verify", lua.LString(token), key)
		if results[0] == lua.LNil {
			luastdtest.CheckFailure(t, results, "invalid", "expired", "too_large")
			return
		}
		dot := strings.LastIndexByte(token, '.')
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(token[:dot]))
		if encoding.EncodeToString(mac.Sum(nil)) != token[dot+1:] {
			t.Errorf("verify accepts %q", token)
		}
		if exp, ok := results[0].(*lua.LTable).RawGetString("exp").(lua.LNumber); ok && exp < 1e9-30 {
			t.Errorf("verify accepts %q, which has expired", token)
		}
	})
}
