package mail_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// A mailServer is a real SMTP server that keeps what it gets. It accepts the user ann with the
// password hunter2.
type mailServer struct {
	port int

	mu    sync.Mutex // guards the fields below
	mails []received
}

type received struct {
	user, from string
	to         []string
	text       []byte
}

// start starts a server. Without config, it offers no TLS. With implicit, connections begin with TLS.
func start(t *testing.T, config *tls.Config, implicit bool) *mailServer {
	t.Helper()
	m := &mailServer{}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: m}, nil }))
	s.Domain, s.AllowInsecureAuth, s.TLSConfig, s.ErrorLog = "localhost", true, config, nolog{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.port = l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, config)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Serve(l)
	}()
	t.Cleanup(func() { s.Close(); <-ended })
	return m
}

type nolog struct{}

func (nolog) Printf(string, ...any) {}
func (nolog) Println(...any)        {}

// last returns the mail that has come last, and the number of mails.
func (m *mailServer) last() (received, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.mails) == 0 {
		return received{}, 0
	}
	return m.mails[len(m.mails)-1], len(m.mails)
}

type session struct {
	server *mailServer
	mail   received
}

func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "ann" || password != "hunter2" {
			return &smtp.SMTPError{Code: 535, Message: "no such user"}
		}
		s.mail.user = user
		return nil
	}), nil
}
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.from = from
	return nil
}
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "nobody"):
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
	case strings.HasPrefix(to, "full"):
		return &smtp.SMTPError{Code: 452, Message: "mailbox full"}
	case strings.HasPrefix(to, "slow"):
		time.Sleep(time.Second)
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}
func (s *session) Data(r io.Reader) (err error) {
	if s.mail.text, err = io.ReadAll(r); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}
func (*session) Reset()        {}
func (*session) Logout() error { return nil }

func open(t *testing.T) *luastdtest.Script {
	return luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Net, Value: "127.0.0.1"}}}})
}

// call returns the Lua code that sends a mail with these fields to the server.
func (m *mailServer) call(scheme, fields string) string {
	return fmt.Sprintf(`return mail.send{server = "%s://127.0.0.1:%d", from = "Kiosk <kiosk@example.com>", %s}`, scheme, m.port, fields)
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	m, s := start(t, nil, false), open(t)
	os.WriteFile(filepath.Join(s.Folder, "note.txt"), []byte("a note"), 0o600)
	s.Want(m.call("smtp", `insecure = true, to = {"bob@example.com", "Zoë <zoe@example.com>"}, cc = "eve@example.com", bcc = {"dan@example.com"}, reply_to = "ann@example.com",
		subject = "Grüße aus der Küche, `+strings.Repeat("sehr ", 30)+`herzlich", text = "Guten Tag!\n.\nEin Punkt. `+strings.Repeat("ü", 200)+`", html = "<p>Guten Tag!</p>", headers = {["x-priority"] = "1"},
		attachments = {{file = "./note.txt"}, {name = "Bild ü.png", data = "\137PNG\r\n" .. ("x"):rep(200)}}`), "true")
	got, _ := m.last()
	if to := strings.Join(got.to, " "); got.from != "kiosk@example.com" || to != "bob@example.com zoe@example.com eve@example.com dan@example.com" {
		t.Errorf("from %s to %s", got.from, to)
	}
	letter, err := mail.ReadMessage(bytes.NewReader(got.text))
	if err != nil {
		t.Fatal(err)
	}
	decode := func(name string) string {
		text, _ := new(mime.WordDecoder).DecodeHeader(letter.Header.Get(name))
		return text
	}
	for name, want := range map[string]string{
		"From": `"Kiosk" <kiosk@example.com>`, "To": `<bob@example.com>, Zoë <zoe@example.com>`, "Cc": "<eve@example.com>", "Bcc": "", "Reply-To": "<ann@example.com>", "X-Priority": "1",
		"Subject": "Grüße aus der Küche, " + strings.Repeat("sehr ", 30) + "herzlich", "Mime-Version": "1.0",
	} {
		if got := decode(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if date, err := letter.Header.Date(); err != nil || time.Since(date) > time.Hour {
		t.Errorf("the date is %v, %v", date, err)
	}
	for _, line := range strings.Split(string(got.text), "\r\n") {
		if len(line) > 200 || strings.Contains(line, "\n") {
			t.Errorf("a line has %d bytes: %q", len(line), line)
		}
	}
	parts := parts(t, letter.Header.Get("Content-Type"), letter.Body)
	if len(parts) != 4 || parts["text/plain; charset=utf-8"] != "Guten Tag!\r\n.\r\nEin Punkt. "+strings.Repeat("ü", 200) ||
		parts["text/html; charset=utf-8"] != "<p>Guten Tag!</p>" || parts["note.txt"] != "a note" || parts["Bild ü.png"] != "\x89PNG\r\n"+strings.Repeat("x", 200) {
		t.Errorf("the parts are %q", parts)
	}
}

// parts returns the parts of a mail, by the name of the file or by the type.
func parts(t *testing.T, contentType string, body io.Reader) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		kind := p.Header.Get("Content-Type")
		if strings.HasPrefix(kind, "multipart/") {
			for name, text := range parts(t, kind, p) {
				all[name] = text
			}
			continue
		}
		if p.FileName() != "" {
			kind = p.FileName()
		}
		text, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			text = base64Decode(t, text)
		}
		all[kind] = string(text)
	}
}

func TestTheServerMustOfferTLSAndKnowTheUser(t *testing.T) {
	authority := testkit.NewAuthority(t)
	config := authority.ServerConfig(t, "127.0.0.1")
	plain, startTLS, implicit := start(t, nil, false), start(t, config, false), start(t, config, true)
	s := open(t)
	os.WriteFile(filepath.Join(s.Folder, "ca.pem"), authority.PEM, 0o600)
	os.WriteFile(filepath.Join(s.Folder, "secrets.toml"), []byte("pw = \"hunter2\"\nelsewhere = { value = \"x\", hosts = [\"api.example.com\"] }"), 0o600)
	const to = `to = "bob@example.com", text = "hello"`
	const ca = to + `, tls = {ca = "./ca.pem"}`
	for _, row := range []struct{ why, source, want string }{
		{"no TLS", plain.call("smtp", to), fmt.Sprintf("nil, unsupported: 127.0.0.1:%d does not offer STARTTLS, so others could read the mail and the password: use smtps://, or insecure = true, unsupported", plain.port)},
		{"no TLS, on purpose", plain.call("smtp", to+`, insecure = true, user = "ann", password = "hunter2"`), "true"},
		{"STARTTLS with an unknown certificate", startTLS.call("smtp", to), fmt.Sprintf("nil, failed: the certificate of 127.0.0.1:%d is not accepted", startTLS.port)},
		{"STARTTLS", startTLS.call("smtp", ca+`, user = "ann", password = secrets.get("pw")`), "true"},
		{"TLS", implicit.call("smtps", ca+`, user = "ann", password = secrets.get("pw")`), "true"},
		{"TLS where STARTTLS is spoken", startTLS.call("smtps", ca), "nil, failed: "},
		{"a wrong password", startTLS.call("smtp", ca+`, user = "ann", password = "wrong"`), fmt.Sprintf("nil, denied: 127.0.0.1:%d has refused the user or the password: 5.0.0 no such user, denied", startTLS.port)},
		{"a secret for another host", startTLS.call("smtp", ca+`, user = "ann", password = secrets.get("elsewhere")`), "a.lua:1: the secret elsewhere may not be sent to 127.0.0.1: secrets.toml names its hosts"},
		{"an unknown recipient", startTLS.call("smtp", ca+`, cc = "nobody@example.com"`), fmt.Sprintf("nil, failed: 127.0.0.1:%d has refused the recipient nobody@example.com: 550 5.0.0 no such mailbox, failed", startTLS.port)},
		{"a full mailbox", startTLS.call("smtp", ca+`, cc = "full@example.com"`), fmt.Sprintf("nil, busy: 127.0.0.1:%d has refused the recipient full@example.com: 452 4.0.0 mailbox full, busy", startTLS.port)},
		{"a slow server", startTLS.call("smtp", ca+`, cc = "slow@example.com", timeout = 0.3`), fmt.Sprintf("nil, timeout: 127.0.0.1:%d has not taken the mail in 0.3 s, timeout", startTLS.port)},
	} {
		if got := s.Run(row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
	if got, n := startTLS.last(); n != 1 || got.user != "ann" {
		t.Errorf("the server has %d mails, the last of the user %q", n, got.user)
	}
}

func TestAnAnswerWithoutAnEndIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan int)
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		sent := 0
		for err == nil {
			var n int
			n, err = c.Write(bytes.Repeat([]byte("220 x"), 10000)) // a line without an end
			sent += n
		}
		ended <- sent
	}()
	t.Cleanup(func() { l.Close() })
	m := &mailServer{port: l.Addr().(*net.TCPAddr).Port}
	open(t).Want(m.call("smtp", `insecure = true, to = "bob@example.com", text = "x"`),
		fmt.Sprintf("nil, too_large: 127.0.0.1:%d has answered with more than 1048576 bytes, too_large", m.port))
	if sent := <-ended; sent > 64<<20 {
		t.Errorf("the server could send %d bytes", sent)
	}
}

func TestMistakesAreRaised(t *testing.T) {
	m, s := start(t, nil, false), open(t)
	const prefix = "a.lua:1: bad argument #1 to send ("
	for _, row := range []struct{ source, want string }{
		{`mail.send{}`, prefix + `server must be a URL such as "smtp://mail.example.com:587" or "smtps://mail.example.com")`},
		{`mail.send{server = "http://x"}`, prefix + "server must be a URL"},
		{`mail.send{server = "smtp://x:99999"}`, prefix + "server: the port must be from 1 to 65535"},
		{`mail.send{server = "smtp://x", frm = "a"}`, prefix + "there is no field 'frm'"},
		{`mail.send{server = "smtp://x", password = "a"}`, prefix + "user is missing)"},
		{`mail.send{server = "smtp://x"}`, prefix + "from must be one address)"},
		{`mail.send{server = "smtp://x", from = "a@b"}`, prefix + "to, cc and bcc must have 1 to 100 addresses)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "bob"}`, prefix + `to: "bob" is not an address such as "Ann <ann@example.com>")`},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b\r\nBcc: c@d"}`, prefix + "to: an address must be one line)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", cc = {"\"x\ny\" <a@b>"}}`, prefix + "cc: an address must be one line)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "zoë@b"}`, prefix + `to: the address "zoë@b" must be in ASCII)`},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", subject = "x\nBcc: c@d"}`, prefix + "subject must be one line)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", headers = {["X-A"] = "x\r\nBcc: c@d"}}`, prefix + "the header X-A must be one line)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", headers = {["X-A: b\r\nBcc"] = "x"}}`, prefix + "headers must have names and texts"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", headers = {bcc = "x"}}`, prefix + "the header Bcc cannot be set in headers)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", attachments = {{name = "a\r\nb", data = ""}}}`, prefix + "attachment 1: name must be the name of a file)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", attachments = {{name = "a"}}}`, prefix + "attachment 1: it must have either data or file)"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", attachments = {{name = "a", data = "", type = "x\r\ny"}}}`, prefix + "attachment 1: type must be a type"},
		{`mail.send{server = "smtp://x", from = "a@b", to = "a@b", text = "\255"}`, prefix + "text is not UTF-8)"},
		{`mail.send{server = "smtp://mail.example.com", from = "a@b", to = "a@b"}`, "a.lua:1: mail.send: test.lua may not connect to mail.example.com:587. Start with --allow-net=mail.example.com:587"},
		{m.call("smtp", `to = "a@b", attachments = {{file = "/etc/hosts"}}`), "a.lua:1: mail.send: test.lua may not read /etc/hosts. Start with --allow-read=/etc"},
		{m.call("smtp", `to = "a@b", attachments = {{file = "./none.txt"}}`), "nil, not_found: ./none.txt does not exist, not_found"},
	} {
		if got := s.Run(row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
	if _, n := m.last(); n > 0 {
		t.Errorf("the server has %d mails", n)
	}
}

func base64Decode(t *testing.T, text []byte) []byte {
	t.Helper()
	data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestATextThatIsTooLongIsRefused(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`return select(2, pcall(mail.send, {server = "smtp://127.0.0.1:1", from = "a@b.c", to = "a@b.c", text = ("x"):rep(27000000)}))`,
		"bad argument #1 to (anonymous) (the mail has more than 26214400 bytes)")
}
