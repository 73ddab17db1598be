package mqtt_test

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startBroker starts Mosquitto. lines are more lines of its configuration: see
// testkit.NewMosquitto. It skips the test if Mosquitto is not installed, and under -short.
func startBroker(t testing.TB, lines ...string) *testkit.Mosquitto {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a broker")
	}
	if testkit.MosquittoPath() == "" {
		t.Skip("the program mosquitto is not installed")
	}
	b := testkit.NewMosquitto(t, lines...)
	b.Start()
	return b
}

var permissions = permit.Settings{Grants: luastdtest.NetGrants("127.0.0.1")}

// openScript opens a script that may connect to 127.0.0.1. In source, PORT is the port of b.
func openScript(t testing.TB, b *testkit.Mosquitto, source string) *luastdtest.Script {
	t.Helper()
	return luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: strings.ReplaceAll(source, "PORT", b.Port)})
}

// publish sends a message with the program mosquitto_pub.
func publish(t testing.TB, b *testkit.Mosquitto, args ...string) {
	t.Helper()
	program, err := exec.LookPath("mosquitto_pub")
	if err != nil {
		t.Skip("the program mosquitto_pub is not installed")
	}
	if out, err := exec.Command(program, append([]string{"-p", b.Port}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_pub: %v: %s", err, out)
	}
}

// subscribe starts the program mosquitto_sub, which writes what it receives to the transcript.
func subscribe(t testing.TB, b *testkit.Mosquitto, args ...string) *testkit.Transcript {
	t.Helper()
	program, err := exec.LookPath("mosquitto_sub")
	if err != nil {
		t.Skip("the program mosquitto_sub is not installed")
	}
	n := strings.Count(b.Log(), "Sending SUBACK")
	p := testkit.Start(t, testkit.Command{Path: program, Args: append([]string{"-p", b.Port}, args...), Input: testkit.NoInput})
	testkit.Until(t, "mosquitto_sub has subscribed", func() bool { return strings.Count(b.Log(), "Sending SUBACK") > n })
	return &p.Stdout
}

// waitFor waits until the script has printed the text.
func waitFor(t testing.TB, s *luastdtest.Script, text string) {
	t.Helper()
	deadline := func() string { return strings.Join(s.Output(), "\n") + "\n" }
	defer func() {
		if t.Failed() {
			t.Logf("the output is\n%s", deadline())
		}
	}()
	testkit.Until(t, "the output "+text, func() bool { return strings.Contains(deadline(), text) })
}

// waitLog waits until the broker has logged the text n times.
func waitLog(t testing.TB, b *testkit.Mosquitto, text string, n int) {
	t.Helper()
	testkit.Until(t, "the log of the broker has "+text, func() bool { return strings.Count(b.Log(), text) >= n })
}

// connections returns how many clients with this id have connected.
func connections(b *testkit.Mosquitto, id string) int {
	return strings.Count(b.Log(), " as "+id+" (")
}

// mosquittoHash returns a password in the form of a password file of Mosquitto.
func mosquittoHash(password string) string {
	salt := []byte("0123456789ab")
	key, err := pbkdf2.Key(sha512.New, password, salt, 101, 64)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("$7$101$%s$%s", base64.StdEncoding.EncodeToString(salt), base64.StdEncoding.EncodeToString(key))
}

// waitText waits until the transcript contains the text.
func waitText(t testing.TB, heard *testkit.Transcript, text string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("the messages are\n%s", heard.String())
		}
	}()
	testkit.Until(t, "the message "+text, func() bool { return strings.Contains(heard.String(), text) })
}
