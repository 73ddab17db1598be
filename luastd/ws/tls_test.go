package ws_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"moonlark/engine/testkit"
)

// serveTLS starts a server whose certificate is for these names. It sends the name in the client's
// certificate. It returns the URL of the server.
func serveTLS(t *testing.T, a *testkit.Authority, clientAuth tls.ClientAuthType, names ...string) string {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		conn.WriteMessage(websocket.TextMessage, []byte(fmt.Sprint(name, " ", r.TLS.ServerName)))
		untilClosed(conn)
	}))
	s.TLS, s.Config.ErrorLog = a.ServerConfig(t, names...), log.New(io.Discard, "", 0)
	s.TLS.ClientAuth, s.TLS.ClientCAs = clientAuth, a.Pool()
	s.StartTLS()
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "https", "wss", 1)
}

func TestTLS(t *testing.T) {
	a, stranger := testkit.NewAuthority(t), testkit.NewAuthority(t)
	url := serveTLS(t, a, tls.NoClientCert, "127.0.0.1")
	named := serveTLS(t, a, tls.NoClientCert, "device.example")
	mutual := serveTLS(t, a, tls.RequireAndVerifyClientCert, "127.0.0.1")
	plain := serve(t, echo)
	s := openScript(t)
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(s.Folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, key := a.Issue(t, "kiosk")
	write("ca.pem", a.PEM)
	write("stranger.pem", stranger.PEM)
	write("cert.pem", cert)
	write("key.pem", key)
	write("large.pem", make([]byte, 1<<20+1))
	_, plainHost, _ := strings.Cut(plain, "://")
	check(t, s, url, []row{
		{"an authority of the script", `return ws.connect("URL", {tls = {ca = "./ca.pem"}}):receive()`, "nobody , text"},
		{"an unknown authority", `return ws.connect("URL")`, "nil, failed: the certificate of HOST is not accepted: certificate signed by unknown authority, failed"},
		{"another authority", `return select(3, ws.connect("URL", {tls = {ca = "./stranger.pem"}}))`, "failed"},
		{"another name", `return select(3, ws.connect("` + named + `", {tls = {ca = "./ca.pem"}}))`, "failed"},
		{"the name that the script says", `return ws.connect("` + named + `", {tls = {ca = "./ca.pem", server_name = "device.example"}}):receive()`, "nobody device.example, text"},
		{"a certificate of the client", `return ws.connect("` + mutual + `", {tls = {ca = "./ca.pem", cert = "./cert.pem", key = "./key.pem"}}):receive()`, "kiosk , text"},
		{"no check", `return ws.connect("URL", {tls = {verify = false}}):receive()`, "nobody , text"},
		{"not TLS", `return ws.connect("wss://` + plainHost + `")`, "nil, failed: " + plainHost + " does not use TLS at this port, failed"},
		{"no such file", `return select(3, ws.connect("URL", {tls = {ca = "./none.pem"}}))`, "not_found"},
		{"not a certificate", `return ws.connect("URL", {tls = {ca = "./key.pem"}})`, "nil, invalid: " + s.Folder + "/key.pem has no certificate in PEM form, invalid"},
		{"a large file", `return ws.connect("URL", {tls = {ca = "./large.pem"}})`, "nil, too_large: " + s.Folder + "/large.pem has more than 1048576 bytes, too_large"},
		{"a certificate without a key", `ws.connect("URL", {tls = {cert = "./cert.pem"}})`, "a.lua:1: ws.connect: tls needs both cert and key"},
		{"an unknown field", `ws.connect("URL", {tls = {verif = false}})`, "a.lua:1: ws.connect: tls: there is no field 'verif' (did you mean 'verify'?); its fields are ca, cert, key, server_name, min_version, verify"},
		{"not a table", `ws.connect("URL", {tls = true})`, `a.lua:1: bad argument #2 to connect (tls must be a table such as {ca = "./ca.pem"}, not a boolean)`},
	})
	if n := strings.Count(strings.Join(s.Output(), "\n"), "tls.verify = false"); n != 1 {
		t.Errorf("the script was warned %d times", n)
	}
}
