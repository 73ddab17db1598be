package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A server is a mail server, and how a mail is sent to it.
type server struct {
	host           string
	port           uint16
	implicitTLS    bool // the connection begins with TLS, instead of STARTTLS
	insecure       bool // TLS is not needed
	user, password string
	tls            *sockets.TLS
	timeout        time.Duration
}

// fields are the fields of the table of mail.send.
var fields = []string{
	"server", "user", "password", "from", "to", "cc", "bcc", "reply_to", "subject", "text", "html", "attachments", "headers", "insecure", "tls", "timeout",
}

// address returns the host and the port.
func (s *server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(int(s.port))) }

// checkServer returns the server that the fields of argument 1 name.
func (m *module) checkServer(L *lua.LState) *server {
	o := value.CheckOptions(L, 1, fields...)
	s, err := parseServer(o.String("server", ""))
	if err != nil {
		L.ArgError(1, err.Error())
	}
	s.user = o.String("user", s.user)
	s.insecure = o.Bool("insecure", false)
	s.timeout = o.Timeout("timeout", defaultTimeout, maxTimeout)
	if secret, ok := value.SecretOf(o.Get("password")); ok {
		value.Raise(L, secret.CheckHost(s.host, s.port))
		s.password = secret.Text
	} else {
		s.password = o.String("password", s.password)
	}
	if s.password != "" && s.user == "" {
		L.ArgError(1, "user is missing")
	}
	if strings.ContainsAny(s.user+s.password, "\r\n\x00") {
		L.ArgError(1, "user and password must be one line")
	}
	t, ok := o.Get("tls").(*lua.LTable)
	if !ok && o.Get("tls") != lua.LNil {
		o.Raise("tls", "a table such as {ca = \"./ca.pem\"}", o.Get("tls"))
	}
	if s.tls, err = sockets.ParseTLSFields(t); err != nil {
		L.ArgError(1, err.Error())
	}
	return s
}

// parseServer returns the server for a URL such as smtp://user@host:587.
func parseServer(text string) (*server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" {
		return nil, errors.New(`server must be a URL such as "smtp://mail.example.com:587" or "smtps://mail.example.com"`)
	}
	s := &server{host: u.Hostname(), port: 587, implicitTLS: u.Scheme == "smtps"}
	if s.implicitTLS {
		s.port = 465
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("server: the port must be from 1 to 65535, not %s", u.Port())
		}
		s.port = uint16(port)
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	return s, nil
}

// deliver sends a mail with this text. The error is that of the connection or of the server.
func (s *server) deliver(ctx context.Context, b *permit.Broker, config *tls.Config, l *letter, text []byte) error {
	conn, err := b.DialContext(ctx, "tcp", s.address())
	if err != nil {
		return err
	}
	defer conn.Close()
	conn = &limitedConn{Conn: conn, left: maxReplies, address: s.address()}
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if s.implicitTLS {
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = secured
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return s.explain("the connection", err)
	}
	if err := s.secure(c, config); err != nil {
		return err
	}
	if err := s.logIn(c); err != nil {
		return err
	}
	if err := s.explain("the sender", c.Mail(l.from.Address)); err != nil {
		return err
	}
	for _, to := range l.recipients() {
		if err := s.explain("the recipient "+to, c.Rcpt(to)); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return s.explain("the mail", err)
	}
	c.Quit() // the mail has been taken, whatever the server answers
	return nil
}

// A limitedConn is a connection from which only so many bytes can be read. Otherwise a server could
// fill the memory with an answer that does not end.
type limitedConn struct {
	net.Conn
	left    int
	address string
}

// Read implements net.Conn.
func (c *limitedConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, sockets.Fail("too_large", "%s has answered with more than %d bytes", c.address, maxReplies)
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// secure begins TLS by STARTTLS.
func (s *server) secure(c *smtp.Client, config *tls.Config) error {
	if err := c.Hello("localhost"); err != nil {
		return s.explain("the greeting", err)
	}
	if s.implicitTLS {
		return nil
	}
	if ok, _ := c.Extension("STARTTLS"); !ok {
		if s.insecure {
			return nil
		}
		return sockets.Fail("unsupported", "%s does not offer STARTTLS, so others could read the mail and the password: use smtps://, or insecure = true", s.address())
	}
	return c.StartTLS(config)
}

// logIn tells the server the name and the password.
func (s *server) logIn(c *smtp.Client) error {
	if s.user == "" {
		return nil
	}
	ok, methods := c.Extension("AUTH")
	if !ok {
		return sockets.Fail("unsupported", "%s does not accept a user and a password", s.address())
	}
	var auth smtp.Auth = plainAuth{s.user, s.password}
	if !strings.Contains(" "+methods+" ", " PLAIN ") {
		if !strings.Contains(" "+methods+" ", " LOGIN ") {
			return sockets.Fail("unsupported", "%s offers neither PLAIN nor LOGIN to log in, only %s", s.address(), methods)
		}
		auth = loginAuth{s.user, s.password}
	}
	var answer *textproto.Error
	err := c.Auth(auth)
	if errors.As(err, &answer) && answer.Code/100 == 5 {
		return sockets.Fail("denied", "%s has refused the user or the password: %s", s.address(), answer.Msg)
	}
	return s.explain("the user", err)
}

// explain returns the failure for an error of a command. what says what the server was told. Errors
// that are not answers of the server are returned unchanged.
func (s *server) explain(what string, err error) error {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return err
	}
	code := "failed"
	if answer.Code/100 == 4 {
		code = "busy" // the server asks to try again later
	}
	return sockets.Fail(code, "%s has refused %s: %d %s", s.address(), what, answer.Code, answer.Msg)
}

// plainAuth logs in by PLAIN. Unlike that of package smtp, it also does so without TLS: secure decides
// about that.
type plainAuth struct{ user, password string }

func (a plainAuth) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + a.user + "\x00" + a.password), nil
}

func (a plainAuth) Next([]byte, bool) ([]byte, error) { return nil, nil }

// loginAuth logs in by LOGIN, which old servers want.
type loginAuth struct{ user, password string }

func (a loginAuth) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (a loginAuth) Next(question []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case strings.HasPrefix(strings.ToLower(string(question)), "user"):
		return []byte(a.user), nil
	}
	return []byte(a.password), nil
}
