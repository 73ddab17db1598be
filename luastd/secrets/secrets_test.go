package secrets_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openScript loads a script beside which there is a secrets.toml with these lines.
func openScript(t *testing.T, source, lines string) *luastdtest.Script {
	t.Helper()
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	s := luastdtest.Open(t, luastdtest.Options{Source: source})
	if err := os.WriteFile(filepath.Join(s.Folder, "secrets.toml"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASecretDoesNotShowItsText(t *testing.T) {
	s := openScript(t, "", `key = "hunter2-hunter2"
		other = "hunter2-hunter2"
		third = "something else"`)
	for _, row := range []struct{ why, source, want string }{
		{"tostring", `return tostring(secrets.get("key"))`, "secret(key)"},
		{"type", `return type(secrets.get("key"))`, "userdata"},
		{"its metatable", `return getmetatable(secrets.get("key"))`, "secret"},
		{"text after it", `return tostring(secrets.get("key") .. "/x")`, "secret(key)"},
		{"text before it", `return tostring("Bearer " .. secrets.get("key"))`, "secret(key)"},
		{"two secrets", `return tostring(secrets.get("key") .. secrets.get("third"))`, "secret(key)"},
		{"equal texts", `return secrets.get("key") == secrets.get("other"), secrets.get("key") == secrets.get("third")`, "true, false"},
		{"names", `return table.concat(secrets.names(), " ")`, "key other third"},
		{"string.format", `return (pcall(string.format, "%s", secrets.get("key"))), string.format("%s", tostring(secrets.get("key")))`, "false, secret(key)"},
		{"JSON", `return json.encode({a = secrets.get("key")})`, `a.lua:1: json.encode: a: a userdata cannot be JSON`},
		{"a key of cryptography", `return hash.hmac("sha256", secrets.get("key"), "x") == hash.hmac("sha256", "hunter2-" .. "hunter2", "x")`, "true"},
		{"a comparison", `return hash.equal(secrets.get("key"), "hunter2-" .. "hunter2"), hash.equal("x", secrets.get("key"))`, "true, false"},
		{"a token", `local t = jwt.sign({a = 1}, secrets.get("key")) return jwt.verify(t, "hunter2-" .. "hunter2").a, jwt.verify(t, secrets.get("other")).a`, "1, 1"},
		{"bytes for a checksum", `hash.sha256(secrets.get("key"))`, "bad argument #1 to sha256 (string expected, got userdata)"},
		{"data for HMAC", `hash.hmac("sha256", "x", secrets.get("key"))`, "bad argument #3 to hmac (string expected, got userdata)"},
		{"a claim", `jwt.sign({a = secrets.get("key")}, "x")`, "bad argument #1 to sign (claims.a: a userdata cannot be JSON)"},
		{"a token to verify", `jwt.verify(secrets.get("key"), "x")`, "bad argument #1 to verify (string expected, got userdata)"},
		{"a key in a table", `jwt.verify("x", {a = secrets.get("key")})`, `bad argument #2 to verify (the key with the id "a" must be a string, not a userdata)`},
		{"a token to peek at", `jwt.peek(secrets.get("key"))`, "bad argument #1 to peek (string expected, got userdata)"},
		{"an error", `error(secrets.get("third"):reveal())`, "a.lua:1: something else"},
	} {
		if got := s.Run(row.source); got != row.want && !strings.HasSuffix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}

func TestOtherTasksRunWhileASecretIsRead(t *testing.T) {
	mkfifo, err := exec.LookPath("mkfifo")
	if err != nil {
		t.Skip("the program mkfifo is not installed")
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	s := luastdtest.Open(t, luastdtest.Options{})
	path := filepath.Join(s.Folder, "secrets.toml")
	if err := exec.Command(mkfifo, "-m", "600", path).Run(); err != nil {
		t.Skip(err)
	}
	for _, call := range []string{`tostring(secrets.get("key"))`, `secrets.names()[1]`} {
		s.Run(`result = nil spawn(function() result = ` + call + ` end)`)
		if got := s.Run(`return result`); got != "nil" {
			t.Errorf("%s: got %s before the file could be read", call, got)
		}
		if err := os.WriteFile(path, []byte(`key = "hunter2-hunter2"`), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.Run(`while not result do sleep(0.001) end return result`); !strings.Contains(got, "key") {
			t.Errorf("%s: got %s", call, got)
		}
	}
}

func TestARevealedSecretIsHiddenInOutput(t *testing.T) {
	s := openScript(t, "", `key = "hunter2-hunter2"
		open = { value = "1234-5678", reveal = true }`)
	s.Run(`print("key: " .. secrets.get("key"):reveal()) log.info(secrets.get("key"):reveal() .. secrets.get("open"):reveal())`)
	output := strings.Join(s.Output(), "\n")
	if strings.Contains(output, "hunter2") || strings.Contains(output, "1234") || !strings.Contains(output, "key: [secret key]") ||
		!strings.Contains(output, "[secret key][secret open]") {
		t.Errorf("the output is %s", output)
	}
	if strings.Count(output, "the script reads the text of the secret key") != 1 || strings.Contains(output, "the text of the secret open") {
		t.Errorf("the output has not one warning, for key: %s", output)
	}
}
